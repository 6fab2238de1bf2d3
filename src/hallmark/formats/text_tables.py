"""Text tables: CSV and similar formats. A line is a row, and every row has as many cells as the header.

With commas and semicolons as separators, cells may be quoted (RFC 4180), but a cell can't contain a
line break: a quote that is not closed would swallow the rows after it. With other separators, a
quote is an ordinary character.
"""

import codecs
import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import identities, limits
from hallmark.formats.column_names import require_unique

MISSING = ["", "nan", "NaN"]  # cells that count as missing
_QUOTING_SEPARATORS = (",", ";")  # with which cells may be quoted
_OTHER_FORMATS = {  # by their first bytes
    b"\x1f\x8b": "packed by gzip (.gz)",
    b"BZh": "packed by bzip2 (.bz2)",
    b"\xfd7zXZ\0": "packed by xz (.xz)",
    b"\x28\xb5\x2f\xfd": "packed by zstd (.zst)",
    b"PK\x03\x04": "a zip, or a spreadsheet (.zip, .xlsx)",
    b"PAR1": "Parquet (.parquet)",
    b"%PDF": "a PDF",
}
_MIN_CELLS_WITH_DIGITS = 10  # below a word without digits: from here on, hardly chance
_UNIT_SEPARATOR = "\x1f"  # a control character of ASCII that texts don't use


