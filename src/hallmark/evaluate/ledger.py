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


def use(ledger: Path, examples: Examples, package: str) -> int:
    """Record that `package`, a digest, is judged on the test split; return the how manieth distinct one it is there.

    Scoring a package again returns the same number, whatever has been judged in between, so that evidence stays
    repeatable. The ledger is a file of this machine, JSON lines; what other machines did is not known here.
    """
    test = test_digest(examples)
    entries = _entries(ledger)
    seen = [entry["package"] for entry in entries if entry["test"] == test]
    if package not in seen:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        with ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "package": package}) + "\n")
        seen.append(package)
    return seen.index(package) + 1


def finding(count: int, entities: int) -> Finding:
    """Return how often this test set has been used, as a finding."""
    why = f"On this machine {count} distinct model{'s have' if count > 1 else ' has'} been judged on this test split, "
    why += "this one included." if count > 1 else "this one."
    return Finding(check="evaluate.test_use", estimate=count, low=count, high=count, n=entities, why=why)


def _entries(ledger: Path) -> list[dict[str, str]]:
    if not ledger.exists():
        return []
    entries = []
    for number, line in enumerate(ledger.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            entries.append({key: entry[key] for key in ("test", "package")})
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{ledger}, line {number}, is no entry of the ledger: {line[:60]!r}") from error
    return entries
