"""The examples contract: one table with a row for each example, and the inputs as arrays aligned with it by row."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from hallmark.errors import InputError
from hallmark.files import require

SPLITS = ("train", "validation", "test", "recent")
_LONGEST_SOURCE = 2**16  # bytes of source.json
GROUP, DESCRIPTOR, TARGET = "group.", "descriptor.", "target."
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """Where raw data comes from, in the words that the model card shows."""

    title: str
    origin: str = ""
    licence: str = ""
    simulated: bool = False  # a simulator's numbers are never shown as results on real data
    entity: str = "example"  # what one entity is, in the singular: card, writer, patient

    @classmethod
    def of(cls, folder: Path, said: Mapping[str, Any] | None) -> "Source":
        """Return what the configuration said, else what `source.json` in the raw folder says, else its name alone."""
        path = folder / "source.json"
        if said is None and not path.exists():
            return cls(title=folder.name)
        try:
            return cls(**(said if said is not None else _source_words(path)))
        except (ValueError, TypeError, OSError, RecursionError) as error:
            raise InputError(f"{path} must hold title, origin, licence, simulated and entity: {error}") from error

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            kind = bool if name == "simulated" else str
            if not isinstance(value, kind):
                raise TypeError(f"{name} is {str(value)[:40]!r}, and no {'truth value' if kind is bool else 'text'}")


def _source_words(path: Path) -> dict[str, Any]:
    """Return what `source.json` says. Raises `ValueError` where it is too long, or no object, or says a key twice."""
    with path.open("rb") as stream:
        content = stream.read(_LONGEST_SOURCE + 1)
    if len(content) > _LONGEST_SOURCE:
        raise ValueError(f"it has more than {_LONGEST_SOURCE} bytes")
    pairs = json.loads(content.decode("utf-8"), object_pairs_hook=list)
    words = dict(pairs) if isinstance(pairs, list) else {}
    if not words or len(words) < len(pairs):
        raise ValueError("it is no object, or has a key twice")
    return words


@dataclass(frozen=True)
class Examples:
    """Examples and their inputs.

    `table` has `id`, `entity`, `fingerprint` (strings); `split` (one of SPLITS) once prepared; `time` and `label`
    (optional), `group.<name>` (strings) and `descriptor.<name>` (floats); and `entity_start`, the first time of the
    entity, where a system's `encode` has left out first rows. `arrays` maps a name to an array whose
    first axis is the table's rows; what is to be predicted, where it is no label of a known set, has a name that begins
    with "target.". `labels` is the known label set, empty where there is none; a class index is a position in it.
    `encoding` says, as data, how the arrays were made of what a person has (alphabet, tokens, items, sample rate): the
    package carries it, so that whoever serves it can do the same.
    """

    table: pd.DataFrame
    arrays: Mapping[str, np.ndarray]
    labels: tuple[str, ...] = ()
    source: Source = field(default_factory=lambda: Source(title="unnamed"))
    encoding: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def groups(self) -> list[str]:
        return [column for column in self.table.columns if column.startswith(GROUP)]

    @property
    def descriptors(self) -> list[str]:
        return [column for column in self.table.columns if column.startswith(DESCRIPTOR)]

    def take(self, rows: np.ndarray) -> "Examples":
        """Return the examples at `rows` (positions or a boolean mask); arrays are copied into memory."""
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        table = self.table.iloc[positions].reset_index(drop=True)
        return replace(self, table=table, arrays={name: np.asarray(a[positions]) for name, a in self.arrays.items()})

    def split(self, name: str) -> "Examples":
        """Return the examples of one split, copied into memory."""
        return self.take((self.table["split"] == name).to_numpy())

    def targets(self) -> np.ndarray:
        """Return class indices (n,), int64. Raises `InputError` on a label that is not in `labels`."""
        index = pd.Index(self.labels).get_indexer(pd.Index(self.table["label"]))
        if (index < 0).any():
            unknown = sorted(set(self.table["label"].astype(str)[index < 0]))[:3]
            raise InputError(f"label {unknown[0]!r} is none of the known labels {list(self.labels)}")
        return index.astype(np.int64)


def write(examples: Examples, folder: Path, *, raw: str = "") -> None:
    """Write `examples.parquet`, `arrays/<name>.npy` and `dataset.json` into `folder`.

    `raw` is the SHA-256 of the raw data that they were made of (`digests.folder`).
    """
    (folder / "arrays").mkdir(parents=True, exist_ok=True)
    examples.table.to_parquet(folder / "examples.parquet", index=False)
    for name, array in examples.arrays.items():
        np.save(folder / "arrays" / f"{name}.npy", array, allow_pickle=False)
    about: dict[str, Any] = {
        "labels": list(examples.labels),
        "source": vars(examples.source),
        "raw": raw,
        "encoding": examples.encoding,
        "arrays": {name: {"dtype": str(a.dtype), "shape": list(a.shape)} for name, a in examples.arrays.items()},
    }
    (folder / "dataset.json").write_text(json.dumps(about, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def raw_digest(folder: Path) -> str:
    """Return the SHA-256 of the raw data that the prepared data in `folder` was made of.

    Raises `InputError` where dataset.json is missing, half-written, or names none.
    """
    path = folder / "dataset.json"
    try:
        digest = json.loads(require(path, "the prepared data").read_text(encoding="utf-8"))["raw"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} does not say of what raw data it was made ({error!r}): run prepare again") from error
    if not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        raise InputError(f"{path} names no digest of the raw data, but {digest!r}: run prepare again")
    return digest


def read(folder: Path) -> Examples:
    """Read what `write` wrote; arrays are memory-mapped, read-only. Raises `InputError` where a file is missing."""
    try:
        about = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / "arrays" / f"{name}.npy", mmap_mode="r") for name in about["arrays"]}
        table = pd.read_parquet(folder / "examples.parquet")
    except FileNotFoundError as error:
        raise InputError(
            f"prepared data is incomplete, {error.filename} is missing: run `dvc repro` from prepare on"
        ) from error
    except (ArrowException, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"prepared data in {folder} is half-written or altered ({reason}): run prepare again"
        ) from error
    return Examples(table, arrays, tuple(about["labels"]), Source(**about["source"]), about["encoding"])
