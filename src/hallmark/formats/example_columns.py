"""Columns of examples: made of a raw table, as the section `prepare.reading` says which column is what.

All mistakes of a table are reported at once: each column that it lacks, and the first invalid value
of each column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd

from hallmark.config.reading_keys import Band, Columns, Group, Reading
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
    own: Mapping[str, np.ndarray] | None = None,
    descriptors: pd.DataFrame | None = None,
    numeric_inputs: Mapping[str, str] | None = None,
    rows: np.ndarray | None = None,
    dates: bool = False,
) -> pd.DataFrame:
    """Return the columns of n examples: id, entity, time, split, label, group.*, descriptor.*, in order.

    A raw column with a role comes first, then the reading's `own` column. A column with neither is
    left out, except id and entity; the entity is then the id. Times are float seconds; with `dates`
    they are dates without an offset, and may be missing.

    ids: The names of the examples (n,), where no column has the role id.
    roles: The roles of the raw columns; None: those of `reading.columns`.
    own: Columns (n,) that the reading makes itself, by their names in the examples: entity, time,
        split, label, group.*.
    descriptors: Computed descriptors, a column for each and a row for each example.
    numeric_inputs: Raw columns of numbers that the network reads, by the configuration's key that
        names each. They are descriptors, too, NaN where a cell is empty.
    rows: Row numbers of the table that become examples, in this order (n,); None: all.

    Raises `InputError` with all mistakes of the table. A group of the configuration with the name
    of one of the reading's own is one, and so is a raw descriptor with the name of a computed one,
    but other numbers, unless `reading.replaced_descriptors` has it.
    """
    roles = roles or Roles.of(reading.columns)
    raw = _RawRows(table, np.arange(len(table.frame)) if rows is None else rows)
    own = own or {}
    examples = _ColumnCollector()

    makers: dict[str, Callable[..., Any]] = {
        "id": _ids,
        "entity": _entities,
        "time": _dates if dates else _seconds,
        "split": _published_splits,
        "label": partial(_labels, names=getattr(reading, "labels", {})),
    }
    own_roles = {"id": ids, **own}
    for role, make in makers.items():
        column = getattr(roles, role)
        if column:
            examples.add(role, make, raw, column)
        elif role in own_roles:
            examples.columns[role] = own_roles[role]
        elif role == "entity":
            examples.columns["entity"] = examples.columns.get("id", ids)

    _add_groups(examples, raw, reading, own, descriptors)
    _add_descriptors(examples, raw, reading, descriptors, numeric_inputs or {})
    return examples.frame(len(raw.rows))


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

    def add_own(self, name: str, groups: np.ndarray) -> None:
        """Add a group that the reading makes itself, or the mistake of a configured one of its name."""
        group = name.removeprefix(GROUP)
        if name in self.columns:
            self._mistakes.append(
                f"{_SECTION}.groups or {_SECTION}.bands names {group!r}, a group that is made anyway: give yours "
                "another name"
            )
        self.columns[name] = groups

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


def _add_groups(
    examples: _ColumnCollector,
    raw: _RawRows,
    reading: Reading,
    own: Mapping[str, np.ndarray],
    descriptors: pd.DataFrame | None,
) -> None:
    """Add the groups and bands of the configuration, then the reading's own groups."""
    for name, group in reading.groups.items():
        examples.add(GROUP + name, _named_group, raw, name, group)
    for name, band in reading.bands.items():
        examples.add(GROUP + name, _banded_group, raw, name, band, descriptors)
    for column, groups in own.items():
        if column.startswith(GROUP):
            examples.add_own(column, groups)


def _add_descriptors(
    examples: _ColumnCollector,
    raw: _RawRows,
    reading: Reading,
    descriptors: pd.DataFrame | None,
    numeric_inputs: Mapping[str, str],
) -> None:
    """Add the computed descriptors, those that the configuration names, and the numeric inputs."""
    if descriptors is not None:
        for name, numbers in descriptors.items():
            examples.columns[f"{DESCRIPTOR}{name}"] = numbers.to_numpy()
    for name in reading.descriptors:
        is_replaced = name in reading.replaced_descriptors
        examples.add(DESCRIPTOR + name, _raw_descriptor, raw, name, None if is_replaced else descriptors)
    for key, name in numeric_inputs.items():
        examples.add(DESCRIPTOR + name, _numeric_input, raw, name, key, descriptors)


def _raw_descriptor(raw: _RawRows, name: str, descriptors: pd.DataFrame | None) -> np.ndarray:
    key = f"{_SECTION}.descriptors"
    numbers = np.asarray(raw.table.numbers(raw.require(name, key))[raw.rows])
    cure = f", or name it in {_SECTION}.replaced_descriptors, too, to take the column"
    _require_one_meaning(raw, numbers, name, key, descriptors, cure)
    return numbers


def _numeric_input(raw: _RawRows, name: str, key: str, descriptors: pd.DataFrame | None) -> np.ndarray:
    numbers = np.asarray(raw.table.numbers(raw.require(name, key), missing=True)[raw.rows])
    _require_one_meaning(raw, numbers, name, key, descriptors)
    return numbers


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
    if name not in raw.table.frame:
        if descriptors is not None and name in descriptors:
            return descriptors[name].to_numpy(float)
        names = [] if descriptors is None else list(map(str, descriptors.columns))
        hint = f", and no descriptor of that name is computed, of {', '.join(names)}" if names else ""
        raise InputError(f"{describe_missing_column(raw.table, name, key)}{hint}")

    numbers = np.asarray(_numbers_or_missing(raw.table, name)[raw.rows])
    _require_one_meaning(raw, numbers, name, key, descriptors)
    return numbers


def _require_one_meaning(
    raw: _RawRows, numbers: np.ndarray, name: str, key: str, descriptors: pd.DataFrame | None, cure: str = ""
) -> None:
    """Raise `InputError` where a computed descriptor has the `name`, but other `numbers` (n,) than the column.

    `cure` ends the sentence, behind the usual one.
    """
    if descriptors is None or name not in descriptors:
        return
    if not np.array_equal(numbers, descriptors[name].to_numpy(float), equal_nan=True):
        raise InputError(
            f"{key} names {name!r}, which is a column of {raw.table.file}, and a descriptor that is computed of each "
            f"example: rename the column, so that one is meant{cure}"
        )


def _numbers_or_missing(table: Table, name: str) -> np.ndarray:
    """Return a column of numbers (n,), NaN where a cell is empty or blank."""
    raw = table.frame[name]
    if raw.dtype.kind in "iufb":
        return table.numbers(name, missing=True)
    without_blanks = raw.astype(object).where(~identities.is_blank(raw), None)
    return Table(without_blanks.to_frame(), table.file).numbers(name, missing=True)
