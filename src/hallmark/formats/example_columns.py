"""Binding of columns: a raw table and the section `prepare.reading` into the columns of examples.

All that is wrong with a table is said at once: columns that it lacks, and in each column the first value that can't be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

import numpy as np
import pandas as pd

from hallmark.config.reading import Band, Columns, Group, Reading
from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError
from hallmark.formats import identities
from hallmark.formats.bands import name_bands
from hallmark.formats.tables import Table

SPLITS = ("train", "validation", "test")  # that raw data can publish
_SECTION = "prepare.reading"
_LISTED = 30  # columns that a sentence lists


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
    raw = _Rows(table, np.arange(len(table.frame)) if rows is None else rows)
    examples = _Gathered()

    if roles.id:
        examples.add("id", _ids, raw, roles.id)
    else:
        examples.columns["id"] = ids
    if entities is not None:
        examples.columns["entity"] = entities
    elif roles.entity:
        examples.add("entity", _entities, raw, roles.entity)
    else:
        examples.columns["entity"] = examples.columns.get("id", ids)
    if roles.time:
        examples.add("time", _dates if dates else _seconds, raw, roles.time)
    if roles.split:
        examples.add("split", _published_splits, raw, roles.split)
    if roles.label:
        examples.add("label", _labels, raw, roles.label, getattr(reading, "labels", {}))

    _add_groups(examples, raw, reading, descriptors)
    for name, numbers in ({} if descriptors is None else descriptors).items():
        examples.columns[f"{DESCRIPTOR}{name}"] = numbers.to_numpy()
    for name in reading.descriptors:
        examples.add(DESCRIPTOR + name, _raw_descriptor, raw, name)
    return examples.frame(len(raw.places))


def bind_groups(table: Table, reading: Reading, *, rows: np.ndarray) -> pd.DataFrame:
    """Return group.* and descriptor.* of the `rows` of a table, as `bind` makes them."""
    raw = _Rows(table, rows)
    examples = _Gathered()
    _add_groups(examples, raw, reading, None)
    for name in reading.descriptors:
        examples.add(DESCRIPTOR + name, _raw_descriptor, raw, name)
    return examples.frame(len(rows))


def require_columns(table: Table, named: Mapping[str, str | None]) -> None:
    """Raise `InputError` with every column that the table lacks; `named` has them by the key that names each."""
    lacking = [
        describe_missing_column(table, name, key) for key, name in named.items() if name and name not in table.frame
    ]
    if lacking:
        raise InputError("; ".join(lacking))


def describe_missing_column(table: Table, name: str, key: str) -> str:
    """Return the sentence on a column that the table lacks: the key that names it, the nearest one, and all it has."""
    columns = list(map(str, table.frame.columns))
    nearest = get_close_matches(name, columns, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"{table.file} has no column {name!r}, which {key} names{hint}; it has {columns[:_LISTED]}"


@dataclass(frozen=True)
class _Rows:
    """The rows of a raw table that become examples, in their order."""

    table: Table
    places: np.ndarray

    def column(self, name: str, key: str) -> str:
        """Return the name of a column. Raises `InputError` where the table lacks it; `key` is what names it."""
        if name not in self.table.frame:
            raise InputError(describe_missing_column(self.table, name, key))
        return name

    def of_role(self, role: str, name: str) -> str:
        """Return the name of a column that has a role. Raises `InputError` where the table lacks it."""
        return self.column(name, f"{_SECTION}.columns.{role}")


class _Gathered:
    """Columns of examples that are made one by one. What is wrong with any of them is said once all are tried."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self._mistakes: list[str] = []

    def add(self, name: str, make: Callable[..., Any], *arguments: Any) -> None:
        try:
            self.columns[name] = make(*arguments)
        except InputError as mistake:
            self._mistakes.append(str(mistake))

    def frame(self, rows: int) -> pd.DataFrame:
        """Return the columns as a table. Raises `InputError` with all mistakes."""
        if self._mistakes:
            raise InputError("; ".join(dict.fromkeys(self._mistakes)))
        return pd.DataFrame(self.columns, index=range(rows))


