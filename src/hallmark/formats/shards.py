"""Tables in several files: the splits that their names publish, and the rows of all of them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from hallmark.errors import InputError
from hallmark.formats.notes import note

PUBLISHED = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


def published_splits(names: Iterable[str], folder: Path) -> list[str] | None:
    """Return the split of each file (n,) by how its name begins, as train-0001.parquet, or None where no name does so.

    Raises `InputError` where some names begin with a split and others don't.
    """
    names = list(names)
    splits = [PUBLISHED.get(re.split(r"[-_.]", PurePosixPath(name).name)[0]) for name in names]
    if not any(splits):
        return None
    kept = [split for split in splits if split]
    if len(kept) < len(names):
        other = names[splits.index(None)]
        raise InputError(
            f"{folder}: {len(kept)} of {len(names)} files are named as a published split, but {other!r} is not: name "
            f"all of them so ({', '.join(PUBLISHED)}), or none, or leave files out by prepare.reading.leave_out"
        )
    return kept


def concatenated(frames: Mapping[str, pd.DataFrame], folder: Path, *, optional: bool = False) -> pd.DataFrame:
    """Return the rows of the frames of several files of a folder, by name; cells stay as they are where the frames'
    columns differ in kind.

    Raises `InputError` that names the columns which some files have and others lack. Where they are `optional`, as keys
    in JSON lines are, the log says so instead, and their cells are empty.
    """
    columns = dict.fromkeys(column for frame in frames.values() for column in frame)
    lacking = {
        f"{column!r}": [name for name, frame in frames.items() if column not in frame]
        for column in columns
        if not all(column in frame for frame in frames.values())
    }
    if lacking:
        shown = "; ".join(f"{column} is not in {names[0]!r}" for column, names in list(lacking.items())[:5])
        fault = f"the files in {folder} have different columns: {shown}{' …' if len(lacking) > 5 else ''}"
        if not optional:
            raise InputError(f"{fault}. Give all files the same columns, or name those under prepare.reading.leave_out")
        note(f"{fault}: their cells are empty there")

    first = next(iter(frames.values()))
    alike = all(frame.dtypes.equals(first.dtypes) for frame in frames.values())
    parts = list(frames.values()) if alike else [frame.astype(object) for frame in frames.values()]
    return pd.concat(parts, ignore_index=True)