def read(path: Path, *, separator: str = ",", encoding: str = "utf-8", columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return a text table with text in every cell, NaN where a cell is empty or "nan".

    `separator` is one or several characters; `columns` are the names of the columns of a file
    without a header line.

    Raises `InputError` on an unknown encoding, bytes that are invalid in it, NUL bytes, a repeated
    column name, rows with more or fewer cells than the header, quotes that are not closed on their
    line, and a header line where `columns` are given.
    """
    if not separator or "\n" in separator or "\r" in separator or '"' in separator:
        raise InputError(f"{path} has the separator {separator!r} in the configuration, which separates no cells")
    content = read_text(path, encoding)
    lines = _lines(content)
    if not lines:
        raise InputError(f"{path} is empty")
    if len(separator.encode("utf-8", "replace")) > 1:  # pandas' fast parser takes one byte
        lines = [line.replace(separator, _UNIT_SEPARATOR) for line in lines]
        separator = _UNIT_SEPARATOR

    names = list(columns) or _header_names(lines[0], separator, path)
    require_unique(names, path)
    rows = lines if columns else lines[1:]
    if not rows:
        raise InputError(f"{path} is empty: it has no rows")
    _require_cells(rows, names, separator, path, declared=bool(columns))

    is_quoting = separator in _QUOTING_SEPARATORS
    frame = pd.read_csv(
        StringIO("\n".join(rows) + "\n"),
        sep=separator,
        header=None,
        names=names,
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_values=MISSING,
        quoting=csv.QUOTE_MINIMAL if is_quoting else csv.QUOTE_NONE,
        skip_blank_lines=False,
    )

    if len(frame) != len(rows):
        raise InputError(f"{path} cannot be read: {len(rows)} lines became {len(frame)} rows")
    if not is_quoting and '"' in content:
        _require_unquoted(frame, path)
    if columns:
        _require_no_header(frame, path)
    return frame


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Return a file's text, unpacked (`limits.unpack`), with "\\n" as line ends and no byte order mark.

    Raises `InputError` on another format, bytes that are invalid in the encoding, UTF-8 where
    another encoding is declared, and NUL bytes.
    """
    raw = limits.unpack(path)
    for first_bytes, format_name in _OTHER_FORMATS.items():
        if raw.startswith(first_bytes):
            raise InputError(f"{path} is {format_name}, and no text: give it the suffix of its kind, or unpack it")

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

    _require_no_nul(text, path)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _require_no_nul(text: str, path: Path) -> None:
    first = text.find("\0")
    if first < 0:
        return
    line = text.count("\n", 0, first) + 1
    context = text[max(0, first - 20) : first + 20]
    raise InputError(
        f"{path}, line {line}: there are NUL bytes, {text.count(chr(0))} in all, the first in {context!r}: the file is "
        "damaged, or no UTF-8"
    )


def _is_utf8(raw: bytes) -> bool:
    """Return whether bytes are UTF-8 beyond ASCII; text in another encoding hardly ever is by chance."""
    if raw.isascii():
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(content: str) -> list[str]:
    """Return the lines of a text without the blank ones at its end."""
    lines = content.split("\n")
    while lines and not lines[-1].strip(" "):
        lines.pop()
    return lines


def _header_names(line: str, separator: str, path: Path) -> list[str]:
    """Return the names of the columns; the fourth one is "Unnamed: 3" without a name, as in pandas."""
    cells = _cells(line, separator)
    if cells is None:
        raise InputError(f"{path}, the header: a quote is not closed, or text follows the quote that closes a cell")
    if separator not in _QUOTING_SEPARATORS and any(_is_quoted(name) for name in cells):
        raise InputError(
            f"{path} quotes its cells, which only tables separated by a comma or semicolon do: remove them"
        )
    return [name or f"Unnamed: {place}" for place, name in enumerate(cells)]


def _cells(line: str, separator: str) -> list[str] | None:
    """Return the cells of a line, or None where its quotes are not those of cells."""
    if separator not in _QUOTING_SEPARATORS or '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except (csv.Error, StopIteration):
        return None


def _require_no_header(frame: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` where the first row is likely a header line, though the columns are declared.

    It is one if it has the columns' names, or words only, at least one of them above numbers. As a
    row it would be read as values.
    """
    first = frame.iloc[0].fillna("").astype(str)
    has_names = _has_column_names(first, frame)
    is_above_numbers = _are_words(first) and _has_word_above_numbers(first, frame)
    if not has_names and not is_above_numbers:
        return
    raise InputError(
        f"{path} begins with what looks like a header line, {', '.join(first)[:60]!r}, but the configuration names the "
        "columns, as of a file without one: remove the line, or leave the columns out of the configuration"
    )


def _has_column_names(first: "pd.Series[str]", frame: pd.DataFrame) -> bool:
    """Return whether the first row has the names of columns.

    That is so if two of its cells are names of columns, or if a cell is the name of its own column
    and not also a value of this column in another row.
    """
    declared_names = [_letters(name) for name in first.index]
    names_in_row = [_letters(cell) for cell in first]
    own_name_places = [place for place, name in enumerate(names_in_row) if name and name == declared_names[place]]
    column_names = [name for name in names_in_row if name and name in declared_names]
    if len(own_name_places) == len(names_in_row) or len(column_names) > 1:
        return True
    if not own_name_places:
        return False

    other_rows = _other_rows(first, frame)
    return any(first.iloc[place] not in set(other_rows.iloc[:, place]) for place in own_name_places)


def _has_word_above_numbers(first: "pd.Series[str]", frame: pd.DataFrame) -> bool:
    other_rows = _other_rows(first, frame)
    return any(_heads_numbers(first.iloc[place], other_rows.iloc[:, place]) for place in range(len(first)))


def _other_rows(first: "pd.Series[str]", frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ from the first one.

    A header line can occur again where files were concatenated.
    """
    cells = frame.fillna("").astype(str)
    return cells[(cells != first).any(axis=1)]


def _letters(name: str) -> str:
    """Return the letters and digits of a name, in small letters: what is compared of two names."""
    return "".join(filter(str.isalnum, name.casefold()))


def _are_words(cells: "pd.Series[str]") -> bool:
    """Return whether cells are words, as in a header line: all begin with a letter or are empty."""
    texts = [cell for cell in cells.str.strip(" #%@'\"_") if cell]
    return bool(texts) and all(cell[0].isalpha() for cell in texts)


def _heads_numbers(head: str, others: "pd.Series[str]") -> bool:
    """Return whether the first cell of a column is a word, and all other cells are numbers.

    Ten or more cells with digits in each also count, if the word has none. Cells for "no value" are
    ignored, unless they are more than half.
    """
    if identities.names_nothing(pd.Series([head]))[0] or head.strip().casefold() in ("inf", "infinity"):
        return False
    values = others[~identities.names_nothing(others)]
    if not len(values) or 2 * len(values) < len(others):
        return False
    if pd.to_numeric(values, errors="coerce").notna().all():
        return True
    head_has_digits = any(map(str.isdigit, head))
    return len(values) >= _MIN_CELLS_WITH_DIGITS and not head_has_digits and bool(values.str.contains(r"\d").all())


def _require_cells(rows: Sequence[str], names: Sequence[str], separator: str, path: Path, *, declared: bool) -> None:
    """Raise `InputError` on the first row with more or fewer cells than `names`.

    `declared`: the names are the configuration's, and the file has no header line.
    """
    counts = _cell_counts(rows, separator)
    faulty_rows = np.flatnonzero(counts != len(names))
    if not len(faulty_rows):
        return

    first = int(faulty_rows[0])
    count = counts[first]
    line = first + 1 if declared else first + 2
    where = f"{path}, row {first + 1} (line {line})"
    more = f"; {len(faulty_rows) - 1} more rows are faulty" if len(faulty_rows) > 1 else ""
    if count == 0:
        raise InputError(
            f"{where}: a quote opens a cell and is not closed on its line, or text follows the quote that closes it: "
            f"{rows[first][:60]!r}{more}. Double a quote inside a cell, and keep line breaks out of cells"
        )
    if declared and (counts == counts[0]).all():
        raise InputError(f"{path} has {counts[0]} columns, the configuration names {len(names)}: {list(names)}")

    origin = "the configuration names" if declared else "the header has"
    fault = f"{count} cells where {origin} {len(names)}"
    ends_in_separator = rows[first].endswith(separator) and count == len(names) + 1
    hint = " (each row ends in a separator)" if ends_in_separator else ""
    raise InputError(f"{where}: {fault}{hint}{more}: mend the rows, so that no value moves to another column")


def _cell_counts(rows: Sequence[str], separator: str) -> np.ndarray:
    """Return the count of cells of each row (n,); 0 where its quotes are not those of cells."""
    counts = np.array([row.count(separator) + 1 for row in rows])
    if separator in _QUOTING_SEPARATORS:
        for place, row in enumerate(rows):
            if '"' in row:
                cells = _cells(row, separator)
                counts[place] = 0 if cells is None else len(cells)
    return counts


def _is_quoted(cell: object) -> bool:
    return isinstance(cell, str) and len(cell) > 1 and cell[0] == cell[-1] == '"'


def _require_unquoted(frame: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` where every cell of a column is in quotes, which would be part of the values."""
    for name in frame:
        cells = frame[name].dropna()
        if len(cells) and cells.map(_is_quoted).all():
            raise InputError(
                f"{path}, column {name!r}: every cell stands in quotes, which only tables separated by a comma or "
                "semicolon have: remove them"
            )
