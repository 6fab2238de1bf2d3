"""Raw files into documents, and a table with what else the files say of them; a function for each format."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import limits, tables, text_tables
from hallmark.formats.example_columns import require_columns
from hallmark.formats.folders import RawFolder
from hallmark.formats.registry import Reader
from hallmark.formats.shards import concatenate
from hallmark.formats.tables import Table
from hallmark.systems.language import config

_SUFFIXES = (".txt", ".md", ".rst", ".text")
_RESERVED = ("name", "text", "file", "folder", "position", "split")  # what a document has without the pattern


@dataclass(frozen=True)
class Documents:
    """The documents of a raw folder, in order."""

    names: np.ndarray  # (n,) each one's file, and its place there
    texts: np.ndarray  # (n,) strings
    files: tuple[str, ...]  # that were read, by their path in the folder
    table: Table  # a row for each, with the columns that a person can name in the configuration, and no other


def text(folder: RawFolder, parameters: config.Reading) -> Documents:
    """Read every text file as UTF-8, with a line's end as one character whatever system wrote it.

    Each file is a document, or several by `cut`; `splits` and `holdout` say a published split (see `config.Reading`).
    """
    files = list(folder.having(_SUFFIXES).values())
    if not files:
        raise InputError(f"{folder.root} holds no text files ({', '.join(_SUFFIXES)})")
    folder.require_all_read()
    unknown_files = sorted(set(parameters.splits) - {path.name for path in files})
    if unknown_files:
        raise InputError(f"prepare.reading.splits names the file {unknown_files[0]!r}, which is not in {folder.root}")

    rows = [row for path in files for row in _documents(path, folder.root, parameters)]
    table = pd.DataFrame(rows).assign(position=range(len(rows)))
    names = table.pop("name").to_numpy(object)
    texts = table.pop("text").to_numpy(object)
    return Documents(names, texts, tuple(folder.files), Table(table, _origin(files, folder.root)))


def _origin(files: list[Path], folder: Path) -> Path:
    return files[0] if len(files) == 1 else folder


def _documents(path: Path, folder: Path, parameters: config.Reading) -> Iterator[dict[str, Any]]:
    """Yield a row for each document of a text file: name, text, file, folder, split and the pattern's named groups."""
    splits = parameters.splits
    holdout = parameters.holdout
    inside = path.relative_to(folder)
    if splits and path.name not in splits:
        raise InputError(f"prepare.reading.splits has no split for {inside}: it names {', '.join(splits)}")

    content = decode(path)
    test_from = int((1 - holdout) * len(content)) if holdout else len(content)
    parts = [(content[:test_from], splits.get(path.name, "train")), (content[test_from:], "test")]

    about = {"file": inside.as_posix(), "folder": inside.parts[0] if len(inside.parts) > 1 else ""}
    number = 0
    for part, split in parts:
        if not part.strip():
            continue
        for document, named in _cut(part, parameters.cut):
            name = f"{inside.as_posix()}#{number}" if parameters.cut or holdout else inside.as_posix()
            row = {"name": name, "text": document, **about, **named}
            yield {**row, "split": split} if splits or holdout else row
            number += 1


def decode(path: Path) -> str:
    """Return a file's text. Raises `InputError` on bytes that are no UTF-8, on NUL bytes, and on a file that is empty
    or blank.
    """
    content = text_tables.read_text(path)
    if not content.strip():
        raise InputError(f"{path} is empty: it has no text")
    return content


