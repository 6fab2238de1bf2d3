"""The ledger of test use: which models have been evaluated on which test split.

Choosing among many models by one test split makes its estimates optimistic, so their number is part
of the evidence.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from hallmark import digests
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError

_MAX_NAMED = 3  # lines that the sentence on a damaged ledger quotes


def record_use(ledger: Path, examples: Examples, model_digest: str) -> int:
    """Record that a model is evaluated on the test split, and return its number among the recorded models, from 1.

    Models are numbered in the order of their first lines. A model that is recorded already keeps
    its number, whatever came in between, so a rerun gives the same evidence. A model that two
    branches recorded has two lines after their merge, and counts once.

    ledger: A file of JSON lines, one for each test split and model, which is committed: a clone
        goes on counting.
    model_digest: The digest of weights and post-processing (`Package.model_digest`): a package that
        is made again with the same ones is the same model.

    Raises `InputError` where lines of the ledger are no entries.
    """
    test_digest = digest_test_split(examples)
    recorded_models = [entry["model"] for entry in _read_entries(ledger) if entry["test"] == test_digest]
    models = list(dict.fromkeys(recorded_models))  # distinct, in the order of their first lines
    if model_digest not in models:
        _append_entry(ledger, {"test": test_digest, "model": model_digest})
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
    """Return the digests `test` and `model` of each line. Raises `InputError` that names all lines without them."""
    if not ledger.exists():
        return []

    entries = []
    mistakes = []
    for number, line in enumerate(ledger.read_bytes().splitlines(), start=1):
        try:
            entry = json.loads(line)
            entries.append({key: entry[key] for key in ("test", "model")})
        except (ValueError, TypeError, KeyError):  # no UTF-8 or no JSON, no object, no such key
            mistakes.append(f"line {number} is {line[:60].decode(errors='replace')!r}")

    if mistakes:
        n_more = len(mistakes) - _MAX_NAMED
        more = f" (and {n_more} more)" if n_more > 0 else ""
        raise InputError(
            f"{ledger} must have an entry with the keys 'test' and 'model' on each line, and "
            f"{'; '.join(mistakes[:_MAX_NAMED])}{more}: restore the file from git, or mend these lines"
        )
    return entries


def _append_entry(ledger: Path, entry: Mapping[str, str]) -> None:
    """Write an entry on a line of its own, also where the last line lacks its newline, as an editor may leave it."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    content = ledger.read_bytes() if ledger.exists() else b""
    lacks_newline = content != b"" and not content.endswith(b"\n")
    with ledger.open("a", encoding="utf-8") as file:
        if lacks_newline:
            file.write("\n")
        file.write(json.dumps(entry) + "\n")
