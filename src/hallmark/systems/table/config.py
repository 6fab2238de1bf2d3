"""The keys of a task on a table: `raw`, `prepare.reading` and `train.network`."""

from collections.abc import Iterator
from typing import Any

from hallmark.config import reading
from hallmark.config.reading import LEAVE_OUT, SOURCE, Band, SourceWords
from hallmark.config.section import Contradiction, Name, NameOrNone, Names, RawFile, Section, setting

HEADS = 4  # of attention over a history
METRICS = (
    "accuracy",
    "log_loss",
    "brier",
    "cost",
    "sensitivity",
    "specificity",
    "precision",
    "alert_rate",
    "roc_auc",
    "average_precision",
    "calibration_error",
)


class Raw(Section):
    """The size of the simulated world."""

    customers: int = setting(ge=1, meaning="how many; each holds one card")
    terminals: int = setting(ge=1, meaning="how many")
    days: int = setting(ge=1, unit="days", meaning="that are simulated")


class Table(Section):
    """A table that tells more of a column of the main file. Its other columns are joined and can be named like the
    file's own.
    """

    file: RawFile = setting(meaning="its path within the raw folder")
    key: Name = setting(meaning="the column that both files have")
    x: NameOrNone = setting("", unit="km", meaning="column with a place on a plane; both x and y, or neither")
    y: NameOrNone = setting("", unit="km", meaning="column with a place on a plane; both x and y, or neither")


class History(Section):
    """What makes a history of the rows: each row is a transaction of its entity."""

    amount: Name = setting(role="input", meaning="the column with the amount")
    place: Name = setting(role="input", meaning="the column that tells where: terminal, merchant")
    length: int = setting(ge=1, unit="transactions", meaning="earlier ones that the network sees")
    warm_up: float = setting(
        0.0,
        ge=0,
        unit="days",
        meaning="from the first row on, that serve as history only: their own histories are cut short",
    )
    account: Table | None = setting(None, meaning="of the entity, with its home")
    terminals: Table | None = setting(None, meaning="of the places")


class Reading(reading.Reading):
    """How rows become examples, with or without a history."""

    file: RawFile = setting(meaning="CSV or Parquet, in the raw folder")
    label: Name = setting(role="label", meaning="column of the label")
    labels: dict[str, Name] = setting(meaning="a raw value → a name; exactly two names, in the order of the classes")
    id: NameOrNone = setting("", role="name", meaning="column; without it, the row's number")
    entity: NameOrNone = setting(
        "",
        role="name",
        meaning="column; without it, equal rows are one entity: nobody can tell whether they are one client",
    )
    time: NameOrNone = setting("", role="time", unit="seconds", meaning="column: numbers, or dates")
    numeric: Names = setting(
        [], role="numeric", meaning="columns; the order matters: the first one of a flat table is the rule's"
    )
    categorical: dict[str, Names] = setting(
        {}, role="categorical", meaning="a column → the values that get an input; others get none"
    )
    groups: dict[str, dict[str, str]] = setting({}, meaning="a column → a raw value → a name; empty: names as they are")
    bands: dict[str, Band] = setting({}, meaning="groups made of a column of numbers")
    history: History | None = setting(None, meaning="null: a flat table")
    source: SourceWords | None = setting(None, meaning=SOURCE)
    leave_out: Names = setting([], meaning=LEAVE_OUT)


class Network(Section):
    """Residual blocks on encoded columns, with attention over the history where there is one."""

    width: int = setting(ge=1, unit="units", meaning="of every layer; with a history, a multiple of the four heads")
    depth: int = setting(ge=1, meaning="residual blocks of the head")
    bins: int = setting(ge=1, meaning="pieces of the piecewise linear encoding of every current column")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")


def across(parameters: Any) -> Iterator[Contradiction]:
    """Yield what contradicts between sections: a width that the heads of attention over a history can't share."""
    width = parameters.train.network.width
    if parameters.prepare.reading.history is not None and width % HEADS:
        yield Contradiction(
            "train.network.width",
            f"is {width}: with prepare.reading.history it must be a multiple of {HEADS}, the heads of attention",
        )
