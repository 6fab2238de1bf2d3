"""Readers of raw texts, a function for each format: files → documents and a table of their metadata."""

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
from hallmark.formats.reader_registry import reads
from hallmark.formats.shards import concatenate
from hallmark.formats.tables import Table
from hallmark.systems.language import config

_SUFFIXES = (".txt", ".md", ".rst", ".text")
# Columns that the reader of text files makes itself, so that no group of a pattern can have their
# names.
_RESERVED = ("name", "text", "file", "folder", "position", "split")


@dataclass(frozen=True)
class Documents:
    """The n documents of a raw folder, in the order of the files and of each file."""

    names: np.ndarray  # (n,) texts: the file, with "#" and the document's position in it where it has several
    texts: np.ndarray  # (n,) texts, with one line feed at the end of each line
    files: tuple[str, ...]  # the files that were read, by their paths in the folder
    table: Table  # a row each, with the columns that a person can name in the configuration, and no others


@reads(Documents, "text")
def text(folder: RawFolder, parameters: config.Reading) -> Documents:
    """Read every text file of the folder, as UTF-8.

    Each file is a document, or several by `cut`. `splits` and `holdout` make a published split (see
    `config.Reading`).
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
    """Return the path that errors about the table name: the file, or the folder where there are several."""
    return files[0] if len(files) == 1 else folder


def _documents(path: Path, folder: Path, parameters: config.Reading) -> Iterator[dict[str, Any]]:
    """Yield a row for each document of a text file.

    It has the keys name, text, file, folder, the pattern's named groups, and split where one is
    configured. With `holdout`, the last share of the file's characters is the test split; both
    parts are cut separately.
    """
    splits = parameters.splits
    holdout = parameters.holdout
    relative_path = path.relative_to(folder)
    if splits and path.name not in splits:
        raise InputError(f"prepare.reading.splits has no split for {relative_path}: it names {', '.join(splits)}")

    content = decode(path)
    test_start = int((1 - holdout) * len(content)) if holdout else len(content)
    parts = [(content[:test_start], splits.get(path.name, "train")), (content[test_start:], "test")]

    file = relative_path.as_posix()
    has_several = bool(parameters.cut or holdout)
    position = 0
    for part, split in parts:
        if not part.strip():
            continue
        for document, values_by_group in _cut(part, parameters.cut):
            row = {
                "name": f"{file}#{position}" if has_several else file,
                "text": document,
                "file": file,
                "folder": relative_path.parts[0] if len(relative_path.parts) > 1 else "",
                **values_by_group,
            }
            if splits or holdout:
                row["split"] = split
            yield row
            position += 1


def decode(path: Path) -> str:
    """Return a file's text, with one line feed at the end of each line.

    Raises `InputError` on bytes that are no UTF-8, on NUL bytes, and on a file that is empty or
    blank.
    """
    content = text_tables.read_text(path)
    if not content.strip():
        raise InputError(f"{path} is empty: it has no text")
    return content


def _normalise_line_ends(content: str) -> str:
    """Return the text with one line feed at the end of each line, whatever system wrote it."""
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _cut(content: str, cut: config.Cut | None) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each document of a text, and the values of the pattern's named groups where it begins.

    A document begins at a match of `cut.pattern`, once the one before has `cut.least` characters.
    Text before the first match is a document of its own, and has "" for each group. The documents
    together are the whole content. Raises `InputError` where the pattern matches nothing.
    """
    if cut is None:
        yield content, {}
        return

    pattern = _compiled(cut.pattern)
    matches = list(pattern.finditer(content))
    if not matches:
        raise InputError(f"prepare.reading.cut.pattern {cut.pattern!r} matches nothing in {content[:40]!r}")

    start = 0  # of the present document
    values_by_group = dict.fromkeys(pattern.groupindex, "")
    for match in matches:
        document = content[start : match.start()]
        values_of_match = {name: value or "" for name, value in match.groupdict().items()}
        if not document.strip():
            values_by_group = values_of_match
        elif len(document) >= cut.least:
            yield document, values_by_group
            start = match.start()
            values_by_group = values_of_match
    yield content[start:], values_by_group


