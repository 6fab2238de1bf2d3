"""Metadata of pictures: which files are pictures, and their labels and splits, by a table or by folders."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities, tables
from hallmark.formats.folders import RawFolder
from hallmark.formats.shards import PUBLISHED


def find_listed(folder: RawFolder, metadata: str, column: str | None) -> tuple[list[tuple[str, Path]], pd.DataFrame]:
    """Return the files listed in a column of the table `metadata`, as (name, path), and the table.

    `metadata` is the table's file name in the folder. See `_as_text` for the table's cells.
    """
    table = tables.load(folder, metadata, key="prepare.reading.metadata")
    if column is None or column not in table.frame:
        columns = ", ".join(map(str, table.frame.columns))
        raise InputError(f"{table.file} has no column {column!r} with the pictures' paths: it has {columns}")
    return table.files(column, folder), _as_text(table.frame)


def read_table(folder: RawFolder, metadata: str) -> pd.DataFrame:
    """Return the table of the file `metadata` in the folder, see `_as_text` for its cells."""
    return _as_text(tables.load(folder, metadata, key="prepare.reading.metadata").frame)


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with texts, whole numbers and dates as text, and "" where a cell is empty.

    Spans of time become ISO 8601 durations. Other cells stay as they are, since text would hide
    what is refused later: floats that may be rounded, true and false, lists, times of day.
    """
    columns: dict[str, pd.Series[Any]] = {}
    for name, raw in frame.items():
        is_lossy_as_text = raw.dtype.kind in "fb" or (raw.dtype == object and not identities.is_plain(raw))
        if raw.dtype.kind == "m":
            column = raw.dt.total_seconds().map("PT{:f}S".format)  # as ISO 8601 writes a duration
        elif is_lossy_as_text:
            column = identities.as_objects(raw)
        else:
            column = raw.astype(str)
        columns[str(name)] = column.where(raw.notna(), "")
    return pd.DataFrame(columns, index=frame.index)


def label_by_folder(
    files: Mapping[str, Path], folder: RawFolder, label: str | None
) -> tuple[list[tuple[str, Path]], pd.DataFrame]:
    """Return files as (name, path), and a table with the label and, if published, the split of each.

    The folders of a file are its label and split: `<label>/<picture>` or
    `<split>/<label>/<picture>`. The column of labels is called `label` (None: "label"), the other
    one "split".

    Raises `InputError` on a file in no folder, and where some files are in a split's folder, but
    not all.
    """
    paths = {file: PurePosixPath(file).parts for file in files}
    is_in_split = {file: path[0] in PUBLISHED and len(path) > 2 for file, path in paths.items()}
    is_published = all(is_in_split.values())
    if any(is_in_split.values()) and not is_published:
        outside = next(file for file, is_inside in is_in_split.items() if not is_inside)
        raise InputError(
            f"{folder.root} holds a folder named as a published split ({', '.join(PUBLISHED)}), but picture "
            f"{outside!r} lies in none, as <split>/<label>/<picture>: move it, or leave it out by "
            "prepare.reading.leave_out"
        )
    for file, path in paths.items():
        if len(path) < 2:
            raise InputError(
                f"picture {file} lies in no folder named as its label, and prepare.reading.metadata names no table"
            )

    label_place = 1 if is_published else 0
    table = pd.DataFrame({label or "label": [path[label_place] for path in paths.values()]})
    if is_published:
        splits = [PUBLISHED[path[0]] for path in paths.values()]
        table = add_split(table, splits, str(folder.root))
    return list(files.items()), table


def add_split(table: pd.DataFrame, split: str | Sequence[str], file: str) -> pd.DataFrame:
    """Return a table with the published split, one for all rows or one each, as the column split.

    Raises `InputError` where the table has such a column with another value; `file` is for the
    message.
    """
    published = table.assign(split=split)
    if "split" not in table:
        return published

    is_other = table["split"].astype(str).to_numpy() != published["split"].to_numpy()
    other_rows = np.flatnonzero(is_other)
    if len(other_rows):
        row = other_rows[0]
        stated_split = str(table["split"].iloc[row])
        published_split = published["split"].iloc[row]
        raise InputError(
            f"{file}, row {row + 1}: column 'split' is {stated_split!r}, but the picture is published as "
            f"{published_split!r}: rename the column"
        )
    return published
