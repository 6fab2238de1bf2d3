"""Raw files into waveforms and a table with what the files say of each recording: a function for each format."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import parquet as parquet_files
from hallmark.formats import tables
from hallmark.formats.example_columns import require_columns
from hallmark.formats.folders import RawFolder
from hallmark.formats.registry import Reader
from hallmark.formats.shards import concatenate, published_splits
from hallmark.formats.tables import Table
from hallmark.systems.speech import config
from hallmark.systems.speech.reading.sounds import Form, decode


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


def folder(folder: RawFolder, parameters: config.Reading) -> Raw:
    """Read WAV files anywhere below the folder, which the column `audio` of the table `transcripts` names."""
    if not parameters.transcripts:
        raise InputError("prepare.reading.transcripts names no table, which the format 'folder' needs")
    form = Form(parameters.sample_rate, parameters.seconds)
    audio = parameters.columns.audio

    table = tables.load(folder, parameters.transcripts, key="prepare.reading.transcripts")
    require_columns(table, {"prepare.reading.columns.audio": audio})
    names = table.unique_identities(audio)
    files = table.files(audio, folder)
    folder.require_all_read()
    waveforms, lengths = decode(files, form)
    return Raw(waveforms, lengths, names, None, table)


def parquet(folder: RawFolder, parameters: config.Reading) -> Raw:
    """Read every Parquet file; the column `audio` holds the bytes of WAV files, or Hugging Face's structs with `bytes`.

    Files or folders named as splits, as train-*, validation-* and test-*, are a published split.
    """
    form = Form(parameters.sample_rate, parameters.seconds)
    audio = parameters.columns.audio
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    split_by_file = published_splits(files, folder.root)

    sounds = []
    names: list[str] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, file in files.items():
        frame, content = _table(file, audio)
        places = [f"{name}#{row + 1}" for row in range(len(frame))]
        sounds.append(decode(list(zip(places, content, strict=True)), form))
        frames[name] = frame
        names.extend(places)
    waveforms = np.concatenate([waveform for waveform, _ in sounds])
    lengths = np.concatenate([length for _, length in sounds])

    splits = None
    if split_by_file:
        splits = np.repeat(np.array(split_by_file, object), [len(frame) for frame in frames.values()])
    origin = next(iter(files.values())) if len(files) == 1 else folder.root
    table = Table(concatenate(frames, folder.root), origin)
    return Raw(waveforms, lengths, np.array(names, object), splits, table)


def _table(file: Path, column: str) -> tuple[pd.DataFrame, list[bytes]]:
    table = parquet_files.read_table(file)
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
    return parquet_files.to_frame(table.drop_columns([column])), content


READERS: Mapping[str, Reader[config.Reading, Raw]] = {"folder": folder, "parquet": parquet}
