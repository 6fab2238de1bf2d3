"""Validation: the contract's checks and the task's own expectations, run together, with their findings."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from hallmark.contracts import checks
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.errors import printable
from hallmark.validate import contract, example_frames
from hallmark.validate.data_checks import CheckedFrame, DataCheck
from hallmark.validate.engines import IN_DATABASE_FROM

if TYPE_CHECKING:
    from great_expectations.checkpoint import CheckpointResult

    from hallmark.validate.check_results import CheckResult
    from hallmark.validate.raw_tables import RawTable

WHOLE_TABLE = "table"  # stands for the column where a check is about all of them
FAILURE_COLUMNS = ("check", "severity", "column", "unexpected", "share", "example", "value")
EXAMPLES = "examples"  # the name of their suite
_ROWS_PER_CHECK = 5  # rows of failures that a terminal shows
_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


@dataclass(frozen=True)
class Validation:
    """A finding and a result for each check, and a table of failures.

    `failures` has the columns `FAILURE_COLUMNS` and, for each check that failed, a row for each
    reported example: count and share of the unexpected rows, where the example is, and its value.
    `suites` has the checks on each table itself, by its name.
    """

    findings: list[Finding]
    failures: pd.DataFrame
    results: "list[CheckResult]"
    outcome: "CheckpointResult"
    suites: Mapping[str, Sequence[DataCheck]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every check of severity critical passed."""
        return not self._failed("critical")

    @property
    def critical_failures(self) -> pd.DataFrame:
        """The failures of severity critical: none of a task whose reports git keeps, so that git keeps no example."""
        return self.failures[self.failures["severity"] == "critical"]

    def write_data_docs(self, folder: Path, *, title: str) -> None:
        """Write Great Expectations' page of all results, and one with single examples, into `folder`."""
        from hallmark.validate import data_docs  # here, since it imports Great Expectations

        data_docs.write_pages(self.results, folder, title=title)

    def write_suites(self, folder: Path, *, task: str) -> None:
        """Write the suite of each table into `folder`, as JSON that Great Expectations opens elsewhere."""
        from hallmark.validate import suite_files

        for table, of_table in self.suites.items():
            suite_files.write(folder, task, table, of_table)

    def run_actions(self, actions: Mapping[str, Mapping[str, Any]], *, task: str) -> list[str]:
        """Run the task's actions on the results; return a sentence for each that did not run."""
        from hallmark.validate import actions as room

        return list(room.run(actions, self.outcome, task=task))

    @property
    def sentence(self) -> str:
        """The first critical failure and the count of others, without single examples; empty if none failed."""
        return _first_of([result.sentence for result in self._failed("critical")])

    @property
    def sentence_with_example(self) -> str:
        """The same with the first value that breaks the rule, and where: for people who may see the data."""
        return _first_of([result.sentence_with_example for result in self._failed("critical")])

    @property
    def lesser_sentences(self) -> list[str]:
        """A sentence for each failure of severity warning or info, with the first value that breaks the rule."""
        return [
            f"{severity}: {result.sentence_with_example}"
            for severity in ("warning", "info")
            for result in self._failed(severity)
        ]

    def _failed(self, severity: str) -> "list[CheckResult]":
        return [result for result in self.results if not result.passed and result.check.severity == severity]


