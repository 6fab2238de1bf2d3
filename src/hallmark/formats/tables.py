"""Raw tables and their columns, checked: every fault is one sentence that names file, column, value and row."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities, npz, parquet, text_tables, times
from hallmark.formats.folders import RawFolder, is_inside
from hallmark.formats.notes import note

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Table:
    """A raw table and the file that it came from.

    Rows are counted from 1 in messages, without the header. The frame's index is the rows' place in the file, so that a
    table with some of its rows still names the right one.
    """

    frame: pd.DataFrame
    file: Path
    _noted: set[str] = field(default_factory=set, compare=False, repr=False)  # columns that the log speaks of

    def column(self, name: str) -> "pd.Series[Any]":
        """Return a column. Raises `InputError` where there is none of that name."""
        if name not in self.frame:
            raise InputError(f"{self.file} has no column {name!r}; it has {list(self.frame.columns)[:30]}")
        return self.frame[name]

    def numbers(self, name: str, *, missing: bool = False) -> np.ndarray:
        """Return a column as finite floats (n,); with `missing`, an empty cell is NaN instead of refused."""
        raw = self.column(name)
        empty = raw.isna().to_numpy()
        self.refuse(name, empty & (not missing), "has no value")
        self.refuse(name, _is_a_time(raw) & ~empty, "is a time, and no number")
        values = pd.to_numeric(raw, errors="coerce").to_numpy(float, na_value=np.nan)
        self.refuse(name, ~np.isfinite(values) & ~empty, "is no finite number")
        self.refuse(name, np.abs(values) > _LARGEST, "is larger than any number that is read, 3.4e38")
        return values

    def times(self, name: str, *, missing: bool = False) -> "pd.Series[Any]":
        """Return a column of times as `times.parse` does; with `missing`, an empty cell is not refused."""
        raw = self.column(name)
        self._require_text(name, raw)
        self.refuse(name, identities.is_blank(raw) & (not missing), "has no value")
        return times.parse(raw, lambda bad, fault: self.refuse(name, bad, fault))

    def seconds(self, name: str) -> np.ndarray:
        """Return a column of seconds, or of dates as seconds since 1970 (UTC), as floats (n,)."""
        return times.seconds(self.times(name))

    def texts(self, name: str) -> np.ndarray:
        """Return a column as strings (n,), none of them missing."""
        raw = self.column(name)
        self._require_text(name, raw)
        self.refuse(name, raw.isna().to_numpy(bool), "has no value")
        self.refuse(name, identities.is_blank(raw), "is blank")
        return raw.astype(str).to_numpy(object)

    def categories(self, name: str, declared: Sequence[str] | None = None, key: str = "") -> np.ndarray:
        """Return a column as strings (n,), as `identities.names_of` makes them; what reads like one
        of the `declared` values, which stand under `key` in the configuration, is written as there.

        The log names values that are not declared. Raises `InputError` on an empty or blank cell, and where no value of
        the column is declared.
        """
        raw = self.column(name)
        self._require_text(name, raw)
        self.refuse(name, raw.isna().to_numpy(bool), "has no value")
        self.refuse(name, identities.is_blank(raw), "is blank")
        names = identities.names_of(raw)
        if declared is None:
            return names

        spelled = {form: value for value in declared for form in identities.spellings(value)}
        spelled |= {value: value for value in declared}  # what is written exactly so counts
        written = pd.Series(names).map(spelled)
        undeclared = written.isna().to_numpy()
        if undeclared.all():
            self.refuse(name, undeclared, f"is none of the values that {key} names: {list(declared)}")
        self._note_undeclared(name, names[undeclared], key)
        return np.where(undeclared, names, written.to_numpy(object))

    def _note_undeclared(self, name: str, names: np.ndarray, key: str) -> None:
        if len(names) and name not in self._noted:
            self._noted.add(name)
            distinct = pd.unique(names)
            shown = ", ".join(repr(str(value)) for value in distinct[:5]) + (" …" if len(distinct) > 5 else "")
            note(
                f"{self.file}, column {name!r}: {len(names)} of {len(self.frame)} rows hold values that {key} doesn't "
                f"name ({shown}), and so count as none of them"
            )

    def identities(self, name: str) -> np.ndarray:
        """Return a column as strings (n,) that each name somebody or something: a card, a patient, an item.

        Names are equal where people read the same (see `identities.entities_of`). Raises `InputError` on a cell that is
        empty or blank, or says that there is no value (NULL, guest, nan, -1 among numbers …), on true and false, on a
        whole number in two forms, and on a number that may be rounded. The log says which names look alike.
        """
        raw = self.column(name)
        self._require_text(name, raw)
        cure = "rows without a name would count as one and the same: give each its own, or leave these rows out"
        self.refuse(name, (raw.isna() | (raw.astype(object) == "")).to_numpy(bool), f"has no value, and {cure}")
        self.refuse(name, identities.names_nothing(raw), f"names nobody, and {cure}")
        self.refuse(name, identities.is_flag(raw), "is true or false, which names nobody")
        fault = "is a number that may be rounded, so that two names became one: write all digits of a name"
        self.refuse(name, identities.is_inexact(raw), fault)
        names = identities.entities_of(raw)
        fault = f"is below 0, as what stands for none is, where all others are numbers from 0 on, and {cure}"
        self.refuse(name, identities.stands_for_none(names), fault)
        self._require_one_form(name, names)
        return names

    def _require_one_form(self, name: str, names: np.ndarray) -> None:
        """Raise `InputError` where a whole number is written in two forms; say in the log which names look alike."""
        same_number, alike = identities.twins(names)
        if same_number:
            fault = "is a number that also stands there in another form, as 1.0 and 1: write it in one, since it counts"
            self.refuse(name, pd.Series(names).isin(same_number).to_numpy(), f"{fault} as two")
        if alike and name not in self._noted:
            self._noted.add(name)
            one, other = next(iter(alike.items()))
            more = f"; {len(alike) - 1} more are like that" if len(alike) > 1 else ""
            note(
                f"{self.file}, column {name!r}: {other!r} and {one!r} count as two, though they differ in capital "
                f"letters, spaces, quotes, leading zeros or characters that show nothing alone{more}"
            )

    def _require_text(self, name: str, raw: "pd.Series[Any]") -> None:
        """Raise `InputError` on a cell that is no single value, or bytes, or text with a NUL character."""
        if raw.dtype == object and not identities.is_plain(raw):
            several = (bytes, list, tuple, set, dict, np.ndarray)
            self.refuse(name, np.array([isinstance(cell, several) for cell in raw], bool), "is no single value of text")
        self.refuse(name, identities.has_nul(raw), "holds a NUL character: the file is damaged")

    def files(self, name: str, folder: RawFolder) -> list[tuple[str, Path]]:
        """Return the files of the raw folder that a column names, (n,) pairs of name and path; they count as read.

        Raises `InputError` on a cell that is empty, on a path that leads outside the folder or to no file, and on a
        file that is listed twice, however its path is written.
        """
        paths = self.identities(name)
        written = self.texts(name)
        paths = np.where([path in folder.files for path in written], written, paths)  # blanks may be a part of it
        outside = np.array([path not in folder.files and not is_inside(path) for path in paths], bool)
        self.refuse(name, outside, "lies outside the raw folder")
        places = pd.Series([PurePosixPath(path).as_posix() for path in paths], dtype=object)
        missing = ~places.isin(folder.files.keys()).to_numpy()
        self.refuse(name, missing, f"is missing: there is no such file in {folder.root}")
        self.refuse(name, places.duplicated().to_numpy(), "is listed a second time: list each file once")
        return [(path, folder.file(path)) for path in paths]

    def unique(self, name: str) -> np.ndarray:
        """Return a column as strings (n,) that all name something (see `identities`), and are all different."""
        names = self.identities(name)
        self.refuse(name, pd.Series(names).duplicated().to_numpy(), "stands there twice")
        return names

    def named(self, name: str, names: Mapping[str, str], key: str) -> np.ndarray:
        """Return a column (n,) with each value replaced by its name in `names`, which stands under `key` in the
        configuration.
        """
        mapped = pd.Series(self.texts(name)).map(dict(names))
        self.refuse(name, mapped.isna().to_numpy(), f"is none of the values that {key} names: {list(names)}")
        return mapped.to_numpy(object)

    def named_groups(self, name: str, names: Mapping[str, str], key: str) -> np.ndarray:
        """Return a column as groups (n,), with their names in `names` (nothing: names as they are); an empty or blank
        cell is "unknown".
        """
        raw = self.column(name)
        self._require_text(name, raw)
        if not names:
            groups = identities.groups_of(raw)
            self._require_one_form(name, groups)
            return groups
        blank = identities.is_blank(raw)
        mapped = raw.astype(str).map(dict(names))
        self.refuse(name, mapped.isna().to_numpy() & ~blank, f"is none of the values that {key} names: {list(names)}")
        return np.where(blank, identities.UNKNOWN, mapped.to_numpy(object)).astype(object)

    def refuse(self, name: str, bad: np.ndarray, fault: str) -> None:
        """Raise `InputError` that names the first row where `bad` (n,) holds, and how many more there are."""
        if bad.any():
            positions = np.flatnonzero(bad)
            position = int(positions[0])
            row, value = int(self.frame.index[position]), self.frame[name].iloc[position]
            empty = np.ndim(value) == 0 and (pd.isna(value) or value == "")
            shown = "the empty cell" if empty else f"the value {str(value)[:80]!r}"
            more = f" (and {len(positions) - 1} more rows)" if len(positions) > 1 else ""
            raise InputError(f"{self.file}, column {name!r}, row {row + 1}: {shown} {fault}{more}")


def load(
    folder: RawFolder,
    file: str,
    *,
    separator: str = ",",
    encoding: str = "utf-8",
    columns: Sequence[str] = (),
    key: str = "the configuration",
) -> Table:
    """Read a Parquet or npz file of the raw folder, or a text file with `separator` (of any length) between its cells.

    The cells of a text file stay text until a column is asked for as something else; a matrix `name` of an npz file
    becomes the columns `name.0`, `name.1` … `columns` names the columns of a text file that has no header line, and
    `key` says in messages who names the file. Raises `InputError` on anything unreadable, see the modules `parquet`,
    `npz` and `text_tables`.
    """
    path = folder.file(file, key)
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            frame = parquet.read(path)
        elif suffix == ".npz":
            frame = npz.read(path)
        else:
            frame = text_tables.read(path, separator=separator, encoding=encoding, columns=columns)
    except InputError:
        raise
    except (ValueError, LookupError, OSError) as error:  # pandas' and Arrow's errors are ValueErrors
        raise InputError(
            f"{path} cannot be read as {suffix[1:] or 'text'}: {' '.join(str(error).split())[:200]}"
        ) from error
    if frame.empty:
        raise InputError(f"{path} is empty: it has no rows")
    return Table(frame, path)


def _is_a_time(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is a date, a time or a span of time (n,), which pandas would turn into nanoseconds."""
    if raw.dtype.kind in "mM":
        return np.ones(len(raw), bool)
    if raw.dtype != object or identities.is_plain(raw):
        return np.zeros(len(raw), bool)
    kinds = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
    return np.array([isinstance(cell, kinds) for cell in raw], bool)


