"""Tables in several files: the splits that their names publish, and the rows of all of them."""

import re
from collections.abc import Iterable, Mapping
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


def published_splits(names: Iterable[str], folder: Path, *, documents: bool = False) -> list[str] | None:
    """Return the split of each file (n,) that its name or a folder of its path says, or None where none does so.

    A name says a split where its first or last word is one, in small or capital letters: train-0001.parquet,
    cifar_test.parquet, Training/0.parquet. Where files are `documents`, whose names are about something, such as a
    manual's input_validation.txt, and not all of them say a split, only a name without another word does: test.txt.

    Raises `InputError` where some files are named so and others aren't, and where one path says two splits.
    """
    names = list(names)
    said = [_splits_in(name) for name in names]
    if documents and not all(said):
        said = [_splits_in(name, alone=True) for name in names]
    several = next((name for name, splits in zip(names, said, strict=True) if len(splits) > 1), None)
    if several is not None:
        raise InputError(f"{folder}: the path {several!r} says more than one published split: rename it")

    splits = [next(iter(splits), None) for splits in said]
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


def _splits_in(name: str, *, alone: bool = False) -> set[str]:
    """Return the splits that a path says; with `alone`, only by a part of it that holds no word beside the split's."""
    path = PurePosixPath(name)
    splits = set()
    for part in (*path.parent.parts, path.stem):
        words = _words(part)
        if not alone or len(words) == 1:
            splits |= {_SPLIT_WORDS[word] for word in (*words[:1], *words[-1:]) if word in _SPLIT_WORDS}
    return splits


def _words(part: str) -> list[str]:
    """Return the words of a file's or folder's name in small letters, without numbers and the words of a shard."""
    separated = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _HASH.sub("", part))
    words = re.split(r"[\W\d_]+", separated.casefold())
    return [word for word in words if word and word not in _SHARD_WORDS]


def concatenated(frames: Mapping[str, pd.DataFrame], folder: Path, *, optional: bool = False) -> pd.DataFrame:
    """Return the rows of the frames of several files of a folder, by name; cells stay as they are in a column whose
    kind differs between them.

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

    differing = [
        column
        for column in columns
        if len({str(frame[column].dtype) if column in frame else None for frame in frames.values()}) > 1
    ]
    parts = [
        pd.DataFrame(
            {name: identities.as_objects(raw) if name in differing else raw for name, raw in frame.items()}, frame.index
        )
        for frame in frames.values()
    ]
    return pd.concat(parts, ignore_index=True)
