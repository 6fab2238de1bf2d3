"""Raw files into pixels and a table with what the files say of each picture: a function for each format."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.config.pictures import Reading
from hallmark.errors import InputError
from hallmark.formats import npz as archives
from hallmark.formats import parquet as parquet_files
from hallmark.formats.folders import RawFolder
from hallmark.formats.pictures import dicom, idx
from hallmark.formats.pictures.decoding import Shape, decode, fit
from hallmark.formats.pictures.listing import csv, from_names, listed, with_split
from hallmark.formats.registry import Reader, read_folder
from hallmark.formats.shards import PUBLISHED, concatenated, published_splits

# Pixels (n, C, H, W), the name of each picture (n,), and a row for each with the raw columns and a published `split`.
Raw = tuple[np.ndarray, np.ndarray, pd.DataFrame]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def load(folder: Path, parameters: Reading) -> Raw:
    """Read `folder` in the format that the section `prepare.reading` names.

    Raises `InputError` where there is no such folder, and on files of the folder that are not read.
    """
    return read_folder(folder, parameters, READERS)


def pictures(folder: RawFolder, parameters: Reading) -> Raw:
    """Read a folder of pictures: with a metadata table, or as `<label>/<picture>` or `<split>/<label>/<picture>`."""
    if parameters.metadata:
        files, table = listed(folder, parameters.metadata, parameters.columns.image)
    else:
        chosen = folder.having(_SUFFIXES)
        if not chosen:
            raise InputError(f"{folder.root} holds no pictures ({', '.join(_SUFFIXES)})")
        files, table = from_names(chosen, folder, parameters.columns.label)
    folder.require_all_read()
    return decode(list(files), _shape(parameters)), np.array([name for name, _ in files], object), table


def parquet(folder: RawFolder, parameters: Reading) -> Raw:
    """Read every Parquet file; the image column holds bytes, or Hugging Face's structs with `bytes`.

    Files or folders named as splits, as train-*, validation-* and test-*, are a published split. Where a file's schema
    names the classes of a column (`parquet.class_names`), they stand in the table's `attrs["class_names"]`.

    Raises `InputError` where two files name the classes of a column differently.
    """
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    splits = published_splits(files, folder.root)
    pixels, names = [], []
    tables: dict[str, pd.DataFrame] = {}
    classes: dict[Path, dict[str, tuple[str, ...]]] = {}
    for place, (name, file) in enumerate(files.items()):
        table, content, classes[file] = _parquet_table(file, parameters.columns.image)
        rows = [f"{name}#{row}" for row in range(len(table))]
        pixels.append(decode(list(zip(rows, content, strict=True)), _shape(parameters)))
        names += rows
        tables[name] = with_split(table, splits[place], str(file)) if splits else table

    joined = concatenated(tables, folder.root)
    joined.attrs["class_names"] = _agreed(classes)
    return np.concatenate(pixels), np.array(names, object), joined


def _agreed(classes: Mapping[Path, Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Return the names of the classes of each column that the schema of a file names, of all files."""
    agreed: dict[str, tuple[str, ...]] = {}
    for file, columns in classes.items():
        for column, names in columns.items():
            if agreed.setdefault(column, names) != names:
                raise InputError(
                    f"{file} names the classes of column {column!r} {list(names)[:9]}, another file "
                    f"{list(agreed[column])[:9]}: write both with the same classes"
                )
        unnamed = sorted(set(agreed) - set(columns))
        if unnamed:
            raise InputError(
                f"{file} names no classes of column {unnamed[0]!r}, as other files do: write both in the same way"
            )
    return agreed


def _parquet_table(file: Path, column: str | None) -> tuple[pd.DataFrame, list[bytes], dict[str, tuple[str, ...]]]:
    table = parquet_files.read_table(file)
    if column not in table.column_names:
        raise InputError(f"{file} has no column {column!r} with the pictures: it has {', '.join(table.column_names)}")
    content = table[column].to_pylist()
    content = [cell.get("bytes") if isinstance(cell, dict) else cell for cell in content]
    row = next((row for row, cell in enumerate(content) if not isinstance(cell, bytes)), None)
    if row is not None:
        raise InputError(f"{file} row {row}: column {column!r} holds no picture's bytes but {str(content[row])[:40]!r}")
    return parquet_files.to_frame(table.drop_columns([column])), content, parquet_files.class_names(table, file)


def npz(folder: RawFolder, parameters: Reading) -> Raw:
    """Read the one .npz file: train_images, train_labels, val_…, test_… as MedMNIST has it, or images, labels.

    Every other one-dimensional array of the same length (patient, sex, time …) is a column of metadata. A metadata
    table has a row for each picture, in the same order: what both know must agree, and the labels may stand there.

    Raises `InputError` that names every array which is none of these, so that none is left out without a word.
    """
    arrays, where = _npz_arrays(folder)
    metadata = parameters.metadata
    rows = csv(folder, metadata) if metadata else None
    folder.require_all_read()
    parts = _npz_parts(arrays, where)
    label = None if metadata else parameters.columns.label or "label"

    pixels, names = [], []
    tables: dict[str, pd.DataFrame] = {}
    for prefix, split in parts.items():
        images = arrays[f"{prefix}images"]
        table = _npz_table(arrays, prefix, len(images), label)
        pixels.append(fit(_eight_bit(images, f"{prefix}images"), _shape(parameters)))
        names += [f"{prefix}{row:06d}" for row in range(len(images))]
        tables[f"{prefix}images"] = table if split is None else with_split(table, split, str(where))

    joined = concatenated(tables, where)
    described = joined if rows is None else _aligned(joined, rows, folder.root / str(metadata))
    return np.concatenate(pixels), np.array(names, object), described


