"""Raw files into waveforms and a table with what the files say of each recording: a function for each format."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.formats.tables import Table
from hallmark.systems.speech.reading.sounds import Form, decode

_PUBLISHED = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class Raw:
    """Recordings and what their files say. What the reader adds stands beside the table, whose columns a person names:
    any name may be theirs.
    """

    waveforms: np.ndarray  # int16 (n, S)
    lengths: np.ndarray  # int32 (n,)
    names: np.ndarray  # (n,), all different: the path, or the place in the file
    splits: np.ndarray | None  # (n,), where files are named as splits
    table: Table  # a row for each


def folder(folder: Path, form: Form, audio: str, transcripts: str | None) -> Raw:
    """Read WAV files anywhere below the folder, which the column `audio` of the table `transcripts` names."""
    if not transcripts:
        raise InputError("prepare.reading.transcripts names no table, which the format 'folder' needs")
    table = tables.load(folder, transcripts)
    names = table.unique(audio)
    table.refuse(audio, np.array([_outside(name) for name in names]), "lies outside the raw folder")
    waveforms, lengths = decode([(name, folder / name) for name in names], form)
    return Raw(waveforms, lengths, names, None, table)


def _outside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]


def parquet(folder: Path, form: Form, audio: str) -> Raw:
    """Read every Parquet file; the column `audio` holds the bytes of WAV files, or Hugging Face's structs with `bytes`.

    Files named train-*, validation-* and test-* are a published split.
    """
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise InputError(f"{folder} holds no Parquet file")
    named = [_PUBLISHED.get(re.split(r"[-_.]", file.name)[0]) for file in files]
    sounds, frames, names = [], [], []
    for file in files:
        frame, content = _table(file, audio)
        places = [f"{file.relative_to(folder).as_posix()}#{row + 1}" for row in range(len(frame))]
        sounds.append(decode(list(zip(places, content, strict=True)), form))
        frames.append(frame)
        names.extend(places)
    waveforms, lengths = (np.concatenate(parts) for parts in zip(*sounds, strict=True))
    splits = np.repeat(np.array(named, object), [len(frame) for frame in frames]) if all(named) else None
    table = Table(pd.concat(frames, ignore_index=True), files[0] if len(files) == 1 else folder)
    return Raw(waveforms, lengths, np.array(names, object), splits, table)


def _table(file: Path, column: str) -> tuple[pd.DataFrame, list[bytes]]:
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file} can't be read as Parquet: {' '.join(str(error).split())[:200]}") from error
    if column not in table.column_names:
        raise InputError(f"{file} has no column {column!r} with the recordings: it has {', '.join(table.column_names)}")
    if not table.num_rows:
        raise InputError(f"{file} is empty: it has no rows")
    content: list[Any] = [cell.get("bytes") if isinstance(cell, dict) else cell for cell in table[column].to_pylist()]
    row = next((row for row, cell in enumerate(content) if not isinstance(cell, bytes)), None)
    if row is not None:
        raise InputError(
            f"{file}, column {column!r}, row {row + 1}: no recording's bytes but {str(content[row])[:40]!r}"
        )
    return table.drop_columns([column]).to_pandas(), content
