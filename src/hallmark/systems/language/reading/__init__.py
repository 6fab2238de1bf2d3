"""Raw text, in the formats of the field, into documents, and those into windows of tokens."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats.folders import RawFolder, discover
from hallmark.formats.shards import published_splits
from hallmark.formats.tables import Table, banded
from hallmark.systems.language import config
from hallmark.systems.language.reading import formats
from hallmark.systems.language.reading.descriptors import describe
from hallmark.systems.language.reading.formats import Documents
from hallmark.systems.language.reading.windows import INPUTS, encode

__all__ = ["INPUTS", "encode", "read"]

_SPLITS = ("train", "validation", "test")


def read(folder: Path, parameters: config.Reading) -> Examples:
    return _read(folder, **parameters.model_dump())


def _read(
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
    leave_out: Sequence[str] = (),
) -> Examples:
    """Read the documents in `folder`; the arguments are the keys of `config.Reading`.

    Returns a row for each document, with its text in the column `text`; `encoding` holds what `encode` needs to make
    tokens of it. Raises `InputError`, naming the file, column or key, on everything that can be wrong with files that a
    person supplies.
    """
    _check(vocabulary, context, overlap)
    files = discover(folder, leave_out)
    raw = _load(files, format, columns, cut=cut, splits=splits, holdout=holdout)
    if not columns["split"] and "split" not in raw.said.frame:
        _require_no_published_split(files, documents=format == "text")
    table = _table(raw, columns)
    _single(raw.said, groups.values())
    described = describe(table["text"].tolist())
    for name, column in groups.items():
        table[GROUP + name] = raw.said.named_groups(column, {}, f"prepare.reading.groups.{name}")
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


def _require_no_published_split(folder: RawFolder, *, documents: bool) -> None:
    """Raise `InputError` where files are named as several splits, which nothing in the configuration takes up."""
    splits = set(published_splits(folder.files, folder.root, documents=documents) or ())
    if len(splits) > 1:
        raise InputError(
            f"the files in {folder.root} are named as the splits {', '.join(sorted(splits))}, but nothing says that "
            "they are: give each row its split in the column 'split' or one that prepare.reading.columns.split names, "
            "or each text file in prepare.reading.splits, or rename the files"
        )


def _load(
    folder: RawFolder,
    format: str,
    columns: Mapping[str, str | None],
    *,
    cut: Mapping[str, Any] | None,
    splits: Mapping[str, str],
    holdout: float,
) -> Documents:
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


def _table(raw: Documents, columns: Mapping[str, str | None]) -> pd.DataFrame:
    said, named, entity = raw.said, columns["id"], columns["entity"]
    split = columns["split"] or ("split" if "split" in said.frame else None)
    _single(said, (named, entity, columns["time"], split))
    table = pd.DataFrame({"id": said.unique(named) if named else raw.names})
    table["entity"] = said.identities(entity) if entity else table["id"]
    if columns["time"]:
        table["time"] = said.seconds(columns["time"])
    if split:
        table["split"] = said.texts(split)
        said.refuse(split, ~table["split"].isin(_SPLITS).to_numpy(), f"is none of {', '.join(_SPLITS)}")
    return table.assign(text=raw.texts)


def _single(said: Table, columns: Iterable[str | None]) -> None:
    """Raise `InputError` where a cell is a list or an object, as JSON lines and Parquet can hold them."""
    for column in filter(None, columns):
        for row, cell in enumerate(said.column(column), 1):
            if is_list_like(cell):
                raise InputError(
                    f"{said.file}, column {column!r}, row {row}: the value {str(cell)[:40]!r} is no single value"
                )


def _banded(
    described: pd.DataFrame, group: str, *, descriptor: str, edges: Sequence[float], names: Sequence[str]
) -> np.ndarray:
    key = f"prepare.reading.bands.{group}"
    if descriptor not in described:
        raise InputError(f"{key}.descriptor is {descriptor!r}, which is none of {', '.join(described.columns)}")
    return banded(described[descriptor].to_numpy(float), edges, key, names)
