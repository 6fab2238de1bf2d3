"""Readers of raw recordings, a function for each format: files → waveforms and their metadata."""

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
from hallmark.formats.reader_registry import reads
from hallmark.formats.shards import concatenate, published_splits
from hallmark.formats.tables import Table
from hallmark.systems.speech import config
from hallmark.systems.speech.reading.sounds import WaveformFormat, decode


@dataclass(frozen=True)
class Recordings:
    """The n recordings of a raw folder and their metadata.

    What the reader itself adds is not in the table, whose columns a person names: any name may be
    taken.
    """

    waveforms: np.ndarray  # int16 (n, S), S samples at the configured rate, zeros behind the sound
    lengths: np.ndarray  # int32 (n,) samples that are sound
    names: np.ndarray  # (n,) texts, all different: the path, or the file and the row (from 1) in it
    splits: np.ndarray | None  # (n,) texts, where files are named as splits
    table: Table  # a row each, with the columns of the raw files


@reads(Recordings, "folder")
def folder(folder: RawFolder, parameters: config.Reading) -> Recordings:
    """Read the WAV files whose paths in the folder the column `audio` of the table `transcripts` has."""
    if not parameters.transcripts:
        raise InputError("prepare.reading.transcripts names no table, which the format 'folder' needs")
    waveform_format = WaveformFormat(parameters.sample_rate, parameters.seconds)
    audio = parameters.columns.audio

    table = tables.load(folder, parameters.transcripts, key="prepare.reading.transcripts")
    require_columns(table, {"prepare.reading.columns.audio": audio})
    names = table.unique_identities(audio)
    files = table.files(audio, folder)
    folder.require_all_read()
    waveforms, lengths = decode(files, waveform_format)
    return Recordings(waveforms, lengths, names, None, table)


@reads(Recordings, "parquet")
def parquet(folder: RawFolder, parameters: config.Reading) -> Recordings:
    """Read every Parquet file of the folder; each row is a recording.

    The column `audio` has the bytes of a WAV file, or Hugging Face's struct with the field `bytes`.
    Files or folders that are named as splits (train-*, validation-*, test-*) make a published
    split.
    """
    waveform_format = WaveformFormat(parameters.sample_rate, parameters.seconds)
    audio = parameters.columns.audio
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    split_by_file = published_splits(files, folder.root)

    waveforms_by_file = []
    lengths_by_file = []
    names: list[str] = []
    frames: dict[str, pd.DataFrame] = {}
    for file_name, file in files.items():
        frame, contents = _read_file(file, audio)
        names_in_file = [f"{file_name}#{row + 1}" for row in range(len(frame))]
        waveforms, lengths = decode(list(zip(names_in_file, contents, strict=True)), waveform_format)
        waveforms_by_file.append(waveforms)
        lengths_by_file.append(lengths)
        frames[file_name] = frame
        names.extend(names_in_file)

    splits = None
    if split_by_file:
        rows_by_file = [len(frame) for frame in frames.values()]
        splits = np.repeat(np.array(split_by_file, object), rows_by_file)
    origin = next(iter(files.values())) if len(files) == 1 else folder.root
    table = Table(concatenate(frames, folder.root), origin)
    return Recordings(
        np.concatenate(waveforms_by_file),
        np.concatenate(lengths_by_file),
        np.array(names, object),
        splits,
        table,
    )


def _read_file(file: Path, column: str) -> tuple[pd.DataFrame, list[bytes]]:
    """Return the rows of a Parquet file without `column`, and the bytes in that column, row by row."""
    table = parquet_files.read_table(file)
    if column not in table.column_names:
        raise InputError(f"{file} has no column {column!r} with the recordings: it has {', '.join(table.column_names)}")
    if not table.num_rows:
        raise InputError(f"{file} is empty: it has no rows")
    cells = table[column].to_pylist()
    contents: list[Any] = [cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells]
    for row, content in enumerate(contents, start=1):
        if not isinstance(content, bytes):
            raise InputError(f"{file}, column {column!r}, row {row}: no recording's bytes but {str(content)[:40]!r}")
    return parquet_files.to_frame(table.drop_columns([column])), contents
