"""Data in several files: the published splits that their names state, and one table of all rows."""

import re
from collections.abc import Hashable, Iterable, Mapping, Set
from pathlib import Path, PurePosixPath

import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities
from hallmark.formats.notes import note

PUBLISHED = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
# Split by the word in the name of a file or folder, with the words of Hugging Face's `datasets`.
_SPLIT_WORDS = PUBLISHED | {
    "training": "train",
    "dev": "validation",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
# Words that may accompany it, and don't count: train_data, test-images, train-00000-of-00010.
_SHARD_WORDS = frozenset(("of", "part", "shard", "raw", "tokens", "data", "set", "images", "clean", "other"))
_HASH = re.compile(r"-[0-9a-f]{16}$")  # which Hugging Face appends to a shard's name
_N_SHOWN = 5  # columns that a message names


def published_splits(names: Iterable[str], folder: Path, *, documents: bool = False) -> list[str] | None:
    """Return the split that each path of `names` states, in their order, or None where none states one.

    A path states a split where the first or last word of the file's name, or of a folder's, is a
    word for one, in any case: train-0001.parquet, cifar_test.parquet, Training/0.parquet. The names
    of `documents` can be about something, such as input_validation.txt in a manual. So where not
    all documents state a split in this way, only names of a single word count: test.txt.

    `folder` is for messages. Raises `InputError` where some paths state a split and others don't,
    and where one states two.
    """
    names = list(names)
    splits_by_name = {name: _splits_in(name) for name in names}
    if documents and not all(splits_by_name.values()):
        splits_by_name = {name: _splits_in(name, alone=True) for name in names}
    for name, splits in splits_by_name.items():
        if len(splits) > 1:
            raise InputError(f"{folder}: the path {name!r} says more than one published split: rename it")

    without_split = [name for name in names if not splits_by_name[name]]
    if len(without_split) == len(names):
        return None
    if without_split:
        raise InputError(
            f"{folder}: {len(names) - len(without_split)} of {len(names)} files are named as a published split, but "
            f"{without_split[0]!r} is not: name all of them so ({', '.join(PUBLISHED)}), or none, or leave files out "
            "by prepare.reading.leave_out"
        )
    return [split for name in names for split in splits_by_name[name]]


def _splits_in(name: str, *, alone: bool = False) -> set[str]:
    """Return the splits that a path states; with `alone`, only parts of it with no other word count."""
    path = PurePosixPath(name)
    splits = set()
    for part in (*path.parent.parts, path.stem):
        words = _words(part)
        if alone and len(words) != 1:
            continue
        first_and_last = (*words[:1], *words[-1:])
        splits |= {_SPLIT_WORDS[word] for word in first_and_last if word in _SPLIT_WORDS}
    return splits


def _words(part: str) -> list[str]:
    """Return the words of a file's or folder's name in small letters, without `_SHARD_WORDS`."""
    separated = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _HASH.sub("", part))
    words = re.split(r"[\W\d_]+", separated.casefold())
    return [word for word in words if word and word not in _SHARD_WORDS]


def concatenate(frames: Mapping[str, pd.DataFrame], folder: Path, *, optional: bool = False) -> pd.DataFrame:
    """Return the rows of all frames, in their order, as one frame; `frames` by file name in `folder`.

    A column whose type differs between files becomes one of objects, so that no cell is converted.

    Raises `InputError` with the columns that some files have and others lack. If columns are
    `optional`, as keys of JSON lines are, it notes this in the log instead, and leaves their cells
    empty.
    """
    columns = dict.fromkeys(column for frame in frames.values() for column in frame)

    files_without = {column: [name for name, frame in frames.items() if column not in frame] for column in columns}
    gaps = [f"{column!r} is not in {names[0]!r}" for column, names in files_without.items() if names]
    if gaps:
        listed = "; ".join(gaps[:_N_SHOWN]) + (" …" if len(gaps) > _N_SHOWN else "")
        fault = f"the files in {folder} have different columns: {listed}"
        if not optional:
            raise InputError(f"{fault}. Give all files the same columns, or name those under prepare.reading.leave_out")
        note(f"{fault}: their cells are empty there")

    mixed_columns = {column for column in columns if _has_several_types(column, frames)}
    parts = [_with_objects(frame, mixed_columns) for frame in frames.values()]
    return pd.concat(parts, ignore_index=True)


def _has_several_types(column: Hashable, frames: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether a column's type differs between files; to lack the column counts as a type."""
    types = {str(frame[column].dtype) if column in frame else None for frame in frames.values()}
    return len(types) > 1


def _with_objects(frame: pd.DataFrame, names: Set[Hashable]) -> pd.DataFrame:
    """Return a frame with the columns of these names as objects (`identities.as_objects`)."""
    columns = {name: identities.as_objects(raw) if name in names else raw for name, raw in frame.items()}
    return pd.DataFrame(columns, frame.index)