def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern.

    Raises `InputError` on a faulty one, and on a group with a reserved name.
    """
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise InputError(f"prepare.reading.cut.pattern is {pattern!r}, which is no pattern: {error}") from error
    reserved_names = [name for name in compiled.groupindex if name in _RESERVED]
    if reserved_names:
        raise InputError(
            f"prepare.reading.cut.pattern names a group {reserved_names[0]!r}, but {', '.join(_RESERVED)} are the "
            "reader's own names: call it something else"
        )
    return compiled


@reads(Documents, "parquet")
def parquet(folder: RawFolder, parameters: config.Reading) -> Documents:
    """Read every Parquet file of the folder; each row is a document."""
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    tables_by_name = {name: tables.load(folder, name) for name in files}
    return _join_tables(tables_by_name, folder, parameters.columns.text)


@reads(Documents, "jsonl")
def jsonl(folder: RawFolder, parameters: config.Reading) -> Documents:
    """Read every file of JSON lines of the folder; each line is an object, and a document."""
    files = folder.having((".jsonl", ".ndjson"))
    if not files:
        raise InputError(f"{folder.root} holds no file of JSON lines (.jsonl, .ndjson)")
    folder.require_all_read()
    tables_by_name = {name: Table(_objects(path), path) for name, path in files.items()}
    return _join_tables(tables_by_name, folder, parameters.columns.text, optional=True)


def _objects(path: Path) -> pd.DataFrame:
    """Return the objects of a file of JSON lines as rows; numbers, texts and lists keep their types.

    Raises `InputError` on a line that is no object, and on a file whose table would be too large.
    """
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
    limits.require_size(8 * len(rows) * len(keys), path)  # a pointer of 8 bytes for each cell
    return pd.DataFrame(rows, dtype=object)


def _require_short_lines(path: Path) -> None:
    """Raise `InputError` on a line that is too long, without reading all of it into memory."""
    with path.open("rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(limits.MOST_LINE + 1), b""), 1):
            if len(line) > limits.MOST_LINE:
                raise InputError(
                    f"{path}, line {number} has more than the {limits.MOST_LINE} bytes that are read of one"
                )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON.

    Raises `ValueError` on a repeated key, of which Python would keep the last value.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {repeated!r} stands twice in one object: rename one of them")
    return content


def _join_tables(files: Mapping[str, Table], folder: RawFolder, column: str, *, optional: bool = False) -> Documents:
    """Return the rows of all files as documents; `column` has the texts.

    `optional` says that a file may lack columns of the others, as JSON lines leave out empty keys.
    """
    names = [f"{name}#{row}" for name, table in files.items() for row in range(len(table.frame))]
    frames = {name: table.frame for name, table in files.items()}
    joined = concatenate(frames, folder.root, optional=optional)
    texts = np.concatenate([_texts(table, column) for table in files.values()])
    origin = _origin([table.file for table in files.values()], folder.root)
    return Documents(np.array(names, object), texts, tuple(folder.files), Table(joined, origin))


def _texts(table: Table, column: str) -> np.ndarray:
    """Return the texts (n,) of the column, with one line feed at the end of each line.

    Raises `InputError` on a cell that is no text, is blank, or has a NUL character or a lone
    surrogate.
    """
    require_columns(table, {"prepare.reading.columns.text": column})
    raw = table.column(column)
    table.refuse(column, raw.isna().to_numpy(), "has no value")
    for row, cell in enumerate(raw, 1):
        if not isinstance(cell, str):
            raise InputError(f"{table.file}, column {column!r}, row {row}: the value {str(cell)[:40]!r} is no text")
    texts = pd.Series([_normalise_line_ends(cell) for cell in raw], dtype=object)
    table.refuse(column, ~texts.str.strip().astype(bool).to_numpy(), "is an empty text")
    table.refuse(column, texts.str.contains("\0", regex=False).to_numpy(bool), "is no text: it has a NUL character")
    table.refuse(column, texts.str.contains("[\ud800-\udfff]").to_numpy(bool), "is no text: it has half a character")
    return texts.to_numpy(object)
