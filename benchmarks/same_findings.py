"""Compares the findings of the shipped tasks with those of another commit: `python benchmarks/same_findings.py COMMIT`.

For a change that must not move any number: each stage's findings are compared place by place, by check, question, what
they are about, estimate, limits, n and verdict. Prints each difference and how many were compared; exits with 1 where
any finding differs. `COMMIT` may be older than the fields that findings are written with today.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hallmark.contracts import findings

ROOT = Path(__file__).parents[1]
COMPARED = ("check", "question", "subject", "estimate", "low", "high", "n", "verdict")


def main(commit: str) -> int:
    files = sorted(path.relative_to(ROOT) for path in ROOT.glob("reports/*/*/findings.json"))
    compared, differences = 0, []

    for file in files:
        before = findings_of(commit, file)
        after = json.loads((ROOT / file).read_text(encoding="utf-8"))
        if len(before) != len(after):
            differences.append(f"{file}: {len(before)} findings before, {len(after)} now")
        for number, (old, new) in enumerate(zip(before, after, strict=False), start=1):
            compared += 1
            differences += [f"{file}, finding {number}, {text}" for text in difference(old, new)]

    print(*differences, f"{compared} findings of {len(files)} files compared, {len(differences)} differences", sep="\n")
    return 1 if differences else 0


def findings_of(commit: str, file: Path) -> list[dict[str, Any]]:
    command = ["git", "show", f"{commit}:{file.as_posix()}"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    records: list[dict[str, Any]] = json.loads(shown.stdout)
    return records


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each compared field that differs."""
    before, after = fields(old), fields(new)
    return [
        f"{before['check']} of {before['subject']!r}: {name} was {before[name]!r}, is {after[name]!r}"
        for name in COMPARED
        if before[name] != after[name]
    ]


def fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the compared fields of a record, whether it holds them or today's finding derives them."""
    if all(name in record for name in COMPARED):
        return {name: record[name] for name in COMPARED}
    finding = findings.of(record)
    return {name: getattr(finding, name) for name in COMPARED}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
