"""The keys of a task on a table: `raw`, `prepare.reading` and `train.network`."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from hallmark.config import reading_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.reading_keys import LABELS, JoinedTable, Labels
from hallmark.config.section import Contradiction, Name, NameOrNone, Names, Section, setting
from hallmark.config.table_files import TableFile

DESCRIPTORS_OF_HISTORY = ("amount", "hour", "hours_since_last", "history_length")
HEADS = 4  # of attention over a history


class Raw(Section):
    """The size of the simulated world."""

    customers: int = setting(ge=1, meaning="how many; each holds one card")
    terminals: int = setting(ge=1, meaning="how many")
    days: int = setting(ge=1, unit="days", meaning="simulated time")


class Columns(reading_keys.Columns):
    """What the columns of the table are called; null: there is none."""

    label: Name = setting(role="label", meaning="the label as the raw data has it")
    id: Name | None = setting(None, role="name", meaning="null: the row's number")
    entity: Name | None = setting(
        None,
        role="name",
        meaning="null: rows with equal inputs are one entity, since they may be one client",
    )
    time: Name | None = setting(None, role="time", unit="seconds", meaning="numbers, or dates")


class Places(JoinedTable):
    """A table with more about the values of a column of the main file, such as positions on a plane."""

    x: NameOrNone = setting("", unit="km", meaning="column of a position on a plane; both x and y, or neither")
    y: NameOrNone = setting("", unit="km", meaning="column of a position on a plane; both x and y, or neither")


class History(Section):
    """How rows become histories: each row is a transaction of its entity."""

    amount: Name = setting(role="input", meaning="the column with the amount")
    place: Name = setting(role="input", meaning="the column with the place: terminal, merchant")
    length: int = setting(ge=1, unit="transactions", meaning="earlier ones that the network gets")
    warm_up: float = setting(
        0.0,
        ge=0,
        unit="days",
        meaning="from the first row on, that serve as history only: their own histories are cut short",
    )
    account: Places | None = setting(None, meaning="a table of the entities, with positions of their homes")
    terminals: Places | None = setting(None, meaning="a table of the places, with their positions")


class Reading(reading_keys.Reading):
    """How rows become examples, with or without a history."""

    file: TableFile = setting(meaning="text (CSV …), Parquet or npz, in the raw folder")
    columns: Columns = setting(meaning="what the columns are called")
    labels: Labels = setting(meaning=f"{LABELS}; exactly two")
    numeric: Names = setting(
        [], role="numeric", meaning="columns; the order matters: the first one of a flat table is the rule's"
    )
    categorical: dict[str, Names] = setting(
        {}, role="categorical", meaning="a column → the values that get an input; others get none"
    )
    history: History | None = setting(None, meaning="null: a flat table")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._not_two_labels(), self._no_input(), self._history_of_nobody())

    def computed_descriptors(self) -> list[str]:
        """Return the numeric columns and, with a history, what is computed of it."""
        history = self.history
        if history is None:
            return [*self.numeric]
        has_places = history.terminals is not None and bool(history.terminals.x)
        has_homes = history.account is not None and bool(history.account.x)
        distances = ["km_from_last"] if has_places else []
        if has_places and has_homes:
            distances.append("km_from_home")
        return [*DESCRIPTORS_OF_HISTORY, *distances, *self.numeric]

    def _not_two_labels(self) -> Iterator[Contradiction]:
        labels = self.label_names() or []
        if len(labels) > 2:
            yield Contradiction("labels", f"names {labels}: this system tells two labels apart")

    def _no_input(self) -> Iterator[Contradiction]:
        if self.history is None and not self.numeric and not any(self.categorical.values()):
            words = "and prepare.reading.categorical name no input: without a history, a row needs at least one"
            yield Contradiction("numeric", words)

    def _history_of_nobody(self) -> Iterator[Contradiction]:
        for role in ("entity", "time"):
            if self.history is not None and self.columns.named(role) is None:
                yield Contradiction(f"columns.{role}", "is null: prepare.reading.history needs it")


class Network(ShippedComponent):
    """Residual blocks on encoded columns, with attention over the history where there is one."""

    target: Literal["hallmark.systems.table.network.Detector"] = setting(
        "hallmark.systems.table.network.Detector",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="units", meaning="of every layer; with a history, a multiple of the four heads")
    depth: int = setting(ge=1, meaning="residual blocks of the head")
    bins: int = setting(ge=1, meaning="pieces of the piecewise linear encoding of every current column")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")


def across(parameters: Any) -> Iterator[Contradiction]:
    """Yield what contradicts between sections: a width that the heads of attention over a history
    can't share.
    """
    network = parameters.train.network
    if not isinstance(network, Network):
        return
    width = network.width
    if parameters.prepare.reading.history is not None and width % HEADS:
        yield Contradiction(
            "train.network.width",
            f"is {width}: with prepare.reading.history it must be a multiple of {HEADS}, the heads of attention",
        )
