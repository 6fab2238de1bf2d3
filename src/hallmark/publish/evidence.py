"""What there is to publish of one task: everything that the stages wrote, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from hallmark import answers, digests, report_files
from hallmark import report_figures as figures
from hallmark.config import Parameters
from hallmark.contracts import examples as example_tables
from hallmark.contracts import findings, predictions, summaries, verdicts
from hallmark.contracts.examples import SPLITS, Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.contracts.summaries import Summary
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.layout import JUDGED_STAGES, Layout, ReportingStage
from hallmark.tracking.disclosure import is_of_examples

STAGES: tuple[ReportingStage, ...] = (*JUDGED_STAGES, "gate")  # in the order in which a person reads them
QUOTING = ("evaluate.generated",)  # checks whose findings quote an input


@dataclass(frozen=True, kw_only=True)
class Page:
    """A report that the card links: a figure or an HTML page.

    `file` is its POSIX path below the task's reports.
    """

    file: str
    question: int  # 1-10, of the model card, which it helps to answer
    title: str
    shows_examples: bool = False


@dataclass(frozen=True)
class Evidence:
    """All that is published of a task.

    `files` are the POSIX paths, below the task's reports, of the files that are published, and
    `pages` those that the card links. `cost` is what training took, by name.
    """

    layout: Layout
    parameters: Parameters
    examples: Examples
    package: Package
    predictions: pd.DataFrame
    findings: Sequence[Finding]
    verdict: Verdict
    summary: Summary
    files: Sequence[str]
    pages: Sequence[Page]
    cost: Mapping[str, Any]

    @property
    def shows_examples(self) -> bool:
        """Whether single examples may leave this machine."""
        return self.parameters.publish.examples


def read_evidence(parameters: Parameters, layout: Layout) -> Evidence:
    """Read a task's evidence.

    Only outputs of stages are taken from the reports: any other file, and any link, is refused (see
    `report_files`). The package is checked before anything of it is run (see
    `Package.load_with_current_decoding`). Raises `InputError` where a part of the evidence is missing, and where
    the gate's summary is of another verdict.
    """
    examples_shown = parameters.publish.examples
    evidence_files = report_files.evidence_files(layout)
    all_findings = [finding for path in layout.judged_findings for finding in findings.read(path)]
    pages = _pages(layout)
    files = _published_files(evidence_files, pages, examples=examples_shown)

    verdict = verdicts.read(layout.verdict)
    summary = summaries.read(layout.summary)
    if summary.status != verdict.status:
        raise InputError(
            f"{layout.summary} says {summary.status!r}, verdict.json {verdict.status!r}: run the gate again"
        )

    return Evidence(
        layout=layout,
        parameters=parameters,
        examples=example_tables.read(layout.prepared),
        package=Package.load_with_current_decoding(layout.package, modules=answers.decoding_files()),
        predictions=predictions.read(layout.predictions),
        findings=all_findings if examples_shown else without_quotes(all_findings),
        verdict=verdict,
        summary=summary,
        files=files,
        pages=[page for page in pages if page.file in files],
        cost=_read_cost(layout.cost("train")),
    )


def _read_cost(path: Path) -> Mapping[str, Any]:
    """Return training's costs by name; empty where the file is missing, since git does not keep it."""
    if not path.exists():
        return {}
    try:
        cost = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no whole table of costs ({error}): run train again") from error
    if not isinstance(cost, dict):
        raise InputError(f"{path} must hold costs by name, and holds {type(cost).__name__}: run train again")
    return cost


def without_quotes(all_findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings whose check quotes no input."""
    return [finding for finding in all_findings if finding.check not in QUOTING]


def _pages(layout: Layout) -> list[Page]:
    """Return all figures, as the stages' indexes list them, and the two HTML pages, ordered by
    path.
    """
    pages = [
        Page(file=layout.name_in_reports(layout.data_docs_page), question=1, title="data docs"),
        Page(file=layout.name_in_reports(layout.drift_page), question=6, title="drift report"),
    ]
    for stage in STAGES:
        folder = layout.figures(stage)
        index = figures.read_index(folder) if folder.is_dir() else []
        for entry in index:
            file = layout.name_in_reports(folder / entry.file)
            page = Page(file=file, question=entry.question, title=entry.title, shows_examples=entry.shows_examples)
            pages.append(page)
    return sorted(pages, key=lambda page: page.file)


def _published_files(files: Sequence[str], pages: Sequence[Page], *, examples: bool) -> list[str]:
    """Return the stages' files that may be published.

    Without `examples`, tables and figures of single examples are left out, and so is every picture
    that no index lists, since it may show some.
    """
    names = [name for name in files if name.partition("/")[0] in STAGES]
    if examples:
        return names

    without_examples = {page.file for page in pages if not page.shows_examples}
    return [
        name
        for name in names
        if not is_of_examples(name) and (name in without_examples or PurePosixPath(name).suffix != ".png")
    ]


def digest_splits(examples: Examples) -> dict[str, str]:
    """Return the SHA-256 of each split that has examples, by the split's name.

    It covers each example's id, the fingerprint of its inputs, and its label, whatever the order of
    the rows.
    """
    table = examples.table
    labels = table["label"].astype(str) if "label" in table else pd.Series("", index=table.index)
    lines = table["id"].astype(str) + "\0" + table["fingerprint"].astype(str) + "\0" + labels

    split_digests = {}
    for name in SPLITS:
        lines_of_split = sorted(lines[table["split"] == name])
        if lines_of_split:
            split_digests[name] = digests.text("\n".join(lines_of_split))
    return split_digests
