"""Raw text, in the formats of the field, into documents, and those into windows of tokens."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.systems.language.reading import formats
from hallmark.systems.language.reading.descriptors import describe
from hallmark.systems.language.reading.windows import encode

__all__ = ["encode", "read"]

_SPLITS = ("train", "validation", "test")


def read(
    folder: Path,
    *,
    format: str,
    vocabulary: int,
    context: int,
    overlap: int,
    columns: Mapping[str, str | None],
    cut: Mapping[str, Any] | None,
    splits: Mapping[str, str],
    holdout: float,
    groups: Mapping[str, str],
    bands: Mapping[str, Mapping[str, Any]],
    source: Mapping[str, Any] | None,
) -> Examples:
    """Read the documents in `folder`; the arguments are the keys of `config.Reading`.

    Returns a row for each document, with its text in the column `text`; `encoding` holds what `encode` needs to make
    tokens of it. Raises `InputError`, naming the file, column or key, on everything that can be wrong with files that a
    person supplies.
    """
    if not folder.is_dir():
        raise InputError(f"the raw data is missing: there is no folder {folder}")
    _check(vocabulary, context, overlap)
    raw = _load(folder, format, columns, cut=cut, splits=splits, holdout=holdout)
    table = _table(raw, columns)
    described = describe(table["text"].tolist())
    for name, column in groups.items():
        named = _column(raw, column, f"prepare.reading.groups.{name}").fillna("").astype(str)
        table[GROUP + name] = named.replace("", "unknown")
    for name, band in bands.items():
        if name in groups:
            raise InputError(f"the group {name!r} stands under both prepare.reading.groups and prepare.reading.bands")
        table[GROUP + name] = _banded(described, name, **band)
    table = pd.concat([table, described.add_prefix(DESCRIPTOR)], axis=1)
    plan = {"vocabulary": vocabulary, "context": context, "overlap": overlap}
    return Examples(table, {}, source=Source.of(folder, source), encoding=plan)


def _check(vocabulary: int, context: int, overlap: int) -> None:
    if vocabulary < 256:
        raise InputError(f"prepare.reading.vocabulary is {vocabulary}, but the single bytes alone are 256 tokens")
    if not 1 <= overlap < context:
        raise InputError(f"prepare.reading.overlap is {overlap}: it must lie from 1 to below context, {context}")


def _load(
    folder: Path,
    format: str,
    columns: Mapping[str, str | None],
    *,
    cut: Mapping[str, Any] | None,
    splits: Mapping[str, str],
    holdout: float,
) -> pd.DataFrame:
    if format == "text":
        return formats.text(folder, cut=cut, splits=splits, holdout=holdout)
    readers = {"parquet": formats.parquet, "jsonl": formats.jsonl}
    if format not in readers:
        raise InputError(f"prepare.reading.format is {format!r}, which is none of text, {', '.join(readers)}")
    for key, given in (("cut", cut), ("splits", splits), ("holdout", holdout)):
        if given:
            raise InputError(f"prepare.reading.{key} is for text files, but prepare.reading.format is {format!r}")
    if not columns["text"]:
        raise InputError("prepare.reading.columns.text is empty: it must name the column that holds the text")
    return readers[format](folder, columns["text"])


def _table(raw: pd.DataFrame, columns: Mapping[str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame({"id": _column(raw, columns["id"] or "name", "prepare.reading.columns.id").astype(str)})
    twice = table["id"][table["id"].duplicated()]
    if len(twice):
        raise InputError(f"the id {twice.iloc[0]!r} stands twice in column {columns['id']!r}")
    entity = columns["entity"]
    table["entity"] = _column(raw, entity, "prepare.reading.columns.entity").astype(str) if entity else table["id"]
    if columns["time"]:
        table["time"] = _time(_column(raw, columns["time"], "prepare.reading.columns.time"))
    if columns["split"] or "split" in raw:
        table["split"] = _split(_column(raw, columns["split"] or "split", "prepare.reading.columns.split"))
    return table.assign(text=raw["text"])


def _column(raw: pd.DataFrame, column: str, key: str) -> "pd.Series[Any]":
    if column not in raw:
        raise InputError(f"the raw data has no column {column!r}, which {key} names: it has {', '.join(raw.columns)}")
    return raw[column]


def _time(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as they are, anything else as dates; what is neither raises `InputError`."""
    numbers = pd.to_numeric(values, errors="coerce")
    times = pd.to_datetime(values, format="ISO8601", errors="coerce") if numbers.isna().any() else numbers
    if times.isna().any():
        value = values[times.isna()].iloc[0]
        raise InputError(f"column {values.name!r} holds the time {value!r}, which is neither a number nor an ISO date")
    return times


def _split(values: "pd.Series[Any]") -> "pd.Series[Any]":
    unknown = sorted(set(values.astype(str)) - set(_SPLITS))
    if unknown:
        raise InputError(f"the published split {unknown[0]!r} is none of {', '.join(_SPLITS)}")
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
    banded: np.ndarray = np.asarray(names, object)[np.searchsorted(edges, described[descriptor], side="right")]
    return banded
