"""Validation: the task's expectations and the contract's checks, run together; what they found, and what failed."""

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
    from hallmark.validate.outcomes import Outcome

TABLE = "table"  # stands for the column where a check is about all of them
COLUMNS = ("check", "column", "unexpected", "share", "example", "value")


@dataclass(frozen=True)
class Validation:
    """One finding and outcome for each check; `failures` has a row for each example of what failed (COLUMNS)."""

    findings: list[Finding]
    failures: pd.DataFrame
    outcomes: "list[Outcome]"

    def write_data_docs(self, folder: Path, *, title: str) -> None:
        """Write Great Expectations' page of all results, and one with single examples, into `folder`."""
        from hallmark.validate import data_docs  # here, since it imports Great Expectations

        data_docs.write(self.outcomes, folder, title=title)

    @property
    def sentence(self) -> str:
        """What failed first, and how many more checks did, without a single example; empty where none did."""
        return _first([outcome.why for outcome in self.outcomes if not outcome.passed])

    @property
    def sentence_with_example(self) -> str:
        """The same with the first value that breaks the rule, and where it is: for who may see the data."""
        return _first([outcome.why_with_example for outcome in self.outcomes if not outcome.passed])


def validate(
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
        doing = progress.add_task("loading Great Expectations", total=None)
        from hallmark.validate.expectations import configured, run, with_conditions  # 5 s, so only where it is used

        own = configured(expectations, examples.table)
        progress.update(doing, description="reading the arrays")
        first, *others = contract.frames(
            examples,
            minimum_per_class=minimum_per_class,
            minimum_per_group=minimum_per_group,
            groups=declared_groups,
            split_method=split_method,
        )
        of_all = [check for check in own if check.condition is None]
        of_some = with_conditions(first, [check for check in own if check.condition is not None])
        first = replace(first, checks=[*first.checks, *of_all])
        frames = [frame for frame in (first, of_some, *others) if frame.checks]
        progress.update(doing, description="checking", total=len(frames))
        outcomes = [outcome for part in progress.track(run(frames), task_id=doing) for outcome in part]
    return Validation([_finding(o) for o in outcomes], _failures(outcomes), outcomes)


def table(failures: pd.DataFrame) -> Table:
    """Return the failures as a table for the terminal, up to 5 of a check. No value is read as markup or as control."""
    shown = Table(title="what failed, with examples", title_justify="left", header_style="bold red")
    columns = [column for column in COLUMNS if column != "share"]
    for column in columns:
        shown.add_column(column, overflow="fold", justify="right" if column == "unexpected" else "left")
    for row in failures.groupby(["check", "column"], sort=False).head(5)[columns].itertuples(index=False):
        shown.add_row(*(Text(printable(str(value))) for value in row))
    return shown


def _first(failed: list[str]) -> str:
    more = f" ({len(failed) - 1} more failed.)" if len(failed) > 1 else ""
    return failed[0] + more if failed else ""


def _finding(outcome: "Outcome") -> Finding:
    check, n = outcome.check, outcome.n
    return Finding(
        check=f"validate.{check.name}",
        column=check.column,
        estimate=outcome.unexpected / n if outcome.unexpected is not None and n else None,
        requirement=check.rule,
        n=n,
        verdict="pass" if outcome.passed else "fail",
        why=outcome.why,
    )


def _failures(outcomes: "list[Outcome]") -> pd.DataFrame:
    rows = []
    for outcome in (o for o in outcomes if not o.passed):
        share = f"{outcome.unexpected / outcome.n:.6g}" if outcome.unexpected and outcome.n else ""
        seen = "" if outcome.observed is None else outcome.observed
        examples = outcome.examples or [("", outcome.trouble or seen)]
        count = outcome.unexpected if outcome.unexpected is not None else ""
        rows += [
            (outcome.check.name, outcome.check.column or TABLE, count, share, where, value) for where, value in examples
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object).astype(str)
