"""Data checks: single expectations in Great Expectations' terms, and the rows that they are about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hallmark.expectation_schema import Conditions


@dataclass(frozen=True)
class DataCheck:
    """One expectation in Great Expectations' terms.

    column: The column that it is about; None: the whole table.
    type: Great Expectations' name of it; with `own_class`, that of the person's class.
    rule: What must hold, in words.
    condition: Which rows are checked; None: all.
    severity: "critical" stops the pipeline, "warning" is for the gate, "info" is shown only.
    is_own: Whether the task states it. The others are the contract's.
    own_class: The class of a person's own expectation; None: one of Great Expectations' or ours.
    """

    name: str
    column: str | None
    type: str
    arguments: Mapping[str, Any]
    rule: str
    condition: Conditions | None = None
    severity: str = "critical"
    is_own: bool = False
    own_class: Any = None


@dataclass(frozen=True)
class DatabaseTable:
    """A table or view of the database, with its number of rows (see `database.Database`)."""

    name: str
    n: int

    def __len__(self) -> int:
        return self.n


Rows = pd.DataFrame | DatabaseTable


@dataclass(frozen=True)
class CheckedFrame:
    """Rows with the checks on them.

    index: The columns that identify a row, for messages.
    units: What a row is, plural, such as "entities".
    aliases: Columns of `rows` that repeat a column of a condition, by that column's name.
    of_counts: Rows are counts of examples by split, label or group, so that no row shows an
        example.
    table: The name of a raw table; "" for the examples.
    not_in_database: pandas computes the checks of a large table, since DuckDB can't.
    """

    rows: Rows
    index: list[str]
    units: str
    checks: list[DataCheck]
    aliases: Mapping[str, str] = field(default_factory=dict)
    of_counts: bool = False
    table: str = ""
    not_in_database: bool = False

    @property
    def engine(self) -> str:
        """The name of what computes the checks: "pandas" or "DuckDB"."""
        return "DuckDB" if isinstance(self.rows, DatabaseTable) else "pandas"
