"""How often a test set has been looked at: each further model judged on it makes its evidence a little less fresh."""

import json
from pathlib import Path

from hallmark import digests
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError


def test_digest(examples: Examples) -> str:
    """Return the digest of the test split: of its ids and fingerprints, in whatever order they stand."""
    rows = examples.table[examples.table["split"] == "test"]
    return digests.text("\n".join(sorted(rows["id"].astype(str) + "\t" + rows["fingerprint"].astype(str))))


def use(ledger: Path, examples: Examples, model: str) -> int:
    """Record that `model` is judged on the test split, and return its place among the distinct models judged there.

    `model` is a digest of what makes the answers (`Package.model_digest`), so that a package that is made again, with
    the same weights and post-processing, is the same model. Scoring a model again returns the same number, whatever
    has been judged in between, so that evidence stays repeatable. The ledger is a file of JSON lines, which git keeps:
    a clone goes on counting, and an evaluation in it gives the number that is committed.
    """
    test = test_digest(examples)
    models = [entry["model"] for entry in _entries(ledger) if entry["test"] == test]
    if model not in models:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        with ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "model": model}) + "\n")
        models.append(model)
    return models.index(model) + 1


def finding(count: int, entities: int) -> Finding:
    """Return how often this test set has been used, as a finding."""
    models = "1 distinct model has" if count == 1 else f"{count} distinct models have"
    why = f"{models} been judged on this test split{': this one.' if count == 1 else ', this one included.'}"
    return Finding(check="evaluate.test_use", estimate=count, low=count, high=count, n=entities, reason=why)


def _entries(ledger: Path) -> list[dict[str, str]]:
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
