"""Raw tables and their columns, checked: every fault is one sentence that names file, column, value and row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from hallmark.errors import InputError
from hallmark.formats import npz

_MISSING = ["", "nan", "NaN"]
_UNIT = "\x1f"  # ASCII's unit separator, which no text holds


@dataclass(frozen=True)
class Table:
    """A raw table and the file that it came from.

    Rows are counted from 1 in messages, without the header. The frame's index is the rows' place in the file, so that a
    table with some of its rows still names the right one.
    """

    frame: pd.DataFrame
    file: Path

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
        values = pd.to_numeric(raw, errors="coerce").to_numpy(float, na_value=np.nan)
        self.refuse(name, ~np.isfinite(values) & ~empty, "is no finite number")
        return values

    def seconds(self, name: str) -> np.ndarray:
        """Return a column of seconds, or of dates as seconds since 1970 (UTC), as floats (n,), none of them
        negative.
        """
        raw = self.column(name)
        self.refuse(name, raw.isna().to_numpy(), "has no value")
        values = pd.to_numeric(raw, errors="coerce") if raw.dtype.kind != "M" else pd.Series(np.nan, raw.index)
        if values.isna().all():
            dates = pd.to_datetime(raw, errors="coerce", utc=True, format=None if raw.dtype.kind == "M" else "ISO8601")
            values = (dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
        seconds = values.to_numpy(float, na_value=np.nan)
        self.refuse(name, ~np.isfinite(seconds), "is neither a number of seconds nor an ISO date")
        self.refuse(name, seconds < 0, "is a negative time")
        return seconds

    def texts(self, name: str) -> np.ndarray:
        """Return a column as strings (n,), none of them missing."""
        raw = self.column(name)
        self.refuse(name, raw.isna().to_numpy(), "has no value")
        return raw.astype(str).to_numpy(object)

    def unique(self, name: str) -> np.ndarray:
        """Return a column as strings (n,) that are all different."""
        texts = self.texts(name)
        self.refuse(name, pd.Series(texts).duplicated().to_numpy(), "stands there twice")
        return texts

    def named(self, name: str, names: Mapping[str, str], key: str) -> np.ndarray:
        """Return a column (n,) with each value replaced by its name in `names`, which stands under `key` in the
        configuration.
        """
        mapped = pd.Series(self.texts(name)).map(dict(names))
        self.refuse(name, mapped.isna().to_numpy(), f"is none of the values that {key} names: {list(names)}")
        return mapped.to_numpy(object)

    def refuse(self, name: str, bad: np.ndarray, fault: str) -> None:
        """Raise `InputError` that names the first row where `bad` (n,) holds."""
        if bad.any():
            position = int(np.flatnonzero(bad)[0])
            row, value = int(self.frame.index[position]), self.frame[name].iloc[position]
            shown = "the empty cell" if pd.isna(value) else f"the value {str(value)!r}"
            raise InputError(f"{self.file}, column {name!r}, row {row + 1}: {shown} {fault}")


def load(
    folder: Path, file: str, *, separator: str = ",", encoding: str = "utf-8", columns: Sequence[str] = ()
) -> Table:
    """Read a Parquet or npz file of the raw folder, or a text file with `separator` (of any length) between its cells.

    The cells of a text file stay text until a column is asked for as something else; a matrix `name` of an npz file
    becomes the columns `name.0`, `name.1` … `columns` names the columns of a text file that has no header line.
    Raises `InputError` on anything unreadable.
    """
    path = folder / file
    if not folder.is_dir():
        raise InputError(f"the raw folder is missing: {folder}")
    if not path.is_file():
        raise InputError(f"the raw file is missing: {path}")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path).reset_index(drop=True)
        elif path.suffix == ".npz":
            frame = npz.read(path)
        else:
            frame = _text(path, separator, encoding, columns)
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty") from error
    except InputError:
        raise
    except (
        ValueError,
        LookupError,
        OSError,
        BadZipFile,
        ArrowException,
    ) as error:  # pandas' parser errors are ValueErrors
        raise InputError(
            f"{path} cannot be read as {path.suffix[1:] or 'text'}: {' '.join(str(error).split())[:200]}"
        ) from error
    if frame.empty:
        raise InputError(f"{path} is empty: it has no rows")
    return Table(frame, path)


def _text(path: Path, separator: str, encoding: str, columns: Sequence[str]) -> pd.DataFrame:
    source: Path | StringIO = path
    if len(separator) > 1:  # pandas splits at several characters by a regular expression, ten times as slowly
        content = path.read_text(encoding=encoding)
        source, separator = StringIO(content.replace(separator, _UNIT)), _UNIT
    header = None if columns else 0
    frame = pd.read_csv(
        source, sep=separator, encoding=encoding, header=header, dtype=str, keep_default_na=False, na_values=_MISSING
    )
    if columns and len(columns) != frame.shape[1]:
        raise InputError(
            f"{path} has {frame.shape[1]} columns, the configuration names {len(columns)}: {list(columns)}"
        )
    return frame.set_axis(list(columns), axis=1) if columns else frame


def join(table: Table, folder: Path, *, file: str, key: str) -> Table:
    """Join the columns of another file of the raw folder by `key`, which must be unique there and known for
    every row.
    """
    other = load(folder, file)
    keys = pd.Index(other.unique(key))
    rows = keys.get_indexer(pd.Index(table.texts(key)))
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

    Raises `InputError` on a name that stands under both.
    """
    twice = sorted(set(named) & set(bands))
    if twice:
        raise InputError(f"the group {twice[0]!r} stands under both {key}.groups and {key}.bands")
    found = {
        name: table.named(name, names, f"{key}.groups.{name}") if names else table.texts(name)
        for name, names in named.items()
    }
    for name, band in bands.items():
        found[name] = banded(table.numbers(name), band["edges"], f"{key}.bands.{name}")
    return found


def band_names(edges: Sequence[float]) -> list[str]:
    """Name the bands between inner edges: [30, 60] → under 30, 30 to under 60, 60 and over."""
    between = [f"{low:g} to under {high:g}" for low, high in pairwise(edges)]
    return [f"under {edges[0]:g}", *between, f"{edges[-1]:g} and over"]