def _npz_parts(arrays: Mapping[str, np.ndarray], where: Path) -> dict[str, str | None]:
    """Return the prefixes of the arrays of each published split, with its name; one empty prefix without such splits.

    Raises `InputError` where two prefixes mean one split, where there are no pictures, and on every array that belongs
    to no pictures: its prefix is another, it is no column of one value a picture, or its length differs.
    """
    prefixes: dict[str, str | None] = {f"{name}_": split for name, split in PUBLISHED.items()}
    parts = {prefix: split for prefix, split in prefixes.items() if f"{prefix}images" in arrays} or {"": None}
    if parts == {"": None} and "images" not in arrays:
        raise InputError(f"{where} has no array 'images' or 'train_images': it has {', '.join(arrays)}")
    if len(set(parts.values())) < len(parts):
        raise InputError(f"{where} holds one split twice, as {', '.join(f'{prefix}images' for prefix in parts)}")

    faults = []
    for name, array in arrays.items():
        prefix = next((prefix for prefix in parts if name.startswith(prefix)), None)
        count = 0 if prefix is None else len(arrays[f"{prefix}images"])
        is_of_a_split = any(name == f"{other}{kind}" for other in prefixes for kind in ("images", "labels"))
        if prefix is None or (not prefix and is_of_a_split):
            faults.append(f"{name!r} {array.shape} belongs to no pictures")
        elif name not in (f"{prefix}images", f"{prefix}labels") and array.shape != (count,):
            faults.append(f"{name!r} {array.shape} is no column of {count} values, one for each of {prefix}images")
    if faults:
        raise InputError(
            f"{where} holds arrays that are not read: {'; '.join(faults)}. Pictures are the array 'images', or "
            f"{', '.join(f'{prefix}images' for prefix in prefixes)}; what else there is has the same prefix and one "
            "value a picture: rename the arrays, or save the file without them"
        )
    return parts


def _aligned(table: pd.DataFrame, rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    if len(rows) != len(table):
        raise InputError(f"{path} has {len(rows)} rows, but the npz file holds {len(table)} pictures")
    shared = [column for column in rows if column in table]
    for column in shared:
        other = np.flatnonzero(table[column].astype(str).to_numpy() != rows[column].astype(str).to_numpy())
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
    """Return what the arrays of one prefix say of its pictures; `label` is the labels' column, None where a table
    beside the file may have them.
    """
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    del own["images"]
    if label is not None and "labels" not in own:
        raise InputError(f"the npz file has {prefix}images but no {prefix}labels: it has {', '.join(arrays)}")
    if "labels" in own:
        shape = own["labels"].shape
        if shape not in ((rows,), (rows, 1)):
            raise InputError(f"{prefix}images holds {rows} pictures, but {prefix}labels has the shape {shape}")
        own["labels"] = own["labels"].reshape(rows)

    table = pd.DataFrame(own, index=range(rows))
    return table if label is None else table.assign(**{label: own["labels"]})


def _eight_bit(images: np.ndarray, name: str) -> np.ndarray:
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise InputError(f"{name} is {images.dtype} {images.shape}, where uint8 (n, height, width) or (…, 3) is read")
    return images


def idx_files(folder: RawFolder, parameters: Reading) -> Raw:
    """Read the MNIST family: `*train-images-idx3-ubyte`, `*t10k-labels-idx1-ubyte` …, gzipped or not."""
    pixels, names = [], []
    tables: dict[str, pd.DataFrame] = {}
    for part, split in (("train", "train"), ("t10k", "test")):
        images, image_file = idx.one(folder, f"{part}-images", dimensions=3)
        labels, label_file = idx.one(folder, f"{part}-labels", dimensions=1)
        if len(images) != len(labels):
            raise InputError(f"{image_file} holds {len(images)} pictures, but {label_file} {len(labels)} labels")
        names += [f"{split}-{row:06d}" for row in range(len(labels))]
        pixels.append(fit(images, _shape(parameters)))
        tables[part] = with_split(pd.DataFrame({parameters.columns.label or "label": labels}), split, str(label_file))
    folder.require_all_read()
    return np.concatenate(pixels), np.array(names, object), concatenated(tables, folder.root)


def _shape(parameters: Reading) -> Shape:
    return Shape(parameters.height, parameters.width, parameters.channels, parameters.convert)


def dicom_files(folder: RawFolder, parameters: Reading) -> Raw:
    """Read DICOM files, see `dicom.read`."""
    window = parameters.dicom_window()
    return dicom.read(
        folder,
        _shape(parameters),
        parameters.columns.model_dump(),
        parameters.metadata,
        window=window.model_dump() if window else None,
    )


READERS: Mapping[str, Reader[Reading, Raw]] = {
    "folder": pictures,
    "npz": npz,
    "dicom": dicom_files,
    "parquet": parquet,
    "idx": idx_files,
}
