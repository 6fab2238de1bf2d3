"""Raw tables, whose columns are checked when they are read as numbers, times, names or labels.

Every fault is one sentence that names the file, the column, the row and the value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from hallmark.config import table_files
from hallmark.errors import InputError
from hallmark.formats import identities, npz, parquet, reader_registry, text_tables, times
from hallmark.formats.folders import RawFolder, is_inside
from hallmark.formats.notes import note
from hallmark.formats.reader_registry import reads

_LARGEST = float(np.finfo(np.float32).max)  # 3.4e38: networks take 32-bit floats
_N_SHOWN = 5  # values that a note names


@dataclass(frozen=True)
class Table:
    """A raw table and the file that it comes from.

    The frame's index is the rows' position in the file from 0, without the header, so that messages
    name the right row (counted from 1) even where the table has only some of the file's rows.
    """

    frame: pd.DataFrame
    file: Path
    # Columns with a note in the log.
    _noted: set[str] = field(default_factory=set, compare=False, repr=False)

    def column(self, name: str) -> "pd.Series[Any]":
        """Return a column. Raises `InputError` where there is none of that name."""
        if name not in self.frame:
            raise InputError(f"{self.file} has no column {name!r}; it has {list(self.frame.columns)[:30]}")
        return self.frame[name]

    def numbers(self, name: str, *, missing: bool = False) -> np.ndarray:
        """Return a column as finite floats (n,). An empty cell is refused or, with `missing`, NaN."""
        raw = self.column(name)
        is_empty = raw.isna().to_numpy()
        self.refuse(name, is_empty & (not missing), "has no value")
        self.refuse(name, times.is_time(raw) & ~is_empty, "is a time, and no number")

        values = pd.to_numeric(raw, errors="coerce").to_numpy(float, na_value=np.nan)
        self.refuse(name, ~np.isfinite(values) & ~is_empty, "is no finite number")
        self.refuse(name, np.abs(values) > _LARGEST, "is larger than any number that is read, 3.4e38")
        return values

    def times(self, name: str, *, missing: bool = False) -> "pd.Series[Any]":
        """Return a column of times (`times.parse_times`); with `missing`, a cell may be empty."""
        raw = self.column(name)
        self._require_text(name, raw)
        self.refuse(name, identities.is_blank(raw) & (not missing), "has no value")
        return times.parse_times(raw, refuse=lambda mask, fault: self.refuse(name, mask, fault))

    def seconds(self, name: str) -> np.ndarray:
        """Return a column of times as float seconds (n,); dates are seconds since 1970 (UTC)."""
        return times.to_seconds(self.times(name))

    def texts(self, name: str) -> np.ndarray:
        """Return a column as strings (n,). Raises `InputError` on an empty or blank cell."""
        return self._filled_column(name).astype(str).to_numpy(object)

    def categories(self, name: str, declared: Sequence[str] | None = None, key: str = "") -> np.ndarray:
        """Return a column as names (n,), see `identities.names_of`.

        A cell that reads like one of the `declared` values, which the configuration has under
        `key`, is spelled as it is declared. Values that are not declared are noted in the log, and
        stay.

        Raises `InputError` on an empty or blank cell, and where no value of the column is declared.
        """
        names = identities.names_of(self._filled_column(name))
        if declared is None:
            return names

        declared_by_spelling: dict[str, str] = {}
        for value in declared:
            declared_by_spelling |= dict.fromkeys(identities.spellings(value), value)
        # The exact spelling counts before others.
        declared_by_spelling |= {value: value for value in declared}
        matches = pd.Series(names).map(declared_by_spelling)
        is_undeclared = matches.isna().to_numpy()

        if is_undeclared.all():
            self.refuse(name, is_undeclared, f"is none of the values that {key} names: {list(declared)}")
        self._note_undeclared(name, names[is_undeclared], key)
        return np.where(is_undeclared, names, matches.to_numpy(object))

    def _note_undeclared(self, name: str, names: np.ndarray, key: str) -> None:
        if not len(names) or name in self._noted:
            return
        self._noted.add(name)
        distinct = pd.unique(names)
        listed = ", ".join(repr(str(value)) for value in distinct[:_N_SHOWN])
        if len(distinct) > _N_SHOWN:
            listed += " …"
        note(
            f"{self.file}, column {name!r}: {len(names)} of {len(self.frame)} rows hold values that {key} doesn't "
            f"name ({listed}), and so count as none of them"
        )

    def identities(self, name: str) -> np.ndarray:
        """Return a column as names of entities, (n,) of strings: cards, patients, items.

        Names are equal where people read the same (`identities.entities_of`). Pairs that look alike
        are noted in the log.

        Raises `InputError` on a cell that is empty or blank or means "no value" (NULL, guest, nan,
        -1 among numbers …), on true and false, on a whole number in two forms, and on a number that
        may be rounded.
        """
        raw = self.column(name)
        self._require_text(name, raw)
        cure = "rows without a name would count as one and the same: give each its own, or leave these rows out"
        is_empty = raw.isna() | (raw.astype(object) == "")
        self.refuse(name, is_empty.to_numpy(bool), f"has no value, and {cure}")
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
        """Raise `InputError` where a whole number is written in two forms; note names that look alike."""
        same_number, alike = identities.twins(names)
        if same_number:
            fault = (
                "is a number that also stands there in another form, as 1.0 and 1: write it in one, since it counts "
                "as two"
            )
            self.refuse(name, pd.Series(names).isin(same_number).to_numpy(), fault)

        if alike and name not in self._noted:
            self._noted.add(name)
            one, other = next(iter(alike.items()))
            more = f"; {len(alike) - 1} more are like that" if len(alike) > 1 else ""
            note(
                f"{self.file}, column {name!r}: {other!r} and {one!r} count as two, though they differ in capital "
                f"letters, spaces, quotes, leading zeros or characters that show nothing alone{more}"
            )

    def _filled_column(self, name: str) -> "pd.Series[Any]":
        """Return a column of text or numbers. Raises `InputError` on a cell that is empty or blank."""
        raw = self.column(name)
        self._require_text(name, raw)
        self.refuse(name, raw.isna().to_numpy(bool), "has no value")
        self.refuse(name, identities.is_blank(raw), "is blank")
        return raw

    def _require_text(self, name: str, raw: "pd.Series[Any]") -> None:
        """Raise `InputError` on a cell that is a collection or bytes, and on text with a NUL character."""
        if raw.dtype == object and not identities.is_plain(raw):
            no_text = (bytes, list, tuple, set, dict, np.ndarray)
            is_no_text = np.array([isinstance(cell, no_text) for cell in raw], bool)
            self.refuse(name, is_no_text, "is no single value of text")
        self.refuse(name, identities.has_nul(raw), "holds a NUL character: the file is damaged")

    def files(self, name: str, folder: RawFolder) -> list[tuple[str, Path]]:
        """Return the name and path of the file that each row names in a column (n); they count as read.

        Raises `InputError` on an empty cell, on a path that leads outside the folder or to no file,
        and on a file that is listed twice, however its path is written.
        """
        trimmed_names = self.identities(name)
        exact_names = self.texts(name)
        # Spaces may be part of a file's name.
        is_exact = [path in folder.files for path in exact_names]
        paths = np.where(is_exact, exact_names, trimmed_names)

        is_outside = np.array([path not in folder.files and not is_inside(path) for path in paths], bool)
        self.refuse(name, is_outside, "lies outside the raw folder")
        normal_paths = pd.Series([PurePosixPath(path).as_posix() for path in paths], dtype=object)
        is_missing = ~normal_paths.isin(folder.files.keys()).to_numpy()
        self.refuse(name, is_missing, f"is missing: there is no such file in {folder.root}")
        self.refuse(name, normal_paths.duplicated().to_numpy(), "is listed a second time: list each file once")
        return [(path, folder.file(path)) for path in paths]

    def unique_identities(self, name: str) -> np.ndarray:
        """Return a column as names of entities (`identities`); a repeated name raises `InputError`, too."""
        names = self.identities(name)
        self.refuse(name, pd.Series(names).duplicated().to_numpy(), "stands there twice")
        return names

    def renamed_values(self, name: str, names: Mapping[str, str], key: str) -> np.ndarray:
        """Return a column (n,) with each value replaced by its name in `names`.

        Raises `InputError` on a value without a name; `key` is where the configuration has `names`.
        """
        mapped = pd.Series(self.texts(name)).map(dict(names))
        self.refuse(name, mapped.isna().to_numpy(), f"is none of the values that {key} names: {list(names)}")
        return mapped.to_numpy(object)

    def named_groups(self, name: str, names: Mapping[str, str], key: str) -> np.ndarray:
        """Return a column as groups (n,), each value replaced by its name in `names`.

        An empty or blank cell is "unknown". If `names` is empty, values stay as they are. Raises
        `InputError` on a value without a name; `key` is where the configuration has `names`.
        """
        raw = self.column(name)
        self._require_text(name, raw)
        if not names:
            groups = identities.groups_of(raw)
            self._require_one_form(name, groups)
            return groups

        is_blank = identities.is_blank(raw)
        mapped = raw.astype(str).map(dict(names))
        is_unnamed = mapped.isna().to_numpy() & ~is_blank
        self.refuse(name, is_unnamed, f"is none of the values that {key} names: {list(names)}")
        return np.where(is_blank, identities.UNKNOWN, mapped.to_numpy(object)).astype(object)

    def refuse(self, name: str, mask: np.ndarray, fault: str) -> None:
        """Raise `InputError` if `mask` (n,) is true in any row; `fault` says what is wrong with the cell.

        The message names the first such row, its cell in the column `name`, and the number of other
        rows.
        """
        if not mask.any():
            return
        positions = np.flatnonzero(mask)
        first = int(positions[0])
        row = int(self.frame.index[first]) + 1
        value = self.frame[name].iloc[first]

        is_empty = np.ndim(value) == 0 and (pd.isna(value) or value == "")
        cell = "the empty cell" if is_empty else f"the value {str(value)[:80]!r}"
        more = f" (and {len(positions) - 1} more rows)" if len(positions) > 1 else ""
        raise InputError(f"{self.file}, column {name!r}, row {row}: {cell} {fault}{more}")


@dataclass(frozen=True)
class _TextCells:
    """How a text file is split into cells; other formats need none of it."""

    separator: str
    encoding: str
    columns: Sequence[str]


@reads(Table, "text")
def _read_text(path: Path, cells: _TextCells) -> Table:
    frame = text_tables.read(path, separator=cells.separator, encoding=cells.encoding, columns=cells.columns)
    return Table(frame, path)


@reads(Table, "parquet")
def _read_parquet(path: Path, _: _TextCells) -> Table:
    return Table(parquet.read(path), path)


@reads(Table, "npz")
def _read_npz(path: Path, _: _TextCells) -> Table:
    return Table(npz.read(path), path)


def load(
    folder: RawFolder,
    file: str,
    *,
    separator: str = ",",
    encoding: str = "utf-8",
    columns: Sequence[str] = (),
    key: str = "the configuration",
) -> Table:
    """Return the table in a file of the raw folder, whose suffix is one of `table_files.SUFFIXES`.

    The cells of a text file are text; `Table` converts columns when they are asked for. A matrix
    `name` of an npz file becomes the columns name.0, name.1 …

    separator: Between the cells of a text file; one or several characters.
    columns: The names of the columns of a text file without a header line.
    key: What names the file, for messages.

    Raises `InputError` on another suffix, and on a file that can't be read (see `parquet`, `npz` and
    `text_tables`) or has no rows.
    """
    path = folder.file(file, key)
    format_name = table_files.table_format(file)
    if format_name is None:
        raise InputError(f"{path}, which {key} names: {table_files.describe_unread(file)}")
    try:
        table = reader_registry.read(Table, format_name, path, _TextCells(separator, encoding, columns))
    except InputError:
        raise
    except (ValueError, LookupError, OSError) as error:  # pandas' and Arrow's errors are ValueErrors
        cause = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be read as {format_name}: {cause}") from error
    if table.frame.empty:
        raise InputError(f"{path} is empty: it has no rows")
    return table


def join(table: Table, folder: RawFolder, *, file: str, key: str) -> Table:
    """Return the table with the columns of another file of the raw folder, joined by the column `key`.

    Raises `InputError` where the other file has a key twice or lacks one, and on a column that both
    have.
    """
    other = load(folder, file)
    other_keys = pd.Index(other.unique_identities(key))
    rows = other_keys.get_indexer(pd.Index(table.identities(key)))
    table.refuse(key, rows < 0, f"is not in {other.file}")

    other_columns = other.frame.drop(columns=key)
    shared = [column for column in other_columns if column in table.frame]
    if shared:
        raise InputError(f"{other.file} and {table.file} both have a column {str(shared[0])!r}: rename one of them")
    matching_rows = other_columns.iloc[rows].set_index(table.frame.index)
    return Table(table.frame.join(matching_rows), table.file)
