"""Metadata of pictures: which files of a folder are pictures, and what a table or their own names say of them."""

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
    """Return the files that `column` of the table `metadata` lists, by the names there, and the table (`_as_text`)."""
    table = tables.load(folder, metadata, key="prepare.reading.metadata")
    if column is None or column not in table.frame:
        columns = ", ".join(map(str, table.frame.columns))
        raise InputError(f"{table.file} has no column {column!r} with the pictures' paths: it has {columns}")
    return table.files(column, folder), _as_text(table.frame)


def read_table(folder: RawFolder, metadata: str) -> pd.DataFrame:
    """Return the table `metadata`, see `_as_text`."""
    return _as_text(tables.load(folder, metadata, key="prepare.reading.metadata").frame)


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return texts and whole numbers as text, "" where a cell is empty; what text would hide (floats that may be
    rounded, true and false, lists, times) stays as it is.
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
    """Return files that lie as `<split>/<label>/<picture>`, and their label and, where published, split."""
    paths = {file: PurePosixPath(file).parts for file in files}
    in_split = [path[0] in PUBLISHED and len(path) > 2 for path in paths.values()]
    is_published = all(in_split)
    if any(in_split) and not is_published:
        outside = next(file for file, is_inside in zip(paths, in_split, strict=True) if not is_inside)
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
    """Return the table of `file` with its published split as `split`.

    Raises `InputError` where it has a column of that name that says something else.
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
