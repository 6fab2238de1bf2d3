"""What there is to publish of one task: everything that the stages wrote, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hallmark import answers, digests, report_files
from hallmark.contracts import findings, predictions, verdicts
from hallmark.contracts.examples import SPLITS, Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.tracking.disclosure import is_of_examples, shows_examples

STAGES = (*findings.STAGES, "gate")  # in the order in which a person reads them
PREDICTIONS = "evaluate/predictions.parquet"  # a row for each example, with its label and answer
QUOTING = ("evaluate.generated",)  # checks whose findings quote an input


@dataclass(frozen=True)
class Evidence:
    """All that there is to publish.

    `files` are the reports' files that are published, relative to the reports' folder, as POSIX paths; `cost` is what
    training took.
    """

    parameters: Mapping[str, Any]
    examples: Examples
    package: Package
    predictions: pd.DataFrame
    findings: Sequence[Finding]
    verdict: Verdict
    files: Sequence[str]
    cost: Mapping[str, Any]

    @property
    def shows_examples(self) -> bool:
        """Whether single examples may leave this machine: the key publish.examples, off where it isn't set."""
        return shows_examples(self.parameters)


def gather(parameters: Mapping[str, Any], examples: Examples, package: Path, reports: Path) -> Evidence:
    """Read a task's evidence. Raises `InputError` where a part of it is missing.

    `reports` is the folder reports/<task> of a project, of which nothing but outputs of stages is taken (see
    `report_files`): any other file, and a link, are refused. The package is checked before anything of it is run
    (see `Package.load_judged`).
    """
    examples_shown = shows_examples(parameters)
    files = report_files.evidence_files(reports)
    paths = [reports / stage / "findings.json" for stage in findings.STAGES]
    found = [finding for path in paths for finding in findings.read(path)]
    cost = reports / "train" / "cost.json"
    return Evidence(
        parameters=parameters,
        examples=examples,
        package=Package.load_judged(package, modules=answers.decoding_files()),
        predictions=predictions.read(reports / PREDICTIONS),
        findings=found if examples_shown else without_quotes(found),
        verdict=verdicts.read(reports / "gate" / "verdict.json"),
        files=_published(files, examples=examples_shown),
        cost=_read_cost(cost) if cost.exists() else {},
    )


def _read_cost(path: Path) -> Mapping[str, Any]:
    try:
        cost = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no whole table of costs ({error}): run train again") from error
    if not isinstance(cost, dict):
        raise InputError(f"{path} must hold costs by name, and holds {type(cost).__name__}: run train again")
    return cost


def without_quotes(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings that quote no input."""
    return [finding for finding in found if finding.check not in QUOTING]


def _published(files: Sequence[str], *, examples: bool) -> list[str]:
    """Return the stages' files; without `examples`, without the figures and the table that show single examples."""
    names = [name for name in files if name.partition("/")[0] in STAGES]
    return [name for name in names if examples or not is_of_examples(name)]


def lineage(examples: Examples) -> dict[str, str]:
    """Return a digest of every split that has examples: over ids, inputs (by fingerprint) and labels, in any order."""
    table = examples.table
    labels = table["label"].astype(str) if "label" in table else pd.Series("", index=table.index)
    lines = table["id"].astype(str) + "\0" + table["fingerprint"].astype(str) + "\0" + labels
    splits = {name: sorted(lines[table["split"] == name]) for name in SPLITS}
    return {name: digests.text("\n".join(rows)) for name, rows in splits.items() if rows}
