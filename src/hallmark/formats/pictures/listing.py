"""Which files of a folder are pictures, and what a table or their own names say of them."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from hallmark.errors import InputError

PUBLISHED = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


def listed(path: Path, column: str | None) -> pd.DataFrame:
    """Return the CSV table at `path` as text, with the files that `column` lists as `name`: none outside its folder."""
    table = csv(path)
    if column not in table:
        raise InputError(f"{path} has no column {column!r} with the pictures' paths: it has {', '.join(table.columns)}")
    for name in table[column]:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
            raise InputError(f"{path} names the picture {name!r}, which lies outside the raw folder")
    return table.assign(name=table[column])


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


def from_names(folder: Path, suffixes: Sequence[str], label: str | None) -> pd.DataFrame:
    """Return `name`, label and, where published, split of the files that lie as `<split>/<label>/<picture>`."""
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
    table = pd.DataFrame({"name": files, label or "label": [part[int(published)] for part in parts]})
    return table.assign(split=[PUBLISHED[part[0]] for part in parts]) if published else table