def _ids(raw: _Rows, column: str) -> np.ndarray:
    return np.asarray(raw.table.unique_identities(raw.of_role("id", column))[raw.places])


def _entities(raw: _Rows, column: str) -> np.ndarray:
    return np.asarray(raw.table.identities(raw.of_role("entity", column))[raw.places])


def _seconds(raw: _Rows, column: str) -> np.ndarray:
    return np.asarray(raw.table.seconds(raw.of_role("time", column))[raw.places])


def _dates(raw: _Rows, column: str) -> "pd.Series[Any]":
    times = raw.table.times(raw.of_role("time", column), missing=True)
    return times.iloc[raw.places].reset_index(drop=True)


def _published_splits(raw: _Rows, column: str) -> np.ndarray:
    splits = raw.table.texts(raw.of_role("split", column))
    raw.table.refuse(column, ~np.isin(splits.astype(str), SPLITS), f"is none of {', '.join(SPLITS)}")
    return np.asarray(splits[raw.places])


def _labels(raw: _Rows, column: str, names: Mapping[str, str]) -> np.ndarray:
    labels = raw.table.renamed_values(raw.of_role("label", column), names, f"{_SECTION}.labels")
    return np.asarray(labels[raw.places])


def _raw_descriptor(raw: _Rows, column: str) -> np.ndarray:
    numbers = raw.table.numbers(raw.column(column, f"{_SECTION}.descriptors"))
    return np.asarray(numbers[raw.places])


def _add_groups(examples: _Gathered, raw: _Rows, reading: Reading, descriptors: pd.DataFrame | None) -> None:
    for name, group in reading.groups.items():
        examples.add(GROUP + name, _named_group, raw, name, group)
    for name, band in reading.bands.items():
        examples.add(GROUP + name, _banded_group, raw, name, band, descriptors)


def _named_group(raw: _Rows, name: str, group: Group) -> np.ndarray:
    key = f"{_SECTION}.groups.{name}"
    column = raw.column(group.column or name, key)
    return np.asarray(raw.table.named_groups(column, group.names, f"{key}.names")[raw.places])


def _banded_group(raw: _Rows, name: str, band: Band, descriptors: pd.DataFrame | None) -> np.ndarray:
    key = f"{_SECTION}.bands.{name}"
    numbers = _numbers_to_band(raw, band.column or name, key, descriptors)
    return name_bands(numbers, band.edges, key, band.names or None)


def _numbers_to_band(raw: _Rows, name: str, key: str, descriptors: pd.DataFrame | None) -> np.ndarray:
    """Return the numbers (n,) of a raw column, NaN where a cell is empty, or those of a computed descriptor.

    Raises `InputError` where there is neither, and where both have the name, and other numbers.
    """
    descriptor = None
    if descriptors is not None and name in descriptors:
        descriptor = descriptors[name].to_numpy(float)
    if name not in raw.table.frame:
        if descriptor is not None:
            return descriptor
        names = [] if descriptors is None else list(map(str, descriptors.columns))
        hint = f", and no descriptor of that name is computed, of {', '.join(names)}" if names else ""
        raise InputError(f"{describe_missing_column(raw.table, name, key)}{hint}")

    numbers = np.asarray(_numbers_or_missing(raw.table, name)[raw.places])
    if descriptor is not None and not np.array_equal(numbers, descriptor, equal_nan=True):
        raise InputError(
            f"{key} names {name!r}, which is a column of {raw.table.file}, and a descriptor that is computed of each "
            "example: rename the column, so that one is meant"
        )
    return numbers


def _numbers_or_missing(table: Table, name: str) -> np.ndarray:
    """Return a column of numbers (n,), NaN where a cell is empty or blank."""
    raw = table.frame[name]
    if raw.dtype.kind in "iufb":
        return table.numbers(name, missing=True)
    known = raw.astype(object).where(~identities.is_blank(raw), None)
    return Table(known.to_frame(), table.file).numbers(name, missing=True)
