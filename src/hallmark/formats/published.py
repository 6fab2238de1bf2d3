"""Splits that are published with the data: the files, folders or arrays of each bear its name."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from hallmark.errors import InputError

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