def validate_examples(
    examples: Examples,
    *,
    minimum_per_class: int,
    minimum_per_group: int,
    expectations: Mapping[str, Mapping[str, Any]],
    declared_groups: Iterable[str] = (),
    split_method: str = "",
    table_file: Path | None = None,
    raw_tables: "Sequence[RawTable]" = (),
    task: str = "",
    in_database_from: int = IN_DATABASE_FROM,
) -> Validation:
    """Check raw tables and the examples: against the contract, and against the task's own expectations.

    expectations: The task's own ones about the examples, {name: {type, arguments, severity}}.
    declared_groups: Groups that must exist, without the prefix `group.`.
    table_file: The Parquet file of the examples' table, where `examples.table` is without columns.
    raw_tables: They are checked first.
    task: The task whose extensions have the classes of a person's own expectations.
    in_database_from: Rows of a table from which on DuckDB checks it.

    The other arguments are those of `contract.contract_frames`. Data that fails a check raises
    nothing. Raises `InputError` on an expectation that Great Expectations doesn't accept, and on
    columns that it takes for one another.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # Great Expectations reads it when it is imported
    console = Console(stderr=True)
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(console=console, transient=True, disable=not console.is_terminal))
        step = progress.add_task("loading Great Expectations", total=None)
        # Here, since importing Great Expectations takes 5 s.
        from hallmark.validate import engines, expectation_building, table_sources, validation_run
        from hallmark.validate import raw_tables as raw
        from hallmark.validate.database import Database
        from hallmark.validate.example_queries import ExampleQueries

        source = table_sources.TableSource("", examples.table, len(examples), frame=examples.table)
        if table_file is not None:
            source = table_sources.of_file("", table_file)
        engines.require_told_apart(map(str, source.sample), "the table of the examples")
        source = replace(source, index=tuple(contract.index_of(map(str, source.sample))))
        own_checks = expectation_building.build_checks(expectations, source.sample, task=task)
        raw_checks = [
            expectation_building.build_checks(
                table.expectations,
                table.source.sample,
                section=table.section,
                subject=f"the rows of {table.source.name}",
                task=task,
            )
            for table in raw_tables
        ]

        sources = [*(table.source for table in raw_tables), source]
        needing = [any(map(engines.needs_database, each)) for each in (*raw_checks, own_checks)]
        is_large = [
            each.frame is None or (each.n >= in_database_from and engines.tells_apart(map(str, each.sample)))
            for each in sources
        ]
        in_database = [large or needs for large, needs in zip(is_large, needing, strict=True)]
        database = stack.enter_context(Database()) if any(in_database) else None

        progress.update(step, description="reading the tables")
        if database is not None:
            sources = [
                table_sources.in_database(each, database) if is_there else each
                for each, is_there in zip(sources, in_database, strict=True)
            ]
        *raw_sources, source = sources
        rows: contract.ExampleRows = example_frames.ExampleFrames(examples.table)
        if is_large[-1] and database is not None and source.table is not None:
            rows = ExampleQueries(database, source.table)
        all_rows, *derived_frames = contract.contract_frames(
            rows,
            arrays=examples.arrays,
            labels=examples.labels,
            minimum_per_class=minimum_per_class,
            minimum_per_group=minimum_per_group,
            groups=declared_groups,
            split_method=split_method,
        )
        if database is not None:
            database.confine()

        frames: list[CheckedFrame] = []
        for table, raw_source, of_table, large in zip(raw_tables, raw_sources, raw_checks, is_large, strict=False):
            frames.append(raw.types_frame(table))
            frames += table_sources.frames(raw_source, of_table, database, is_large=large)
        suites = {table.source.name: of_table for table, of_table in zip(raw_tables, raw_checks, strict=True)}
        suites[EXAMPLES] = [*all_rows.checks, *own_checks]
        own_frames = table_sources.frames(source, own_checks, database, is_large=is_large[-1])
        frames += [all_rows, *own_frames, *derived_frames]
        frames = [frame for frame in frames if frame.checks]

        progress.update(step, description="checking", total=len(frames))
        results, outcome = validation_run.run_checks(
            frames,
            name=task or "examples",
            database_url=database.url if database is not None else "",
            on_done=lambda: progress.advance(step),
        )
    return Validation(_findings(results), _failures(results), results, outcome, suites)


def failures_table(failures: pd.DataFrame) -> Table:
    """Return the failures as a table for the terminal, up to 5 rows for each check and column.

    Values are shown literally: neither as markup nor as control characters.
    """
    table = Table(title="what failed, with examples", title_justify="left", header_style="bold red")
    columns = [column for column in FAILURE_COLUMNS if column != "share"]
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column == "unexpected" else "left")

    first_rows = failures.groupby(["check", "column"], sort=False).head(_ROWS_PER_CHECK)
    for row in first_rows[columns].itertuples(index=False):
        cells = [Text(printable(str(value))) for value in row]
        cells[columns.index("severity")].stylize(_STYLES[str(row.severity)])
        table.add_row(*cells)
    return table


def _first_of(sentences: list[str]) -> str:
    if not sentences:
        return ""
    others = f" ({len(sentences) - 1} more failed.)" if len(sentences) > 1 else ""
    return sentences[0] + others


def _findings(results: "list[CheckResult]") -> list[Finding]:
    """Return a finding for each result, and one that says so where no expectation has the severity warning."""
    findings = [_finding(result) for result in results]
    if not any(finding.check == checks.WARNING for finding in findings):
        reason = "The task states no expectation of severity warning."
        findings.append(Finding(check=checks.WARNING, verdict="not applicable", reason=reason))
    return findings


def _finding(result: "CheckResult") -> Finding:
    unexpected_share = None
    if result.n_unexpected is not None and result.n:
        unexpected_share = result.n_unexpected / result.n

    check, case = _check_and_case(result)
    finding = Finding(
        check=check,
        column=result.check.column,
        case=case,
        estimate=unexpected_share,
        requirement=result.check.rule,
        n=result.n,
        verdict="pass" if result.passed else "fail",
        reason=result.sentence,
    )
    return replace(finding, verdict="measured") if check == checks.INFO else finding


def _check_and_case(result: "CheckResult") -> tuple[str, str | None]:
    """Return the check of a result's finding; the expectation's name is part of it, or is its case."""
    if result.check.severity == "warning":
        return checks.WARNING, result.name
    if result.check.severity == "info":
        return checks.INFO, result.name
    return (checks.RAW, result.name) if result.table else (f"validate.{result.name}", None)


def _failures(results: "list[CheckResult]") -> pd.DataFrame:
    """Return the table of failures with `FAILURE_COLUMNS`, all as text, see `Validation`."""
    rows = []
    for result in results:
        if result.passed:
            continue
        observation = "" if result.observed is None else result.observed
        examples = result.examples or [("", result.error or observation)]
        share = f"{result.n_unexpected / result.n:.6g}" if result.n_unexpected and result.n else ""
        n_unexpected = "" if result.n_unexpected is None else result.n_unexpected
        column = result.check.column or WHOLE_TABLE
        severity = result.check.severity
        rows += [(result.name, severity, column, n_unexpected, share, where, value) for where, value in examples]
    return pd.DataFrame(rows, columns=list(FAILURE_COLUMNS), dtype=object).astype(str)
