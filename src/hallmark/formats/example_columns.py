"""Columns of examples: made of a raw table, as the section `prepare.reading` says which column is what.

All mistakes of a table are reported at once: each column that it lacks, and the first invalid value
of each column.
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

SPLITS = ("train", "validation", "test")  # values of a column with the role split
_SECTION = "prepare.reading"
_N_SHOWN = 30  # columns that a message names


@dataclass(frozen=True)
class Roles:
    """The name of the raw column that has each role; None where no column has it."""

    id: str | None = None
    entity: str | None = None
    time: str | None = None
    split: str | None = None
    label: str | None = None

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """Return the roles by the section `prepare.reading.columns`."""
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
    """Return the columns of n examples: id, entity, time, split, label, group.*, descriptor.*, in order.

    A column without a role is left out, except id and entity; the entity is then the id. Times are
    float seconds; with `dates` they are dates without an offset, and may be missing.

    ids: The names of the examples (n,), where no column has the role id.
    roles: The roles of the raw columns; None: those of `reading.columns`.
    entities: The entity of each example (n,), where it is no column.
    descriptors: Computed descriptors, a column for each and a row for each example.
    rows: Row numbers of the table that become examples, in this order (n,); None: all.

    Raises `InputError` with all mistakes of the table.
    """
    roles = roles or Roles.of(reading.columns)
    raw = _RawRows(table, np.arange(len(table.frame)) if rows is None else rows)
    examples = _ColumnCollector()

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
    if descriptors is not None:
        for name, numbers in descriptors.items():
            examples.columns[f"{DESCRIPTOR}{name}"] = numbers.to_numpy()
    for name in reading.descriptors:
        examples.add(DESCRIPTOR + name, _raw_descriptor, raw, name)
    return examples.frame(len(raw.rows))


def bind_groups(table: Table, reading: Reading, *, rows: np.ndarray) -> pd.DataFrame:
    """Return group.* and descriptor.* of the row numbers `rows` (n,) of a table, as `bind` makes them."""
    raw = _RawRows(table, rows)
    examples = _ColumnCollector()
    _add_groups(examples, raw, reading, None)
    for name in reading.descriptors:
        examples.add(DESCRIPTOR + name, _raw_descriptor, raw, name)
    return examples.frame(len(rows))


def require_columns(table: Table, named: Mapping[str, str | None]) -> None:
    """Raise `InputError` with every column of `named` that the table lacks.

    `named` holds column names by the configuration's key that names each, None where a key names
    none.
    """
    mistakes = []
    for key, name in named.items():
        if name and name not in table.frame:
            mistakes.append(describe_missing_column(table, name, key))
    if mistakes:
        raise InputError("; ".join(mistakes))


def describe_missing_column(table: Table, name: str, key: str) -> str:
    """Return the sentence on a column that the table lacks, with the nearest name and those it has.

    `key` is the configuration's key that names the column.
    """
    columns = list(map(str, table.frame.columns))
    nearest = get_close_matches(name, columns, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"{table.file} has no column {name!r}, which {key} names{hint}; it has {columns[:_N_SHOWN]}"


@dataclass(frozen=True)
class _RawRows:
    """The rows of a raw table that become examples: row numbers (n,) in the examples' order."""

    table: Table
    rows: np.ndarray

    def require(self, name: str, key: str) -> str:
        """Return the name of a column, which `key` names. Raises `InputError` where the table lacks it."""
        if name not in self.table.frame:
            raise InputError(describe_missing_column(self.table, name, key))
        return name

    def require_role(self, role: str, name: str) -> str:
        """Return the name of a column that has a role. Raises `InputError` where the table lacks it."""
        return self.require(name, f"{_SECTION}.columns.{role}")


class _ColumnCollector:
    """Columns of examples, made one by one; mistakes are raised together at the end."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self._mistakes: list[str] = []

    def add(self, name: str, make: Callable[..., Any], *arguments: Any) -> None:
        """Add the column that `make` returns for the arguments, or the mistake that it raises."""
        try:
            self.columns[name] = make(*arguments)
        except InputError as mistake:
            self._mistakes.append(str(mistake))

    def frame(self, rows: int) -> pd.DataFrame:
        """Return the columns as a table of so many rows. Raises `InputError` with all mistakes."""
        if self._mistakes:
            raise InputError("; ".join(dict.fromkeys(self._mistakes)))
        return pd.DataFrame(self.columns, index=range(rows))


def _ids(raw: _RawRows, column: str) -> np.ndarray:
    return np.asarray(raw.table.unique_identities(raw.require_role("id", column))[raw.rows])


def _entities(raw: _RawRows, column: str) -> np.ndarray:
    return np.asarray(raw.table.identities(raw.require_role("entity", column))[raw.rows])


def _seconds(raw: _RawRows, column: str) -> np.ndarray:
    return np.asarray(raw.table.seconds(raw.require_role("time", column))[raw.rows])


def _dates(raw: _RawRows, column: str) -> "pd.Series[Any]":
    times = raw.table.times(raw.require_role("time", column), missing=True)
    return times.iloc[raw.rows].reset_index(drop=True)


def _published_splits(raw: _RawRows, column: str) -> np.ndarray:
    splits = raw.table.texts(raw.require_role("split", column))
    raw.table.refuse(column, ~np.isin(splits.astype(str), SPLITS), f"is none of {', '.join(SPLITS)}")
    return np.asarray(splits[raw.rows])


def _labels(raw: _RawRows, column: str, names: Mapping[str, str]) -> np.ndarray:
    labels = raw.table.renamed_values(raw.require_role("label", column), names, f"{_SECTION}.labels")
    return np.asarray(labels[raw.rows])


def _raw_descriptor(raw: _RawRows, column: str) -> np.ndarray:
    numbers = raw.table.numbers(raw.require(column, f"{_SECTION}.descriptors"))
    return np.asarray(numbers[raw.rows])


def _add_groups(examples: _ColumnCollector, raw: _RawRows, reading: Reading, descriptors: pd.DataFrame | None) -> None:
    for name, group in reading.groups.items():
        examples.add(GROUP + name, _named_group, raw, name, group)
    for name, band in reading.bands.items():
        examples.add(GROUP + name, _banded_group, raw, name, band, descriptors)


def _named_group(raw: _RawRows, name: str, group: Group) -> np.ndarray:
    key = f"{_SECTION}.groups.{name}"
    column = raw.require(group.column or name, key)
    return np.asarray(raw.table.named_groups(column, group.names, f"{key}.names")[raw.rows])


def _banded_group(raw: _RawRows, name: str, band: Band, descriptors: pd.DataFrame | None) -> np.ndarray:
    key = f"{_SECTION}.bands.{name}"
    numbers = _numbers_to_band(raw, band.column or name, key, descriptors)
    return name_bands(numbers, band.edges, key, band.names or None)


def _numbers_to_band(raw: _RawRows, name: str, key: str, descriptors: pd.DataFrame | None) -> np.ndarray:
    """Return the numbers (n,) of a raw column, NaN where a cell is empty, or of a computed descriptor.

    Raises `InputError` where neither has the `name`, and where both have it but differ in numbers.
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

    numbers = np.asarray(_numbers_or_missing(raw.table, name)[raw.rows])
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
    without_blanks = raw.astype(object).where(~identities.is_blank(raw), None)
    return Table(without_blanks.to_frame(), table.file).numbers(name, missing=True)
