"""Raw files into documents: a table with `name`, `text` and what else the files say; a function for each format."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import tables

_SUFFIXES = (".txt", ".md", ".rst", ".text")


def text(folder: Path, *, cut: Mapping[str, Any] | None, splits: Mapping[str, str], holdout: float) -> pd.DataFrame:
    """Read every text file as UTF-8, with a line's end as one character whatever system wrote it.

    Each file is a document, or several by `cut`; `splits` and `holdout` say a published split (see `config.Reading`).
    """
    if not 0 <= holdout < 1:
        raise InputError(f"prepare.reading.holdout is {holdout:g}, but a share lies between 0 and 1")
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    if not files:
        raise InputError(f"{folder} holds no text files ({', '.join(_SUFFIXES)})")
    unknown = sorted(set(splits) - {path.name for path in files})
    if unknown:
        raise InputError(f"prepare.reading.splits names the file {unknown[0]!r}, which is not in {folder}")
    rows = [row for path in files for row in _documents(path, folder, cut, splits, holdout)]
    return pd.DataFrame(rows).assign(position=range(len(rows)))


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
    """Return a file's text. Raises `InputError` on bytes that are no UTF-8 and on a file without a letter or digit."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is no UTF-8 text: byte {error.start + 1} is {error.object[error.start]:#04x}"
        ) from error
    if not content.strip():
        raise InputError(f"{path} is empty: it has no text")
    return _lines(content)


def _lines(content: str) -> str:
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _cut(content: str, cut: Mapping[str, Any] | None) -> Iterator[tuple[str, dict[str, str]]]:
    """Cut at matches of the pattern; what a match's named groups say goes with the document that begins there.

    All parts together are the whole content; what stands before the first match is a document of its own.
    """
    if cut is None:
        yield content, {}
        return
    try:
        pattern = re.compile(cut["pattern"], re.MULTILINE)
    except re.error as error:
        raise InputError(f"prepare.reading.cut.pattern is {cut['pattern']!r}, which is no pattern: {error}") from error
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


def parquet(folder: Path, column: str) -> pd.DataFrame:
    """Read every Parquet file of the folder, rows in order; `column` holds the text."""
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise InputError(f"{folder} holds no Parquet file")
    return _joined([(path, tables.load(folder, path.relative_to(folder).as_posix())) for path in files], folder, column)


def jsonl(folder: Path, column: str) -> pd.DataFrame:
    """Read every file of JSON lines, one object a line; `column` holds the text."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".jsonl", ".ndjson"))
    if not files:
        raise InputError(f"{folder} holds no file of JSON lines (.jsonl, .ndjson)")
    return _joined([(path, tables.Table(pd.DataFrame(_objects(path)), path)) for path in files], folder, column)


def _objects(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(decode(path).split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}, line {number} is no JSON: {error}") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}, line {number} holds {str(row)[:40]!r}, where an object is read")
            rows.append(row)
    return rows


def _joined(files: list[tuple[Path, tables.Table]], folder: Path, column: str) -> pd.DataFrame:
    parts = []
    for path, table in files:
        texts = pd.Series(table.texts(column)).map(_lines)
        table.refuse(column, ~texts.str.strip().astype(bool).to_numpy(), "is an empty text")
        table.refuse(column, texts.str.contains("[\ud800-\udfff]").to_numpy(), "is no text: it has half a character")
        names = [f"{path.relative_to(folder).as_posix()}#{row}" for row in range(len(texts))]
        parts.append(table.frame.drop(columns=column).assign(name=names, text=texts.to_numpy(object)))
    return pd.concat(parts, ignore_index=True)
