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
from hallmark.formats.folders import RawFolder
from hallmark.formats.shards import concatenated
from hallmark.formats.tables import Table

_SUFFIXES = (".txt", ".md", ".rst", ".text")
_RESERVED = ("name", "text", "file", "folder", "position", "split")  # what a document has without the pattern


@dataclass(frozen=True)
class Documents:
    """The documents of a raw folder, in order.

    `names` (n,) are each one's file and place in it, `texts` (n,) strings. `said`, a row for each, has the columns that
    a person can name in the configuration, and no other.
    """

    names: np.ndarray
    texts: np.ndarray
    said: Table


def text(folder: RawFolder, *, cut: Mapping[str, Any] | None, splits: Mapping[str, str], holdout: float) -> Documents:
    """Read every text file as UTF-8, with a line's end as one character whatever system wrote it.

    Each file is a document, or several by `cut`; `splits` and `holdout` say a published split (see `config.Reading`).
    """
    if not 0 <= holdout < 1:
        raise InputError(f"prepare.reading.holdout is {holdout:g}, but a share lies between 0 and 1")
    files = list(folder.having(_SUFFIXES).values())
    if not files:
        raise InputError(f"{folder.root} holds no text files ({', '.join(_SUFFIXES)})")
    folder.require_all_read()
    unknown = sorted(set(splits) - {path.name for path in files})
    if unknown:
        raise InputError(f"prepare.reading.splits names the file {unknown[0]!r}, which is not in {folder.root}")
    rows = [row for path in files for row in _documents(path, folder.root, cut, splits, holdout)]
    said = pd.DataFrame(rows).assign(position=range(len(rows)))
    names, texts = (said.pop(column).to_numpy(object) for column in ("name", "text"))
    return Documents(names, texts, Table(said, _origin(files, folder.root)))


def _origin(files: list[Path], folder: Path) -> Path:
    return files[0] if len(files) == 1 else folder


def _documents(
    path: Path, folder: Path, cut: Mapping[str, Any] | None, splits: Mapping[str, str], holdout: float
) -> Iterator[dict[str, Any]]:
    content, inside = decode(path), path.relative_to(folder)
    if splits and path.name not in splits:
        raise InputError(f"prepare.reading.splits has no split for {inside}: it names {', '.join(splits)}")
    about = {"file": inside.as_posix(), "folder": inside.parts[0] if len(inside.parts) > 1 else ""}
    edge = int((1 - holdout) * len(content)) if holdout else len(content)
    number = 0
    for part, split in ((content[:edge], splits.get(path.name, "train")), (content[edge:], "test")):
        for document, said in _cut(part, cut) if part.strip() else ():
            name = f"{inside.as_posix()}#{number}" if cut or holdout else inside.as_posix()
            yield {"name": name, "text": document, **about, **said, **({"split": split} if splits or holdout else {})}
            number += 1


def decode(path: Path) -> str:
    """Return a file's text. Raises `InputError` on bytes that are no UTF-8, on NUL bytes, and on a file that is empty
    or blank.
    """
    content = text_tables.decoded(path)
    if not content.strip():
        raise InputError(f"{path} is empty: it has no text")
    return content


def _lines(content: str) -> str:
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _cut(content: str, cut: Mapping[str, Any] | None) -> Iterator[tuple[str, dict[str, str]]]:
    """Cut at matches of the pattern; what a match's named groups say goes with the document that begins there.

    All parts together are the whole content; what stands before the first match is a document of its own.
    """
    if cut is None:
        yield content, {}
        return
    pattern = _compiled(cut["pattern"])
    nothing = dict.fromkeys(pattern.groupindex, "")
    start, said, found = 0, nothing, False
    for match in pattern.finditer(content):
        found = True
        before, named = content[start : match.start()], {name: text or "" for name, text in match.groupdict().items()}
        if not before.strip():
            said = named
        elif len(before) >= cut["least"]:
            yield before, said
            start, said = match.start(), named
    if not found:
        raise InputError(f"prepare.reading.cut.pattern {cut['pattern']!r} matches nothing in {content[:40]!r}")
    yield content[start:], said


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


def parquet(folder: RawFolder, column: str) -> Documents:
    """Read every Parquet file of the folder, rows in order; `column` holds the text."""
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    return _joined({name: tables.load(folder, name) for name in files}, folder, column)


def jsonl(folder: RawFolder, column: str) -> Documents:
    """Read every file of JSON lines, one object a line; `column` holds the text."""
    files = folder.having((".jsonl", ".ndjson"))
    if not files:
        raise InputError(f"{folder.root} holds no file of JSON lines (.jsonl, .ndjson)")
    folder.require_all_read()
    found = {name: Table(_objects(path), path) for name, path in files.items()}
    return _joined(found, folder, column, optional=True)


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
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {repeated!r} stands twice in one object: rename one of them")
    return found


def _joined(files: Mapping[str, Table], folder: RawFolder, column: str, *, optional: bool = False) -> Documents:
    names = [f"{name}#{row}" for name, table in files.items() for row in range(len(table.frame))]
    frames = {name: table.frame for name, table in files.items()}
    said = concatenated(frames, folder.root, optional=optional)
    texts = np.concatenate([_texts(table, column) for table in files.values()])
    origin = _origin([table.file for table in files.values()], folder.root)
    return Documents(np.array(names, object), texts, Table(said, origin))


def _texts(table: Table, column: str) -> np.ndarray:
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