def _lines(content: str) -> str:
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _cut(content: str, cut: config.Cut | None) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each document of a text with what the named groups of the match say, at which it begins.

    All parts together are the whole content; what stands before the first match is a document of its own.
    """
    if cut is None:
        yield content, {}
        return

    pattern = _compiled(cut.pattern)
    matches = list(pattern.finditer(content))
    if not matches:
        raise InputError(f"prepare.reading.cut.pattern {cut.pattern!r} matches nothing in {content[:40]!r}")

    start = 0
    named = dict.fromkeys(pattern.groupindex, "")
    for match in matches:
        before = content[start : match.start()]
        own_named = {name: text or "" for name, text in match.groupdict().items()}
        if not before.strip():
            named = own_named
        elif len(before) >= cut.least:
            yield before, named
            start = match.start()
            named = own_named
    yield content[start:], named


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise InputError(f"prepare.reading.cut.pattern is {pattern!r}, which is no pattern: {error}") from error
    taken = [name for name in compiled.groupindex if name in _RESERVED]
    if taken:
        raise InputError(
            f"prepare.reading.cut.pattern names a group {taken[0]!r}, but {', '.join(_RESERVED)} are the reader's own"
            " names: call it something else"
        )
    return compiled


def parquet(folder: RawFolder, parameters: config.Reading) -> Documents:
    """Read every Parquet file of the folder, rows in order."""
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    tables_by_name = {name: tables.load(folder, name) for name in files}
    return _joined(tables_by_name, folder, parameters.columns.text)


def jsonl(folder: RawFolder, parameters: config.Reading) -> Documents:
    """Read every file of JSON lines, one object a line."""
    files = folder.having((".jsonl", ".ndjson"))
    if not files:
        raise InputError(f"{folder.root} holds no file of JSON lines (.jsonl, .ndjson)")
    folder.require_all_read()
    tables_by_name = {name: Table(_objects(path), path) for name, path in files.items()}
    return _joined(tables_by_name, folder, parameters.columns.text, optional=True)


def _objects(path: Path) -> pd.DataFrame:
    """Return the objects of a file of JSON lines as rows; their values stay what JSON says that they are."""
    _require_short_lines(path)
    rows = []
    for number, line in enumerate(decode(path).split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line, object_pairs_hook=_without_repeats)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}, line {number} is no JSON: {error}") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}, line {number} holds {str(row)[:40]!r}, where an object is read")
            rows.append(row)

    keys = {key for row in rows for key in row}
    limits.require_size(8 * len(rows) * len(keys), path)
    return pd.DataFrame(rows, dtype=object)


def _require_short_lines(path: Path) -> None:
    """Raise `InputError` on a line with more bytes than are read of one, without taking it into memory."""
    with path.open("rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(limits.MOST_LINE + 1), b""), 1):
            if len(line) > limits.MOST_LINE:
                raise InputError(
                    f"{path}, line {number} has more than the {limits.MOST_LINE} bytes that are read of one"
                )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON. Raises `ValueError` on a key that stands twice, of which Python would keep the last."""
    content = dict(pairs)
    if len(content) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {repeated!r} stands twice in one object: rename one of them")
    return content


def _joined(files: Mapping[str, Table], folder: RawFolder, column: str, *, optional: bool = False) -> Documents:
    names = [f"{name}#{row}" for name, table in files.items() for row in range(len(table.frame))]
    frames = {name: table.frame for name, table in files.items()}
    joined = concatenate(frames, folder.root, optional=optional)
    texts = np.concatenate([_texts(table, column) for table in files.values()])
    origin = _origin([table.file for table in files.values()], folder.root)
    return Documents(np.array(names, object), texts, tuple(folder.files), Table(joined, origin))


def _texts(table: Table, column: str) -> np.ndarray:
    require_columns(table, {"prepare.reading.columns.text": column})
    raw = table.column(column)
    table.refuse(column, raw.isna().to_numpy(), "has no value")
    for row, cell in enumerate(raw, 1):
        if not isinstance(cell, str):
            raise InputError(f"{table.file}, column {column!r}, row {row}: the value {str(cell)[:40]!r} is no text")
    texts = pd.Series([_lines(cell) for cell in raw], dtype=object)
    table.refuse(column, ~texts.str.strip().astype(bool).to_numpy(), "is an empty text")
    table.refuse(column, texts.str.contains("\0", regex=False).to_numpy(bool), "is no text: it has a NUL character")
    table.refuse(column, texts.str.contains("[\ud800-\udfff]").to_numpy(bool), "is no text: it has half a character")
    return texts.to_numpy(object)


READERS: Mapping[str, Reader[config.Reading, Documents]] = {"text": text, "parquet": parquet, "jsonl": jsonl}
