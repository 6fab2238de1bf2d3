"""What there is to publish of one task: everything that the stages wrote, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hallmark import digests, findings, predictions, verdicts
from hallmark.examples import SPLITS, Examples
from hallmark.findings import Finding
from hallmark.package import Package
from hallmark.verdicts import Verdict

STAGES = (*findings.STAGES, "gate")  # in the order in which a person reads them


@dataclass(frozen=True)
class Evidence:
    """`files` are the reports' files, relative to the reports' folder, as POSIX paths; `cost` is what training took."""

    parameters: Mapping[str, Any]
    examples: Examples
    package: Package
    predictions: pd.DataFrame
    findings: Sequence[Finding]
    verdict: Verdict
    files: Sequence[str]
    cost: Mapping[str, Any]


def gather(parameters: Mapping[str, Any], examples: Examples, package: Path, reports: Path) -> Evidence:
    """Read a task's evidence. Raises `InputError` where a part of it is missing."""
    paths = [reports / stage / "findings.json" for stage in findings.STAGES]
    cost = reports / "train" / "cost.json"
    return Evidence(
        parameters=parameters,
        examples=examples,
        package=Package.load(package),
        predictions=predictions.read(reports / "evaluate" / "predictions.parquet"),
        findings=[finding for path in paths for finding in findings.read(path)],
        verdict=verdicts.read(reports / "gate" / "verdict.json"),
        files=sorted(
            path.relative_to(reports).as_posix()
            for stage in STAGES
            for path in (reports / stage).rglob("*")
            if path.is_file()
        ),
        cost=json.loads(cost.read_text(encoding="utf-8")) if cost.exists() else {},
    )


def lineage(examples: Examples) -> dict[str, str]:
    """Return a digest of every split that has examples: over ids, inputs (by fingerprint) and labels, in any order."""
    table = examples.table
    labels = table["label"].astype(str) if "label" in table else pd.Series("", index=table.index)
    lines = table["id"].astype(str) + "\0" + table["fingerprint"].astype(str) + "\0" + labels
    splits = {name: sorted(lines[table["split"] == name]) for name in SPLITS}
    return {name: digests.text("\n".join(rows)) for name, rows in splits.items() if rows}
