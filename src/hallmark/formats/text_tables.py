"""Tables as text: CSV and its kin. A line is a row, and every row has the cells of the header.

Cells between commas and semicolons may be quoted (RFC 4180), but no cell holds a line break, since a quote that is not
closed would swallow the rows after it. Between other separators a quote is a character like any other.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities, limits

MISSING = ["", "nan", "NaN"]
_QUOTING = (",", ";")  # separators between which cells are quoted
_OTHERS = {
    b"\x1f\x8b": "packed by gzip (.gz)",
    b"BZh": "packed by bzip2 (.bz2)",
    b"\xfd7zXZ\0": "packed by xz (.xz)",
    b"\x28\xb5\x2f\xfd": "packed by zstd (.zst)",
    b"PK\x03\x04": "a zip, or a spreadsheet (.zip, .xlsx)",
    b"PAR1": "Parquet (.parquet)",
    b"%PDF": "a PDF",
}
_MANY = 10  # cells that all have digits, where the first has none, which is chance no more
_UNIT = "\x1f"  # ASCII's unit separator, which no text holds


def read(path: Path, *, separator: str = ",", encoding: str = "utf-8", columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return a text table with its cells as text, NaN where they are empty; `columns` names those of a file without a
    header line.

    Raises `InputError` on an unknown encoding or bytes that are none of it, NUL bytes, a column name that stands twice,
    rows with more or fewer cells than the header, and quotes that are not closed on their line.
    """
    if not separator or "\n" in separator or "\r" in separator or '"' in separator:
        raise InputError(f"{path} has the separator {separator!r} in the configuration, which separates no cells")
    content = decoded(path, encoding)
    lines = _lines(content)
    if not lines:
        raise InputError(f"{path} is empty")
    if len(separator.encode("utf-8", "replace")) > 1:  # pandas takes one byte
        lines = [line.replace(separator, _UNIT) for line in lines]
        separator = _UNIT
    quoted = separator in _QUOTING

    names = list(columns) or [name or f"Unnamed: {at}" for at, name in enumerate(_header(lines[0], separator, path))]
    _require_once(names, path)
    rows = lines if columns else lines[1:]
    if not rows:
        raise InputError(f"{path} is empty: it has no rows")
    _require_cells(rows, names, separator, quoted, path, declared=bool(columns))

    frame = pd.read_csv(
        StringIO("\n".join(rows) + "\n"),
        sep=separator,
        header=None,
        names=names,
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_values=MISSING,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skip_blank_lines=False,
    )
    if len(frame) != len(rows):
        raise InputError(f"{path} cannot be read: {len(rows)} lines became {len(frame)} rows")
    if not quoted and '"' in content:
        _require_unquoted(frame, path)
    if columns:
        _require_no_header(frame, path)
    return frame