def join(table: Table, folder: RawFolder, *, file: str, key: str) -> Table:
    """Join the columns of another file of the raw folder by `key`, which must be unique there and known for
    every row.
    """
    other = load(folder, file)
    keys = pd.Index(other.unique(key))
    rows = keys.get_indexer(pd.Index(table.identities(key)))
    table.refuse(key, rows < 0, f"is not in {other.file}")
    extra = other.frame.drop(columns=key)
    clash = [column for column in extra if column in table.frame]
    if clash:
        raise InputError(f"{other.file} and {table.file} both have a column {str(clash[0])!r}: rename one of them")
    return Table(table.frame.join(extra.iloc[rows].set_index(table.frame.index)), table.file)


def banded(values: np.ndarray, edges: Sequence[float], key: str, names: Sequence[str] | None = None) -> np.ndarray:
    """Return the name of each value's band (n,); a value on an edge belongs above it, NaN is "unknown".

    Without `names`, the bands are called by their edges. Raises `InputError` with the configuration's `key` where these
    make no bands.
    """
    if not edges or list(edges) != sorted(set(edges)):
        raise InputError(f"{key}.edges is {list(edges)}: name edges in ascending order")
    if names is not None and len(names) != len(edges) + 1:
        raise InputError(f"{key} needs one more name than edges: it has {list(edges)} and {list(names)}")
    bands = np.array(band_names(edges) if names is None else names, dtype=object)
    return np.where(np.isnan(values), "unknown", bands[np.searchsorted(np.asarray(edges), values, side="right")])


def groups(
    table: Table, named: Mapping[str, Mapping[str, str]], bands: Mapping[str, Mapping[str, Sequence[float]]], key: str
) -> dict[str, np.ndarray]:
    """Return groups (n,) by name, of columns of the table with the same name: `named` says what each raw value is
    called (nothing: names as they are), `bands` has the ascending inner `edges` of a number. `key` is where both stand.
    An empty cell is "unknown".

    Raises `InputError` on a name that stands under both.
    """
    twice = sorted(set(named) & set(bands))
    if twice:
        raise InputError(f"the group {twice[0]!r} stands under both {key}.groups and {key}.bands")
    found = {name: table.named_groups(name, names, f"{key}.groups.{name}") for name, names in named.items()}
    for name, band in bands.items():
        found[name] = banded(table.numbers(name, missing=True), band["edges"], f"{key}.bands.{name}")
    return found


def band_names(edges: Sequence[float]) -> list[str]:
    """Name the bands between inner edges: [30, 60] → under 30, 30 to under 60, 60 and over."""
    between = [f"{low:g} to under {high:g}" for low, high in pairwise(edges)]
    return [f"under {edges[0]:g}", *between, f"{edges[-1]:g} and over"]
