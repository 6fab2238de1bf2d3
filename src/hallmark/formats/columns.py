"""Binding of columns: a raw table and the section `prepare.reading` into the columns of examples.

All that is wrong with a table is said at once: columns that it lacks, and in each column the first value that can't be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd

from hallmark.config.reading import Band, Columns, Group, Reading
from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError
from hallmark.formats import identities
from hallmark.formats.tables import Table, banded

SPLITS = ("train", "validation", "test")  # that raw data can publish
_SECTION = "prepare.reading"
_LISTED = 30  # columns that a sentence lists

Bind = Callable[[], Any]


@dataclass(frozen=True)
class Roles:
    """Which raw column has which role; None where there is none."""

    id: str | None = None
    entity: str | None = None
    time: str | None = None
    split: str | None = None
    label: str | None = None

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """Return the roles that the section `prepare.reading.columns` names."""
        return cls(**{role: columns.named(role) for role in cls.__dataclass_fields__})


def bind(
    table: Table,
    reading: Reading,
    *,
    ids: np.ndarray,
    roles: Roles | None = None,
    entities: np.ndarray | None = None,
    descriptors: pd.DataFrame | None = None,
    rows: np.ndarray | None = None,
    dates: bool = False,
) -> pd.DataFrame:
    """Return the columns of the examples, in this order: id, entity, time, split, label, group.*, descriptor.*

    `rows` are the rows of the table that become examples, in their order (all, where it is None); `ids` (n,) name the
    examples where no column does, `entities` (n,) say the entity of each where it is no column, and `descriptors` are
    computed, all of them a row for each example. `roles` are those of `reading.columns`, where they are not given.
    Times are seconds; with `dates` they stay dates, and may be missing.

    Raises `InputError` with everything that is wrong with the table.
    """
    roles = roles or Roles.of(reading.columns)
    taken = np.arange(len(table.frame)) if rows is None else rows

    def column(role: str, make: Callable[[str], Any]) -> Bind:
        name = getattr(roles, role)
        return lambda: _taken(make(_known(table, name, f"{_SECTION}.columns.{role}")), taken)

    makers: dict[str, Bind] = {"id": column("id", table.unique) if roles.id else lambda: ids}
    if entities is not None:
        makers["entity"] = lambda: entities
    elif roles.entity:
        makers["entity"] = column("entity", table.identities)
    if roles.time:
        makers["time"] = column("time", (lambda name: table.times(name, missing=True)) if dates else table.seconds)
    if roles.split:
        makers["split"] = column("split", lambda name: _published_splits(table, name))
    if roles.label:
        labels: Mapping[str, str] = getattr(reading, "labels", {})
        makers["label"] = column("label", lambda name: table.named(name, labels, f"{_SECTION}.labels"))
    makers |= _group_makers(table, reading, descriptors, taken)
    makers |= _descriptor_makers(table, reading, descriptors, taken)

    bound = _make_all(makers)
    if "entity" not in bound:
        bound = {"id": bound["id"], "entity": bound["id"], **bound}
    return pd.DataFrame(bound)


def bind_groups(table: Table, reading: Reading, *, rows: np.ndarray) -> pd.DataFrame:
    """Return group.* and descriptor.* of the `rows` of a table, as `bind` makes them."""
    makers = _group_makers(table, reading, None, rows) | _descriptor_makers(table, reading, None, rows)
    return pd.DataFrame(_make_all(makers), index=range(len(rows)))


def require_columns(table: Table, named: Mapping[str, str | None]) -> None:
    """Raise `InputError` with every column that the table lacks; `named` has them by the key that names each."""
    lacking = [lacks(table, name, key) for key, name in named.items() if name and name not in table.frame]
    if lacking:
        raise InputError("; ".join(lacking))


def lacks(table: Table, name: str, key: str) -> str:
    """Return the sentence on a column that the table lacks: the key that names it, the nearest one, and all it has."""
    columns = list(map(str, table.frame.columns))
    nearest = get_close_matches(name, columns, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"{table.file} has no column {name!r}, which {key} names{hint}; it has {columns[:_LISTED]}"


def _make_all(makers: Mapping[str, Bind]) -> dict[str, np.ndarray]:
    """Return what each maker makes. Raises `InputError` with the sentences of all that can't."""
    made: dict[str, np.ndarray] = {}
    mistakes: list[str] = []
    for name, make in makers.items():
        try:
            made[name] = make()
        except InputError as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        raise InputError("; ".join(dict.fromkeys(mistakes)))
    return made


