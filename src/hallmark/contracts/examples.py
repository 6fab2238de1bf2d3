"""The examples contract: a table with one row per example, and arrays with the same rows."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from hallmark.errors import InputError
from hallmark.files import require

SPLITS = ("train", "validation", "test", "recent")
GROUP, DESCRIPTOR, TARGET = "group.", "descriptor.", "target."  # prefixes of columns, and of arrays
_MAX_SOURCE_BYTES = 2**16  # of source.json
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """Where raw data comes from, as the model card shows it.

    simulated: Whether a simulator made it: its numbers are never shown as results on real data.
    entity: What one entity is, in the singular: card, writer, patient.

    Raises `TypeError` where a field has a value of another type.
    """

    title: str
    origin: str = ""
    licence: str = ""
    simulated: bool = False
    entity: str = "example"

    @classmethod
    def of(cls, folder: Path, configured: Mapping[str, Any] | None) -> "Source":
        """Return the source of the raw data in `folder`.

        That is `configured`, the fields in the task's configuration; without them, the fields in
        the folder's `source.json`; without that file, a source whose title is the folder's name.

        Raises `InputError` where a field is unknown, missing or of another type, or source.json
        can't be read.
        """
        path = folder / "source.json"
        if configured is None and not path.exists():
            return cls(title=folder.name)

        try:
            source_fields = _read_source(path) if configured is None else configured
            return cls(**source_fields)
        except (ValueError, TypeError, OSError, RecursionError) as error:
            raise InputError(f"{path} must hold title, origin, licence, simulated and entity: {error}") from error

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            expected_type = bool if name == "simulated" else str
            type_name = "truth value" if name == "simulated" else "text"
            if not isinstance(value, expected_type):
                raise TypeError(f"{name} is {str(value)[:40]!r}, and no {type_name}")


def _read_source(path: Path) -> dict[str, Any]:
    """Return the fields in `source.json`.

    Raises `ValueError` where it is too long, not a JSON object, empty, or has a key twice.
    """
    with path.open("rb") as stream:
        content = stream.read(_MAX_SOURCE_BYTES + 1)
    if len(content) > _MAX_SOURCE_BYTES:
        raise ValueError(f"it has more than {_MAX_SOURCE_BYTES} bytes")

    pairs = json.loads(content.decode("utf-8"), object_pairs_hook=list)  # a list of (key, value): no key is lost
    source_fields = dict(pairs) if isinstance(pairs, list) else {}
    if not source_fields or len(source_fields) < len(pairs):
        raise ValueError("it is no object, or has a key twice")
    return source_fields


@dataclass(frozen=True)
class Examples:
    """n examples with their inputs.

    table: One row per example. `id`, `entity` and `fingerprint` are strings. `split` (one of
        SPLITS) is there once the examples are prepared. Optional are `time`, `label`,
        `group.<name>` (strings), `descriptor.<name>` (floats) and `entity_start`: the time of the
        entity's first row, which a system's `encode` may have dropped.
    arrays: By name, arrays (n, …) whose row i belongs to row i of the table. An array
        "target.<name>" is what is to be predicted, where that is not one of a fixed set of labels;
        the others are inputs.
    labels: The fixed set of labels, empty where there is none. A class index is a position in it.
    encoding: How the arrays were made from raw data (alphabet, tokens, items, sample rate), as
        JSON. The package contains it, so that inputs are encoded the same way when the model is
        used.
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
        """The names of the group columns, with their prefix."""
        return [column for column in self.table.columns if column.startswith(GROUP)]

    @property
    def descriptors(self) -> list[str]:
        """The names of the descriptor columns, with their prefix."""
        return [column for column in self.table.columns if column.startswith(DESCRIPTOR)]

    def take(self, rows: np.ndarray) -> "Examples":
        """Return the examples at `rows`, which are positions (m,) or booleans (n,).

        Arrays are copied into memory.
        """
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        table = self.table.iloc[positions].reset_index(drop=True)
        arrays = {name: np.asarray(array[positions]) for name, array in self.arrays.items()}
        return replace(self, table=table, arrays=arrays)

    def split(self, name: str) -> "Examples":
        """Return the examples of one split, copied into memory."""
        return self.take((self.table["split"] == name).to_numpy())

    def targets(self) -> np.ndarray:
        """Return an int64 array (n,) of class indices: each example's label as its position in `self.labels`.

        Raises `InputError` on a label that is not in `self.labels`, a missing one included.
        """
        indices = pd.Index(self.labels).get_indexer(pd.Index(self.table["label"]))  # -1: an unknown label
        is_unknown = indices < 0
        if is_unknown.any():
            unknown_label = self.table["label"][is_unknown].iloc[0]
            count = f"{is_unknown.sum():,} of {len(self.table):,} examples have an unknown label"
            raise InputError(f"label {unknown_label!r} is not one of {list(self.labels)} ({count})")
        return indices.astype(np.int64)


def write(examples: Examples, folder: Path, *, raw: str = "") -> None:
    """Write `examples.parquet`, `arrays/<name>.npy` and `dataset.json` into `folder`.

    `raw` is the SHA-256 of the raw data that the examples were made from (`digests.folder`).
    """
    (folder / "arrays").mkdir(parents=True, exist_ok=True)
    examples.table.to_parquet(folder / "examples.parquet", index=False)

    array_descriptions = {}
    for name, array in examples.arrays.items():
        np.save(folder / "arrays" / f"{name}.npy", array, allow_pickle=False)
        array_descriptions[name] = {"dtype": str(array.dtype), "shape": list(array.shape)}

    content: dict[str, Any] = {
        "labels": list(examples.labels),
        "source": vars(examples.source),
        "raw": raw,
        "encoding": examples.encoding,
        "arrays": array_descriptions,
    }
    text = json.dumps(content, indent=2, allow_nan=False)
    (folder / "dataset.json").write_text(text + "\n", encoding="utf-8")


def raw_digest(folder: Path) -> str:
    """Return the SHA-256 of the raw data from which the prepared data in `folder` was made.

    Raises `InputError` where dataset.json is missing or half-written, or has no such digest.
    """
    path = folder / "dataset.json"
    try:
        digest = json.loads(require(path, "the prepared data").read_text(encoding="utf-8"))["raw"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} does not say of what raw data it was made ({error!r}): run prepare again") from error

    if not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        raise InputError(f"{path} names no digest of the raw data, but {digest!r}: run prepare again")
    return digest


def table_file(folder: Path) -> Path:
    """Return the path of the Parquet file of the examples' table."""
    return folder / "examples.parquet"


def count(folder: Path) -> int:
    """Return the number of examples. Raises `InputError` as `read` does."""
    return len(read(folder, columns=[]))


def read(folder: Path, columns: Sequence[str] | None = None) -> Examples:
    """Read what `write` wrote. Arrays are read-only memory maps: only the rows in use are loaded.

    `columns` are those of the table that are read; None: all. Raises `InputError` where a file is
    missing, half-written or altered.
    """
    try:
        content = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / "arrays" / f"{name}.npy", mmap_mode="r") for name in content["arrays"]}
        table = pd.read_parquet(table_file(folder), columns=None if columns is None else list(columns))
        return Examples(
            table,
            arrays,
            labels=tuple(content["labels"]),
            source=Source(**content["source"]),
            encoding=content["encoding"],
        )
    except FileNotFoundError as error:
        raise InputError(
            f"prepared data is incomplete, {error.filename} is missing: run `dvc repro` from prepare on"
        ) from error
    except (ArrowException, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"prepared data in {folder} is half-written or altered ({reason}): run prepare again"
        ) from error
