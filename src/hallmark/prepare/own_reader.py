"""A person's own reader: raw files of any kind become tables, which the system reads as Parquet."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from hallmark.errors import InputError

_KEY = "prepare.reader"
_SOURCE = "source.json"
_ROWS = "rows"  # the name of a table that the reader gives without one
_TABLE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def readable_folder(
    raw: Path, reader: Mapping[str, Any] | None, *, task: str, written: Path, project: Path = Path()
) -> Path:
    """Return the folder that the system reads: `raw`, or what the task's own reader makes of it.

    reader: The section `prepare.reader`, a function of the raw folder in extensions/<task>/; None:
        there is none. It returns a frame, which becomes rows.parquet, or frames by name.
    written: The folder that its tables are written into, with source.json of the raw folder, which
        says whether the data is simulated; what was there before is removed.

    Raises `InputError` where the reader fails, or returns something else.
    """
    if reader is None:
        return raw
    if not raw.is_dir():
        raise InputError(f"the raw data is not at hand: there is no folder {raw}")

    from hallmark import components  # imports Hydra, which only a task with a reader needs

    read = components.factory(_KEY, reader, components.SLOTS["reading"], task=task, project=project)
    frames = _frames_by_name(read(raw))

    shutil.rmtree(written, ignore_errors=True)
    written.mkdir(parents=True)
    for name, frame in frames.items():
        _write(frame, written / f"{name}.parquet")
    if (raw / _SOURCE).is_file():
        shutil.copyfile(raw / _SOURCE, written / _SOURCE)
    return written


def _frames_by_name(returned: Any) -> dict[str, pd.DataFrame]:
    """Return what a reader returned as frames by name."""
    frames = {_ROWS: returned} if isinstance(returned, pd.DataFrame) else returned
    if not isinstance(frames, Mapping) or not frames:
        raise InputError(f"{_KEY} returned a {type(returned).__name__}: it must be a DataFrame, or DataFrames by name")
    for name, frame in frames.items():
        if not isinstance(name, str) or not _TABLE_NAME.fullmatch(name):
            raise InputError(f"{_KEY} returned a table {name!r}: its name must be letters, digits, - and _")
        if not isinstance(frame, pd.DataFrame):
            raise InputError(f"{_KEY} returned {type(frame).__name__} as table {name!r}: it must be a DataFrame")
    return dict(frames)


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame as Parquet, without its index."""
    try:
        frame.to_parquet(path, index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError) as error:
        words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{_KEY} returned a table {path.stem!r} that Parquet can't hold: {words}") from error
