"""Which files of a folder are pictures, and what a table or their own names say of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities, tables
from hallmark.formats.folders import RawFolder
from hallmark.formats.shards import PUBLISHED


def listed(folder: RawFolder, metadata: str, column: str | None) -> tuple[list[tuple[str, Path]], pd.DataFrame]:
    """Return the files that `column` of the table `metadata` lists, by the names there, and the table (`_as_text`)."""
    table = tables.load(folder, metadata, key="prepare.reading.metadata")
    if column is None or column not in table.frame:
        known = ", ".join(map(str, table.frame.columns))
        raise InputError(f"{table.file} has no column {column!r} with the pictures' paths: it has {known}")
    return table.files(column, folder), _as_text(table.frame)


def csv(folder: RawFolder, metadata: str) -> pd.DataFrame:
    """Return the table `metadata`, see `_as_text`."""
    return _as_text(tables.load(folder, metadata, key="prepare.reading.metadata").frame)


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return texts and whole numbers as text, "" where a cell is empty; what text would hide (floats that may be
    rounded, true and false, lists, times) stays as it is.
    """
    columns: dict[str, pd.Series[Any]] = {}
    for name, raw in frame.items():
        is_kept = raw.dtype.kind in "fb" or (raw.dtype == object and not identities.is_plain(raw))
        column = identities.as_objects(raw) if is_kept else raw.astype(str)
        if raw.dtype.kind == "m":
            column = raw.dt.total_seconds().map("PT{:f}S".format)  # as ISO 8601 writes a duration
        columns[str(name)] = column.where(raw.notna(), "")
    return pd.DataFrame(columns, index=frame.index)


def from_names(
    files: Mapping[str, Path], folder: RawFolder, label: str | None
) -> tuple[list[tuple[str, Path]], pd.DataFrame]:
    """Return files that lie as `<split>/<label>/<picture>`, and their label and, where published, split."""
    parts = [PurePosixPath(file).parts for file in files]
    published = all(part[0] in PUBLISHED and len(part) > 2 for part in parts)
    if any(part[0] in PUBLISHED and len(part) > 2 for part in parts) and not published:
        other = next(file for file, part in zip(files, parts, strict=True) if part[0] not in PUBLISHED or len(part) < 3)
        raise InputError(
            f"{folder.root} holds a folder named as a published split ({', '.join(PUBLISHED)}), but picture {other!r} "
            "lies in none, as <split>/<label>/<picture>: move it, or leave it out by prepare.reading.leave_out"
        )
    bare = next((file for file, part in zip(files, parts, strict=True) if len(part) < 2), None)
    if bare:
        raise InputError(
            f"picture {bare} lies in no folder named as its label, and prepare.reading.metadata names no table"
        )
    table = pd.DataFrame({label or "label": [part[int(published)] for part in parts]})
    if published:
        table = with_split(table, [PUBLISHED[part[0]] for part in parts], str(folder.root))
    return list(files.items()), table


def with_split(table: pd.DataFrame, split: str | Sequence[str], file: str) -> pd.DataFrame:
    """Return the table of `file` with its published split as `split`.

    Raises `InputError` where it has a column of that name that says something else.
    """
    published = table.assign(split=split)
    if "split" in table:
        other = np.flatnonzero(table["split"].astype(str).to_numpy() != published["split"].to_numpy())
        if len(other):
            theirs, ours = str(table["split"].iloc[other[0]]), published["split"].iloc[other[0]]
            raise InputError(
                f"{file}, row {other[0] + 1}: column 'split' is {theirs!r}, but the picture is published as {ours!r}: "
                "rename the column"
            )
    return published
