"""Which files of a folder are pictures, and what a table or their own names say of them."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from hallmark.errors import InputError

PUBLISHED = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


def listed(path: Path, column: str | None) -> tuple[list[str], pd.DataFrame]:
    """Return the files that `column` lists, none outside its folder, and the CSV table at `path`, as text."""
    table = csv(path)
    if column not in table:
        raise InputError(f"{path} has no column {column!r} with the pictures' paths: it has {', '.join(table.columns)}")
    for name in table[column]:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
            raise InputError(f"{path} names the picture {name!r}, which lies outside the raw folder")
    return table[column].tolist(), table


def csv(path: Path) -> pd.DataFrame:
    """Return the CSV table at `path` as text. Raises `InputError` where there is none, or none with rows."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise InputError(f"the metadata table is missing: {path}") from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no CSV table: {error}") from error
    if table.empty:
        raise InputError(f"{path} has no rows")
    return table


def from_names(folder: Path, suffixes: Sequence[str], label: str | None) -> tuple[list[str], pd.DataFrame]:
    """Return the files that lie as `<split>/<label>/<picture>`, and their label and, where published, split."""
    files = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.suffix.lower() in suffixes)
    parts = [PurePosixPath(file).parts for file in files]
    if not files:
        raise InputError(f"{folder} holds no pictures ({', '.join(suffixes)})")
    published = all(part[0] in PUBLISHED and len(part) > 2 for part in parts)
    bare = next((file for file, part in zip(files, parts, strict=True) if len(part) < 2), None)
    if bare:
        raise InputError(
            f"picture {bare} lies in no folder named as its label, and prepare.reading.metadata names no table"
        )
    table = pd.DataFrame({label or "label": [part[int(published)] for part in parts]})
    return files, with_split(table, [PUBLISHED[part[0]] for part in parts], str(folder)) if published else table


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
