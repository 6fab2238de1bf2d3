"""CSV files that people open in a spreadsheet: no text of the data becomes a formula there, and all
can be read back.
"""

import csv
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

# What spreadsheets take for the beginning of a formula, in ASCII and full width, after any mark of
# ours.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf")
_MARK = "'"  # before such a text, as spreadsheets themselves mark text


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` without its index.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay as
    they are.
    """
    path.parent.mkdir(parents=True, exist_ok=True)

    marked = frame.rename(columns=_marked)
    for place in _text_places(marked):
        cells = marked.iloc[:, place].astype(object)
        marked.isetitem(place, cells.map(_marked).to_numpy(dtype=object))

    # pandas leaves a carriage return without quotation marks, and reads it as the end of a row
    has_return = any("\r" in str(text) for place in _text_places(marked) for text in marked.iloc[:, place])
    marked.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC if has_return else csv.QUOTE_MINIMAL)


def write_folder(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each frame as `<name>.csv` into `folder`, which then holds nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        write(frame, folder / f"{name}.csv")


def read(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table that `write` wrote, without its apostrophes.

    `options` are those of `pandas.read_csv`.
    """
    frame: pd.DataFrame = pd.read_csv(path, **options)
    for place in _text_places(frame):
        frame.isetitem(place, frame.iloc[:, place].map(_unmarked).to_numpy(dtype=object))
    return frame.rename(columns=_unmarked)


def _text_places(frame: pd.DataFrame) -> list[int]:
    """Return the positions of the columns that may hold texts."""
    return [place for place, kind in enumerate(frame.dtypes) if not pd.api.types.is_numeric_dtype(kind)]


def _marked(value: Any) -> Any:
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return _MARK + value
    return value


def _unmarked(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and value.startswith(_MARK) and _FORMULA.match(value) else value
