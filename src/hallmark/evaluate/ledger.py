"""The ledger of test use: which models have been evaluated on which test split.

Choosing among many models by one test split makes its estimates optimistic, so their number is part
of the evidence.
"""

from collections.abc import Sequence
from pathlib import Path

from hallmark import digests, ledger_files
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.ledger_files import Entry


def record_use(ledgers: Sequence[Path], examples: Examples, model_digest: str) -> int:
    """Record that a model is evaluated on the test split, and return its number among the recorded models, from 1.

    Models are numbered in the order of their first lines. A model that is recorded already keeps
    its number, whatever came in between, so a rerun gives the same evidence. A model that two
    branches recorded has two lines after their merge, and counts once.

    ledgers: Files of JSON lines, one for each test split and model (see `ledger_files`). The first
        is committed: a clone goes on counting.
    model_digest: The digest of weights and post-processing (`Package.model_digest`): a package that
        is made again with the same ones is the same model.

    Raises `InputError` where lines of a ledger are no entries.
    """
    test_digest = digest_test_split(examples)
    entries = ledger_files.merge(ledgers, [Entry(test_digest, model_digest)])
    models = [entry.model for entry in entries if entry.test == test_digest]  # in the order of their first lines
    return models.index(model_digest) + 1


def digest_test_split(examples: Examples) -> str:
    """Return the digest of the test split's ids and fingerprints; the order of the rows does not matter."""
    rows = examples.table[examples.table["split"] == "test"]
    lines = rows["id"].astype(str) + "\t" + rows["fingerprint"].astype(str)
    return digests.text("\n".join(sorted(lines)))


def use_finding(n_models: int, n_entities: int) -> Finding:
    """Return the number of distinct models that were evaluated on this test split, as a finding."""
    if n_models == 1:
        reason = "1 distinct model has been judged on this test split: this one."
    else:
        reason = f"{n_models} distinct models have been judged on this test split, this one included."
    return Finding(
        check="evaluate.test_use", estimate=n_models, low=n_models, high=n_models, n=n_entities, reason=reason
    )
