"""Raw files into pixels and a table with what the files say of each picture: a function for each format."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import npz as archives
from hallmark.formats import parquet as parquet_files
from hallmark.formats import tables as raw_tables
from hallmark.formats.folders import RawFolder, discover
from hallmark.formats.pictures import dicom, idx
from hallmark.formats.pictures.decoding import Shape, decode, fit
from hallmark.formats.pictures.listing import PUBLISHED, csv, from_names, listed, with_split

# Pixels (n, C, H, W), the name of each picture (n,), and a row for each with the raw columns and a published `split`.
Raw = tuple[np.ndarray, np.ndarray, pd.DataFrame]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def load(
    folder: Path,
    format: str,
    shape: Shape,
    columns: Mapping[str, str | None],
    metadata: str | None,
    window: Mapping[str, float] | None = None,
    leave_out: Sequence[str] = (),
) -> Raw:
    """Read `folder` in the `format` that `prepare.reading` names; `window` is of DICOM alone, and
    files that match `leave_out` are not looked at.

    Raises `InputError` where there is no such folder or format, on a metadata table that the format has not, and on
    files of the folder that are not read.
    """
    raw = discover(folder, leave_out)
    described: dict[str, Callable[..., Raw]] = {
        "folder": pictures,
        "npz": npz,
        "dicom": partial(dicom.read, window=window),
    }
    readers = {"parquet": parquet, "idx": idx_files}
    if format not in described | readers:
        known = ", ".join(described | readers)
        raise InputError(f"prepare.reading.format is {format!r}, which is none of {known}")
    if window and format != "dicom":
        raise InputError(f"prepare.reading.window is for the format 'dicom', but the format is {format!r}")
    if format in described:
        return described[format](raw, shape, columns, metadata)
    if metadata:
        raise InputError(
            f"prepare.reading.metadata is {metadata!r}, but only the formats {', '.join(described)} have such a table"
        )
    return readers[format](raw, shape, columns)


def pictures(folder: RawFolder, shape: Shape, columns: Mapping[str, str | None], metadata: str | None) -> Raw:
    """Read a folder of pictures: with a metadata table, or as `<label>/<picture>` or `<split>/<label>/<picture>`."""
    if metadata:
        files, table = listed(folder, metadata, columns["image"])
    else:
        chosen = folder.having(_SUFFIXES)
        if not chosen:
            raise InputError(f"{folder.root} holds no pictures ({', '.join(_SUFFIXES)})")
        files, table = from_names(chosen, folder, columns["label"])
    folder.require_all_read()
    return decode(list(files), shape), np.array([name for name, _ in files], object), table


def parquet(folder: RawFolder, shape: Shape, columns: Mapping[str, str | None]) -> Raw:
    """Read every Parquet file; the image column holds bytes, or Hugging Face's structs with `bytes`.

    Files named train-*, validation-* and test-* are a published split.
    """
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    splits = [PUBLISHED.get(re.split(r"[-_.]", file.name)[0]) for file in files.values()]
    published = all(split is not None for split in splits)
    pixels, names, tables = [], [], []
    for (name, file), split in zip(files.items(), splits, strict=True):
        table, content = _parquet_table(file, columns["image"])
        rows = [f"{name}#{row}" for row in range(len(table))]
        pixels.append(decode(list(zip(rows, content, strict=True)), shape))
        names += rows
        tables.append(with_split(table, split, str(file)) if published and split else table)
    return np.concatenate(pixels), np.array(names, object), raw_tables.concatenated(tables)


def _parquet_table(file: Path, column: str | None) -> tuple[pd.DataFrame, list[bytes]]:
    table = parquet_files.read_table(file)
    if column not in table.column_names:
        raise InputError(f"{file} has no column {column!r} with the pictures: it has {', '.join(table.column_names)}")
    content = table[column].to_pylist()
    content = [cell.get("bytes") if isinstance(cell, dict) else cell for cell in content]
    row = next((row for row, cell in enumerate(content) if not isinstance(cell, bytes)), None)
    if row is not None:
        raise InputError(f"{file} row {row}: column {column!r} holds no picture's bytes but {str(content[row])[:40]!r}")
    return parquet_files.to_frame(table.drop_columns([column])), content


def npz(folder: RawFolder, shape: Shape, columns: Mapping[str, str | None], metadata: str | None) -> Raw:
    """Read the one .npz file: train_images, train_labels, val_…, test_… as MedMNIST has it, or images, labels.

    Every other one-dimensional array of the same length (patient, sex, time …) is a column of metadata. A metadata
    table has a row for each picture, in the same order: what both know must agree, and the labels may stand there.
    """
    arrays, where = _npz_arrays(folder)
    rows = csv(folder, metadata) if metadata else None
    folder.require_all_read()
    parts = {"train": "train", "val": "validation", "test": "test"}
    found: dict[str, str | None] = {f"{part}_": split for part, split in parts.items() if f"{part}_images" in arrays}
    pixels, names, tables = [], [], []
    for prefix, split in (found or {"": None}).items():
        if f"{prefix}images" not in arrays:
            raise InputError(f"{where} has no array 'images' or 'train_images': it has {', '.join(arrays)}")
        images = arrays[f"{prefix}images"]
        table = _npz_table(arrays, prefix, len(images), None if metadata else columns["label"] or "label")
        pixels.append(fit(_eight_bit(images, f"{prefix}images"), shape))
        names += [f"{prefix}{row:06d}" for row in range(len(images))]
        tables.append(table if split is None else with_split(table, split, str(where)))
    joined = raw_tables.concatenated(tables)
    said = joined if rows is None else _aligned(joined, rows, folder.root / str(metadata))
    return np.concatenate(pixels), np.array(names, object), said


def _aligned(table: pd.DataFrame, rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    if len(rows) != len(table):
        raise InputError(f"{path} has {len(rows)} rows, but the npz file holds {len(table)} pictures")
    shared = [column for column in rows if column in table]
    for column in shared:
        other = np.flatnonzero(table[column].astype(str).to_numpy() != rows[column].to_numpy())
        if len(other):
            ours, theirs = rows[column][other[0]], str(table[column][other[0]])
            raise InputError(
                f"{path}, row {other[0] + 1}: {column!r} is {ours!r}, but {theirs!r} in the npz file: rows must agree"
            )
    return pd.concat([rows, table.drop(columns=shared)], axis=1)


def _npz_arrays(folder: RawFolder) -> tuple[dict[str, np.ndarray], Path]:
    files = list(folder.having((".npz",)).values())
    if len(files) != 1:
        raise InputError(f"{folder.root} holds {len(files)} npz files, where one is read")
    return archives.arrays(files[0]), files[0]


def _npz_table(arrays: Mapping[str, np.ndarray], prefix: str, rows: int, label: str | None) -> pd.DataFrame:
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    table = pd.DataFrame({name: array for name, array in own.items() if array.shape == (rows,)}, index=range(rows))
    if label is None:
        return table
    if "labels" not in own:
        raise InputError(f"the npz file has {prefix}images but no {prefix}labels: it has {', '.join(arrays)}")
    if own["labels"].shape not in ((rows,), (rows, 1)):
        shape = own["labels"].shape
        raise InputError(f"{prefix}images holds {rows} pictures, but {prefix}labels has the shape {shape}")
    return table.assign(**{label: own["labels"].reshape(rows)})


def _eight_bit(images: np.ndarray, name: str) -> np.ndarray:
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise InputError(f"{name} is {images.dtype} {images.shape}, where uint8 (n, height, width) or (…, 3) is read")
    return images


def idx_files(folder: RawFolder, shape: Shape, columns: Mapping[str, str | None]) -> Raw:
    """Read the MNIST family: `*train-images-idx3-ubyte`, `*t10k-labels-idx1-ubyte` …, gzipped or not."""
    pixels, names, tables = [], [], []
    for part, split in (("train", "train"), ("t10k", "test")):
        images, image_file = idx.one(folder, f"{part}-images", dimensions=3)
        labels, label_file = idx.one(folder, f"{part}-labels", dimensions=1)
        if len(images) != len(labels):
            raise InputError(f"{image_file} holds {len(images)} pictures, but {label_file} {len(labels)} labels")
        names += [f"{split}-{row:06d}" for row in range(len(labels))]
        pixels.append(fit(images, shape))
        tables.append(with_split(pd.DataFrame({columns["label"] or "label": labels}), split, str(label_file)))
    folder.require_all_read()
    return np.concatenate(pixels), np.array(names, object), raw_tables.concatenated(tables)
