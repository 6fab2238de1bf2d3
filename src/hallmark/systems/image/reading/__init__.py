"""Raw pictures, in the formats of the field, into examples."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.systems.image.reading import formats
from hallmark.systems.image.reading.descriptors import describe
from hallmark.systems.image.reading.pictures import Shape

_SPLITS = ("train", "validation", "test")


def read(
    folder: Path,
    *,
    format: str,
    height: int,
    width: int,
    channels: int,
    labels: Sequence[str],
    convert: bool,
    metadata: str | None,
    columns: Mapping[str, str | None],
    groups: Mapping[str, str],
    bands: Mapping[str, Mapping[str, Any]],
    source: Mapping[str, Any] | None,
) -> Examples:
    """Read the pictures in `folder`; the arguments are the keys of `config.Reading`.

    Returns examples with the array `image`, uint8 (n, C, H, W); a published split stands in `split`. Raises
    `InputError`, naming the file, column or key, on everything that can be wrong with files that a person supplies.
    """
    if not folder.is_dir():
        raise InputError(f"the raw data is missing: there is no folder {folder}")
    shape = Shape(height, width, channels, convert)
    images, raw = _load(folder, format, shape, columns, metadata)
    table = _table(raw, columns, labels)
    described = describe(images)
    for name, column in groups.items():
        table[GROUP + name] = _column(raw, column, f"prepare.reading.groups.{name}").astype(str).replace("", "unknown")
    for name, band in bands.items():
        if name in groups:
            raise InputError(f"the group {name!r} stands under both prepare.reading.groups and prepare.reading.bands")
        table[GROUP + name] = _banded(described, name, **band)
    table = pd.concat([table, described.add_prefix(DESCRIPTOR)], axis=1)
    return Examples(table, {"image": images}, tuple(labels), Source.of(folder, source))


def _load(
    folder: Path, format: str, shape: Shape, columns: Mapping[str, str | None], metadata: str | None
) -> formats.Raw:
    if format == "folder":
        return formats.folder(folder, shape, columns, metadata)
    readers = {"parquet": formats.parquet, "npz": formats.npz, "idx": formats.idx_files}
    if format not in readers:
        raise InputError(f"prepare.reading.format is {format!r}, which is none of folder, {', '.join(readers)}")
    if metadata:
        raise InputError(f"prepare.reading.metadata is {metadata!r}, but only the format 'folder' has such a table")
    return readers[format](folder, shape, columns)


def _table(raw: pd.DataFrame, columns: Mapping[str, str | None], labels: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame({"id": _column(raw, columns["id"] or "name", "prepare.reading.columns.id").astype(str)})
    twice = table["id"][table["id"].duplicated()]
    if len(twice):
        raise InputError(f"the id {twice.iloc[0]!r} stands twice in column {columns['id'] or columns['image']!r}")
    entity = columns["entity"]
    table["entity"] = _column(raw, entity, "prepare.reading.columns.entity").astype(str) if entity else table["id"]
    if columns["time"]:
        table["time"] = _time(_column(raw, columns["time"], "prepare.reading.columns.time"))
    if columns["split"] or "split" in raw:
        table["split"] = _split(_column(raw, columns["split"] or "split", "prepare.reading.columns.split"))
    if columns["label"]:
        table["label"] = _labels(raw, columns["label"], labels)
    return table


def _column(raw: pd.DataFrame, column: str, key: str) -> "pd.Series[Any]":
    if column not in raw:
        raise InputError(f"the raw data has no column {column!r}, which {key} names: it has {', '.join(raw.columns)}")
    return raw[column]


def _labels(raw: pd.DataFrame, column: str, labels: Sequence[str]) -> np.ndarray:
    """Integers are positions in `labels`; text must be one of them."""
    values = _column(raw, column, "prepare.reading.columns.label")
    names = np.asarray(labels, object)
    if pd.api.types.is_integer_dtype(values.dtype):
        position = values.to_numpy(np.int64)
        wrong = (position < 0) | (position >= len(names))
        labelled = names[np.where(wrong, 0, position)]
    else:
        labelled = values.to_numpy(object)
        wrong = ~np.isin(labelled.astype(str), names.astype(str))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"picture {raw['name'].iloc[row]} has the label {values.tolist()[row]!r}, which is none of those in "
            f"prepare.reading.labels: {', '.join(labels)}"
        )
    return labelled


def _time(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as they are, anything else as dates; what is neither raises `InputError`."""
    try:
        return pd.to_numeric(values)
    except (ValueError, TypeError):
        pass
    try:
        return pd.to_datetime(values, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InputError(
            f"column {values.name!r} holds times that are neither numbers nor ISO 8601 dates: {error}"
        ) from error


def _split(values: "pd.Series[Any]") -> "pd.Series[Any]":
    unknown = sorted(set(values.astype(str)) - set(_SPLITS))
    if unknown:
        raise InputError(
            f"column {values.name!r} holds the split {unknown[0]!r}, which is none of {', '.join(_SPLITS)}"
        )
    return values


def _banded(
    described: pd.DataFrame, group: str, *, descriptor: str, edges: Sequence[float], names: Sequence[str]
) -> np.ndarray:
    key = f"prepare.reading.bands.{group}"
    if descriptor not in described:
        raise InputError(f"{key}.descriptor is {descriptor!r}, which is none of {', '.join(described.columns)}")
    if list(edges) != sorted(set(edges)) or len(names) != len(edges) + 1:
        raise InputError(
            f"{key} needs ascending edges and one more name than edges: it has {list(edges)} and {list(names)}"
        )
    banded: np.ndarray = np.asarray(names, object)[
        np.searchsorted(np.asarray(edges), described[descriptor], side="right")
    ]
    return banded
