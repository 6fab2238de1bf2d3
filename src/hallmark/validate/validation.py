"""Validation: the contract's checks and the task's own expectations, run together; their findings and failures."""

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
COLUMNS = ("check", "column", "unexpected", "share", "example", "value")  # of a table of failures
_ROWS_PER_CHECK = 5  # of the failures, in a terminal


@dataclass(frozen=True)
class Validation:
    """One finding and result for each check; `failures` has a row for each example of what failed (COLUMNS)."""

    findings: list[Finding]
    failures: pd.DataFrame
    results: "list[CheckResult]"

    def write_data_docs(self, folder: Path, *, title: str) -> None:
        """Write Great Expectations' page of all results, and one with single examples, into `folder`."""
        from hallmark.validate import data_docs  # here, since it imports Great Expectations

        data_docs.write_pages(self.results, folder, title=title)

    @property
    def sentence(self) -> str:
        """The first failure and the count of the others, without a single example; empty where none failed."""
        return _first_of([result.why for result in self.results if not result.passed])

    @property
    def sentence_with_example(self) -> str:
        """The same with the first value that breaks the rule, and where it is: for who may see the data."""
        return _first_of([result.why_with_example for result in self.results if not result.passed])


def validate_examples(
    examples: Examples,
    *,
    minimum_per_class: int,
    minimum_per_group: int,
    expectations: Mapping[str, Mapping[str, Any]],
    declared_groups: Iterable[str] = (),
    split_method: str = "",
) -> Validation:
    """Check the examples against the contract and against the task's own expectations, {name: {type, arguments}}.

    `declared_groups` (without the prefix) must be there. `split_method` is prepare's: by time, an order must hold.
    Raises `InputError` on an expectation that Great Expectations does not know; data that fails raises nothing.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before its import, which reads it
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        step = progress.add_task("loading Great Expectations", total=None)
        from hallmark.validate import suites  # 5 s, so only where it is used

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
    """Return the failures as a table for the terminal, up to 5 of a check. No value is read as markup or as control."""
    table = Table(title="what failed, with examples", title_justify="left", header_style="bold red")
    columns = [column for column in COLUMNS if column != "share"]
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
    if result.unexpected is not None and result.n:
        unexpected_share = result.unexpected / result.n

    return Finding(
        check=f"validate.{result.check.name}",
        column=result.check.column,
        estimate=unexpected_share,
        requirement=result.check.rule,
        n=result.n,
        verdict="pass" if result.passed else "fail",
        reason=result.why,
    )


def _failures(results: "list[CheckResult]") -> pd.DataFrame:
    """Return the columns `COLUMNS`, a row for each example of what failed, all as text."""
    rows = []
    for result in results:
        if result.passed:
            continue
        observation = "" if result.observed is None else result.observed
        examples = result.examples or [("", result.trouble or observation)]
        share = f"{result.unexpected / result.n:.6g}" if result.unexpected and result.n else ""
        unexpected = "" if result.unexpected is None else result.unexpected
        column = result.check.column or WHOLE_TABLE
        rows += [(result.check.name, column, unexpected, share, where, value) for where, value in examples]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object).astype(str)
