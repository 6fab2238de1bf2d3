"""The ledger of test use: which models have been evaluated on which test split.

Choosing among many models by one test split makes its estimates optimistic, so their number is part
of the evidence.
"""

import json
from pathlib import Path

from hallmark import digests
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError


def record_use(ledger: Path, examples: Examples, model_digest: str) -> int:
    """Record that a model is evaluated on the test split, and return its number among the recorded models, from 1.

    Models are numbered in the order of their first lines. A model that is recorded already keeps
    its number, whatever came in between, so a rerun gives the same evidence. A model that two
    branches recorded has two lines after their merge, and counts once.

    ledger: A file of JSON lines, one for each test split and model, which is committed: a clone
        goes on counting.
    model_digest: The digest of weights and post-processing (`Package.model_digest`): a package that
        is made again with the same ones is the same model.
    """
    test_digest = digest_test_split(examples)
    recorded_models = [entry["model"] for entry in _read_entries(ledger) if entry["test"] == test_digest]
    models = list(dict.fromkeys(recorded_models))  # distinct, in the order of their first lines
    if model_digest not in models:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        with ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test_digest, "model": model_digest}) + "\n")
        models.append(model_digest)
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


def _read_entries(ledger: Path) -> list[dict[str, str]]:
    """Return the digests `test` and `model` of each line. Raises `InputError` on a line that lacks them."""
    if not ledger.exists():
        return []
    entries = []
    for number, line in enumerate(ledger.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            entries.append({key: entry[key] for key in ("test", "model")})
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{ledger}, line {number}, is no entry of the ledger: {line[:60]!r}") from error
    return entries
