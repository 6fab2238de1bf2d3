"""Validation: the contract's checks and the task's own expectations, run together, with their findings."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.errors import printable
from hallmark.validate import contract

if TYPE_CHECKING:
    from hallmark.validate.check_results import CheckResult

WHOLE_TABLE = "table"  # stands for the column where a check is about all of them
FAILURE_COLUMNS = ("check", "column", "unexpected", "share", "example", "value")
_ROWS_PER_CHECK = 5  # rows of failures that a terminal shows


@dataclass(frozen=True)
class Validation:
    """A finding and a result for each check, and a table of failures.

    `failures` has the columns `FAILURE_COLUMNS` and, for each check that failed, a row for each
    reported example: count and share of the unexpected rows, where the example is, and its value.
    """

    findings: list[Finding]
    failures: pd.DataFrame
    results: "list[CheckResult]"

    def write_data_docs(self, folder: Path, *, title: str) -> None:
        """Write Great Expectations' page of all results, and one with single examples, into `folder`."""
        from hallmark.validate import data_docs  # here, since it imports Great Expectations

        data_docs.write_pages(self.results, folder, title=title)

    @property
    def sentence(self) -> str:
        """The first failure and the count of others, without single examples; empty if none failed."""
        return _first_of([result.sentence for result in self.results if not result.passed])

    @property
    def sentence_with_example(self) -> str:
        """The same with the first value that breaks the rule, and where: for people who may see the data."""
        return _first_of([result.sentence_with_example for result in self.results if not result.passed])


def validate_examples(
    examples: Examples,
    *,
    minimum_per_class: int,
    minimum_per_group: int,
    expectations: Mapping[str, Mapping[str, Any]],
    declared_groups: Iterable[str] = (),
    split_method: str = "",
) -> Validation:
    """Check the examples against the contract and against the task's own expectations.

    expectations: The task's own ones, {name: {type, arguments}}.
    declared_groups: Groups that must exist, without the prefix `group.`.

    The other arguments are those of `contract.contract_frames`. Data that fails a check raises
    nothing. Raises `InputError` on an expectation that Great Expectations doesn't accept.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # Great Expectations reads it when it is imported
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        step = progress.add_task("loading Great Expectations", total=None)
        from hallmark.validate import suites  # here, since importing Great Expectations takes 5 s

        own_checks = suites.build_checks(expectations, examples.table)

        progress.update(step, description="reading the arrays")
        all_rows, *derived_frames = contract.contract_frames(
            examples,
            minimum_per_class=minimum_per_class,
            minimum_per_group=minimum_per_group,
            groups=declared_groups,
            split_method=split_method,
        )
        conditional_checks = [check for check in own_checks if check.condition is not None]
        some_rows = suites.conditional_frame(all_rows, conditional_checks)
        own_checks = [check for check in own_checks if check.condition is None]
        all_rows = replace(all_rows, checks=[*all_rows.checks, *own_checks])
        frames = [frame for frame in (all_rows, some_rows, *derived_frames) if frame.checks]

        progress.update(step, description="checking", total=len(frames))
        results: list[CheckResult] = []
        for frame_results in progress.track(suites.run_checks(frames), task_id=step):
            results += frame_results
    return Validation([_finding(result) for result in results], _failures(results), results)


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
        table.add_row(*(Text(printable(str(value))) for value in row))
    return table


def _first_of(sentences: list[str]) -> str:
    if not sentences:
        return ""
    others = f" ({len(sentences) - 1} more failed.)" if len(sentences) > 1 else ""
    return sentences[0] + others


def _finding(result: "CheckResult") -> Finding:
    unexpected_share = None
    if result.n_unexpected is not None and result.n:
        unexpected_share = result.n_unexpected / result.n

    return Finding(
        check=f"validate.{result.check.name}",
        column=result.check.column,
        estimate=unexpected_share,
        requirement=result.check.rule,
        n=result.n,
        verdict="pass" if result.passed else "fail",
        reason=result.sentence,
    )


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
        rows += [(result.check.name, column, n_unexpected, share, where, value) for where, value in examples]
    return pd.DataFrame(rows, columns=list(FAILURE_COLUMNS), dtype=object).astype(str)