def _taken(values: Any, rows: np.ndarray) -> Any:
    return values.iloc[rows].reset_index(drop=True) if isinstance(values, pd.Series) else values[rows]


def _known(table: Table, name: str, key: str) -> str:
    if name not in table.frame:
        raise InputError(lacks(table, name, key))
    return name


def _published_splits(table: Table, name: str) -> np.ndarray:
    splits = table.texts(name)
    table.refuse(name, ~np.isin(splits.astype(str), SPLITS), f"is none of {', '.join(SPLITS)}")
    return splits


def _group_makers(table: Table, reading: Reading, computed: pd.DataFrame | None, rows: np.ndarray) -> dict[str, Bind]:
    """Return what makes each group (n,), of names and of bands of numbers."""

    def named(name: str, group: Group) -> np.ndarray:
        key = f"{_SECTION}.groups.{name}"
        column = _known(table, group.column or name, key)
        return np.asarray(table.named_groups(column, group.names, f"{key}.names")[rows])

    def in_bands(name: str, band: Band) -> np.ndarray:
        key = f"{_SECTION}.bands.{name}"
        numbers = _numbers_to_band(table, band.column or name, key, computed, rows)
        return banded(numbers, band.edges, key, band.names or None)

    makers: dict[str, Bind] = {GROUP + name: partial(named, name, group) for name, group in reading.groups.items()}
    return makers | {GROUP + name: partial(in_bands, name, band) for name, band in reading.bands.items()}


def _numbers_to_band(table: Table, name: str, key: str, computed: pd.DataFrame | None, rows: np.ndarray) -> np.ndarray:
    """Return the numbers (n,) of a raw column, NaN where a cell is empty, or those of a computed descriptor.

    Raises `InputError` where both have the name, and other numbers.
    """
    descriptor = computed[name].to_numpy(float) if computed is not None and name in computed else None
    if name not in table.frame:
        if descriptor is None:
            names = [] if computed is None else list(map(str, computed.columns))
            hint = f", and no descriptor of that name is computed, of {', '.join(names)}" if names else ""
            raise InputError(f"{lacks(table, name, key)}{hint}")
        return descriptor

    numbers = np.asarray(_numbers_or_missing(table, name)[rows])
    if descriptor is not None and not np.array_equal(numbers, descriptor, equal_nan=True):
        raise InputError(
            f"{key} names {name!r}, which is a column of {table.file}, and a descriptor that is computed of each "
            "example: rename the column, so that one is meant"
        )
    return numbers


def _descriptor_makers(
    table: Table, reading: Reading, computed: pd.DataFrame | None, rows: np.ndarray
) -> dict[str, Bind]:
    """Return what makes each descriptor (n,): the computed ones, and those that are raw columns."""

    def raw(name: str) -> np.ndarray:
        return np.asarray(table.numbers(_known(table, name, f"{_SECTION}.descriptors"))[rows])

    descriptors = pd.DataFrame() if computed is None else computed
    makers: dict[str, Bind] = {f"{DESCRIPTOR}{name}": values.to_numpy for name, values in descriptors.items()}
    return makers | {DESCRIPTOR + name: partial(raw, name) for name in reading.descriptors}


def _numbers_or_missing(table: Table, name: str) -> np.ndarray:
    """Return a column of numbers (n,), NaN where a cell is empty or blank."""
    raw = table.frame[name]
    if raw.dtype.kind in "iufb":
        return table.numbers(name, missing=True)
    known = raw.astype(object).where(~identities.is_blank(raw), None)
    return Table(known.to_frame(), table.file).numbers(name, missing=True)