def decoded(path: Path, encoding: str = "utf-8") -> str:
    """Return a file's text without a byte order mark, unpacked and with "\\n" at the end of every line.

    Raises `InputError` on bytes that are no such text, and on NUL bytes.
    """
    raw = limits.content(path)
    kind = next((kind for magic, kind in _OTHERS.items() if raw.startswith(magic)), None)
    if kind:
        raise InputError(f"{path} is {kind}, and no text: give it the suffix of its kind, or unpack it")
    try:
        codec = codecs.lookup(encoding).name
        text = raw.decode("utf-8-sig" if codec == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        raise InputError(
            f"{path}, line {line}: byte {error.start + 1}, {byte:#04x}, is no {error.encoding} text: declare the "
            "encoding where the task has a key for it, or save the file as UTF-8"
        ) from error
    except LookupError as error:
        raise InputError(f"{path} cannot be read: {error}") from error

    if codec not in ("utf-8", "utf-8-sig") and _is_utf8(raw):
        raise InputError(f"{path} is UTF-8, and not {encoding}, as the configuration declares: set encoding to utf-8")

    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise InputError(
            f"{path}, line {line}: there are NUL bytes, {text.count(chr(0))} in all, the first in "
            f"{text[max(0, at - 20) : at + 20]!r}: the file is damaged, or no UTF-8"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_utf8(raw: bytes) -> bool:
    """Return whether bytes beyond ASCII are UTF-8, which text of another encoding is by no chance worth a thought."""
    if raw.isascii():
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(content: str) -> list[str]:
    lines = content.split("\n")
    while lines and not lines[-1].strip(" "):
        lines.pop()
    return lines


def _header(line: str, separator: str, path: Path) -> list[str]:
    cells = _cells(line, separator)
    if cells is None:
        raise InputError(f"{path}, the header: a quote is not closed, or text follows the quote that closes a cell")
    if separator not in _QUOTING and any(_is_quoted(name) for name in cells):
        raise InputError(
            f"{path} quotes its cells, which only tables separated by a comma or semicolon do: remove them"
        )
    return cells


def _cells(line: str, separator: str) -> list[str] | None:
    """Return the cells of a line, or None where its quotes make no cells."""
    if separator not in _QUOTING or '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except (csv.Error, StopIteration):
        return None


def _require_once(names: Sequence[str], path: Path) -> None:
    counts = Counter(name.strip() for name in names)
    repeated = sorted(name for name, count in counts.items() if count > 1)
    if repeated:
        raise InputError(f"{path} has the column {repeated[0]!r} {counts[repeated[0]]} times: rename all but one")


def _require_no_header(frame: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` where the first row of a table whose columns are declared is likely to be a header line, which
    would be read as values: it holds the columns' names, or nothing but words, at least one of which stands over
    numbers.
    """
    first = frame.iloc[0].fillna("").astype(str)
    if not (_is_header_by_names(first, frame) or (_are_words(first) and _is_over_numbers(first, frame))):
        return
    raise InputError(
        f"{path} begins with what looks like a header line, {', '.join(first)[:60]!r}, but the configuration names the "
        "columns, as of a file without one: remove the line, or leave the columns out of the configuration"
    )


def _is_header_by_names(first: "pd.Series[str]", frame: pd.DataFrame) -> bool:
    """Return whether a cell of the first row is the name of its column, and no value of it in another row; or two cells
    are names of columns.
    """
    declared = [_letters(name) for name in first.index]
    written = [_letters(cell) for cell in first]
    own = [at for at, name in enumerate(written) if name and name == declared[at]]
    if len(own) == len(written) or sum(name in declared for name in written if name) > 1:
        return True
    return bool(own) and any(first.iloc[at] not in set(_others(first, frame).iloc[:, at]) for at in own)


def _is_over_numbers(first: "pd.Series[str]", frame: pd.DataFrame) -> bool:
    others = _others(first, frame)
    return any(_heads_numbers(first.iloc[at], others.iloc[:, at]) for at in range(len(first)))


def _others(first: "pd.Series[str]", frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ from the first one: a header line stands again where files were put together."""
    cells = frame.fillna("").astype(str)
    return cells[(cells != first).any(axis=1)]


def _letters(name: str) -> str:
    """Return the letters and digits of a name: what a header line and a configuration are likely to share."""
    return "".join(filter(str.isalnum, name.casefold()))


def _are_words(cells: "pd.Series[str]") -> bool:
    """Return whether cells are words, as a header line's are: they begin with a letter; some may be empty."""
    known = [cell for cell in cells.str.strip(" #%@'\"_") if cell]
    return bool(known) and all(cell[0].isalpha() for cell in known)


def _heads_numbers(head: str, others: "pd.Series[str]") -> bool:
    """Return whether the first cell of a column is a word, and all others are numbers, or of many have digits."""
    if identities.names_nothing(pd.Series([head]))[0] or head.strip().casefold() in ("inf", "infinity"):
        return False
    known = others[~identities.names_nothing(others)]
    if not len(known) or 2 * len(known) < len(others):
        return False
    if pd.to_numeric(known, errors="coerce").notna().all():
        return True
    return len(known) >= _MANY and not any(map(str.isdigit, head)) and bool(known.str.contains(r"\d").all())


def _require_cells(
    rows: Sequence[str], names: Sequence[str], separator: str, quoted: bool, path: Path, *, declared: bool
) -> None:
    counts = np.array([row.count(separator) + 1 for row in rows])
    if quoted:
        for at in (at for at, row in enumerate(rows) if '"' in row):
            cells = _cells(rows[at], separator)
            counts[at] = 0 if cells is None else len(cells)

    faulty = np.flatnonzero(counts != len(names))
    if not len(faulty):
        return
    at = int(faulty[0])
    also = f"; {len(faulty) - 1} more rows are faulty" if len(faulty) > 1 else ""
    where = f"{path}, row {at + 1} (line {at + 1 + (not declared)})"
    if counts[at] == 0:
        raise InputError(
            f"{where}: a quote opens a cell and is not closed on its line, or text follows the quote that closes it: "
            f"{rows[at][:60]!r}{also}. Double a quote inside a cell, and keep line breaks out of cells"
        )
    if declared and (counts == counts[0]).all():
        raise InputError(f"{path} has {counts[0]} columns, the configuration names {len(names)}: {list(names)}")
    fault = f"{counts[at]} cells where {'the configuration names' if declared else 'the header has'} {len(names)}"
    hint = " (each row ends in a separator)" if rows[at].endswith(separator) and counts[at] == len(names) + 1 else ""
    raise InputError(f"{where}: {fault}{hint}{also}: mend the rows, so that no value moves to another column")


def _is_quoted(cell: object) -> bool:
    return isinstance(cell, str) and len(cell) > 1 and cell[0] == cell[-1] == '"'


def _require_unquoted(frame: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` where every cell of a column stands in quotes, which would be read as part of the values."""
    for name in frame:
        known = frame[name].dropna()
        if len(known) and known.map(_is_quoted).all():
            raise InputError(
                f"{path}, column {name!r}: every cell stands in quotes, which only tables separated by a comma or "
                "semicolon have: remove them"
            )
