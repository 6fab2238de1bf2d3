"""Tables in several files: the splits that their names publish, and the rows of all of them."""

import re
from collections.abc import Hashable, Iterable, Mapping, Set
from pathlib import Path, PurePosixPath

import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities
from hallmark.formats.notes import note

PUBLISHED = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
# What a file or folder may be called for a split, as Hugging Face's `datasets` has it.
_SPLIT_WORDS = PUBLISHED | {
    "training": "train",
    "dev": "validation",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
# What may stand behind such a word: train_data, test-images, train-00000-of-00010.
_SHARD_WORDS = frozenset(("of", "part", "shard", "raw", "tokens", "data", "set", "images", "clean", "other"))
_HASH = re.compile(r"-[0-9a-f]{16}$")  # which Hugging Face puts behind a shard's name
_MOST_SHOWN = 5  # columns that a message names


def published_splits(names: Iterable[str], folder: Path, *, documents: bool = False) -> list[str] | None:
    """Return the split of each file (n,) that its name or a folder of its path says, or None where none does so.

    A name says a split where its first or last word is one, in small or capital letters: train-0001.parquet,
    cifar_test.parquet, Training/0.parquet. Where files are `documents`, whose names are about something, such as a
    manual's input_validation.txt, and not all of them say a split, only a name without another word does: test.txt.

    Raises `InputError` where some files are named so and others aren't, and where one path says two splits.
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
    """Return the splits that a path says; with `alone`, only by a part of it that holds no word beside the split's."""
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
    """Return the words of a file's or folder's name in small letters, without numbers and the words of a shard."""
    separated = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _HASH.sub("", part))
    words = re.split(r"[\W\d_]+", separated.casefold())
    return [word for word in words if word and word not in _SHARD_WORDS]


def concatenate(frames: Mapping[str, pd.DataFrame], folder: Path, *, optional: bool = False) -> pd.DataFrame:
    """Return the rows of the frames of several files of a folder, by name; cells stay as they are in a column whose
    kind differs between them.

    Raises `InputError` that names the columns which some files have and others lack. Where they are `optional`, as keys
    in JSON lines are, the log says so instead, and their cells are empty.
    """
    columns = dict.fromkeys(column for frame in frames.values() for column in frame)

    files_without = {column: [name for name, frame in frames.items() if column not in frame] for column in columns}
    gaps = [f"{column!r} is not in {names[0]!r}" for column, names in files_without.items() if names]
    if gaps:
        listed = "; ".join(gaps[:_MOST_SHOWN]) + (" …" if len(gaps) > _MOST_SHOWN else "")
        fault = f"the files in {folder} have different columns: {listed}"
        if not optional:
            raise InputError(f"{fault}. Give all files the same columns, or name those under prepare.reading.leave_out")
        note(f"{fault}: their cells are empty there")

    mixed_columns = {column for column in columns if _has_several_types(column, frames)}
    parts = [_with_objects(frame, mixed_columns) for frame in frames.values()]
    return pd.concat(parts, ignore_index=True)


def _has_several_types(column: Hashable, frames: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether files differ in a column's type; a file without the column counts as a type of its own."""
    types = {str(frame[column].dtype) if column in frame else None for frame in frames.values()}
    return len(types) > 1


def _with_objects(frame: pd.DataFrame, names: Set[Hashable]) -> pd.DataFrame:
    """Return a frame whose columns of these names hold their cells as objects (`identities.as_objects`)."""
    columns = {name: identities.as_objects(raw) if name in names else raw for name, raw in frame.items()}
    return pd.DataFrame(columns, frame.index)
