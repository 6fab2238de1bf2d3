"""Compare the findings of the shipped tasks with those of a commit.

Run as `python benchmarks/same_findings.py COMMIT`.

For a change that must not change any number. The first finding of a file is compared with the first
one of the same file in the commit, the second with the second, and so on, by the fields COMPARED.
The commit may be so old that its findings have other fields in their files.

Prints each difference, and how many findings were compared. Exits with 1 where there is a
difference.
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
    compared_count = 0
    differences = []

    for file in files:
        records_before = read_committed(commit, file)
        records_now = json.loads((ROOT / file).read_text(encoding="utf-8"))
        if len(records_before) != len(records_now):
            differences.append(f"{file}: {len(records_before)} findings before, {len(records_now)} now")

        for number, (before, now) in enumerate(zip(records_before, records_now, strict=False), start=1):
            compared_count += 1
            differences += [f"{file}, finding {number}, {text}" for text in describe_differences(before, now)]

    for text in differences:
        print(text)
    print(f"{compared_count} findings of {len(files)} files compared, {len(differences)} differences")
    return 1 if differences else 0


def read_committed(commit: str, file: Path) -> list[dict[str, Any]]:
    """Return the records of a file of findings, named relative to the repository, as they are in
    `commit`.
    """
    command = ["git", "show", f"{commit}:{file.as_posix()}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    records: list[dict[str, Any]] = json.loads(result.stdout)
    return records


def describe_differences(record_before: Mapping[str, Any], record_now: Mapping[str, Any]) -> list[str]:
    """Return a text for each compared field that differs between two records of findings."""
    before = compared_fields(record_before)
    now = compared_fields(record_now)
    name_of_finding = f"{before['check']} of {before['subject']!r}"
    return [
        f"{name_of_finding}: {name} was {before[name]!r}, is {now[name]!r}"
        for name in COMPARED
        if before[name] != now[name]
    ]


def compared_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the compared fields of a record.

    Older files have question and subject; today they are properties of the finding.
    """
    if all(name in record for name in COMPARED):
        return {name: record[name] for name in COMPARED}
    finding = findings.of(record)
    return {name: getattr(finding, name) for name in COMPARED}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
