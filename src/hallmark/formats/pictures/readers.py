"""Readers of pictures, one for each format: raw files into pixels and a table of metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from hallmark.config.picture_keys import Reading
from hallmark.errors import InputError
from hallmark.formats import npz as archives
from hallmark.formats import parquet as parquet_files
from hallmark.formats.folders import RawFolder
from hallmark.formats.pictures import dicom, idx
from hallmark.formats.pictures.metadata import add_split, find_listed, label_by_folder, read_table
from hallmark.formats.pictures.pixels import Shape, decode_pictures, to_shape
from hallmark.formats.reader_registry import read_folder, reads
from hallmark.formats.shards import PUBLISHED, concatenate, published_splits

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


class Pictures(NamedTuple):
    """The n pictures of a raw folder."""

    pixels: np.ndarray  # uint8 (n, C, H, W)
    names: np.ndarray  # (n,) texts
    table: pd.DataFrame  # a row each: the raw columns, and a column split where a split is published


def read_pictures(folder: Path, parameters: Reading) -> Pictures:
    """Return the pictures of a raw folder, read in the format that the section `prepare.reading` names.

    Raises `InputError` where there is no such folder, and on files that the format's reader doesn't
    read.
    """
    return read_folder(folder, parameters, Pictures)


@reads(Pictures, "folder")
def _read_picture_files(folder: RawFolder, parameters: Reading) -> Pictures:
    """Read a folder of picture files, such as PNG and JPEG.

    A metadata table lists them, or they lie as `<label>/<picture>` or `<split>/<label>/<picture>`.
    """
    if parameters.metadata:
        files, table = find_listed(folder, parameters.metadata, parameters.columns.image)
    else:
        picture_files = folder.having(_SUFFIXES)
        if not picture_files:
            raise InputError(f"{folder.root} holds no pictures ({', '.join(_SUFFIXES)})")
        files, table = label_by_folder(picture_files, folder, parameters.columns.label)
    folder.require_all_read()

    names = np.array([name for name, _ in files], object)
    return Pictures(decode_pictures(list(files), _shape(parameters)), names, table)


@reads(Pictures, "parquet")
def _read_parquet(folder: RawFolder, parameters: Reading) -> Pictures:
    """Read all Parquet files; the image column has encoded pictures as bytes, or structs with `bytes`.

    Structs are Hugging Face's. Names of files or folders such as train-* and test-* are a published
    split. Where a file's schema names the classes of a column (`parquet.class_names`), the names
    are in the table's `attrs["class_names"]`, by column.

    Raises `InputError` where two files name the classes of a column differently.
    """
    files = folder.having((".parquet",))
    if not files:
        raise InputError(f"{folder.root} holds no Parquet file")
    folder.require_all_read()
    splits = published_splits(files, folder.root)

    pixels: list[np.ndarray] = []
    names: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    class_names: dict[Path, dict[str, tuple[str, ...]]] = {}
    for place, (name, file) in enumerate(files.items()):
        table, encoded_pictures, class_names[file] = _read_parquet_file(file, parameters.columns.image)
        row_names = [f"{name}#{row}" for row in range(len(table))]
        named_pictures = list(zip(row_names, encoded_pictures, strict=True))
        pixels.append(decode_pictures(named_pictures, _shape(parameters)))
        names += row_names
        tables[name] = add_split(table, splits[place], str(file)) if splits else table

    table_of_all = concatenate(tables, folder.root)
    table_of_all.attrs["class_names"] = _agreed_class_names(class_names)
    return Pictures(np.concatenate(pixels), np.array(names, object), table_of_all)


def _agreed_class_names(class_names: Mapping[Path, Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Return the class names of each column from those by file and column.

    Raises `InputError` where files differ in them.
    """
    agreed: dict[str, tuple[str, ...]] = {}
    for file, columns in class_names.items():
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


def _read_parquet_file(file: Path, column: str | None) -> tuple[pd.DataFrame, list[bytes], dict[str, tuple[str, ...]]]:
    """Return a file's other columns, the encoded pictures in `column`, and the class names by column."""
    table = parquet_files.read_table(file)
    if column not in table.column_names:
        raise InputError(f"{file} has no column {column!r} with the pictures: it has {', '.join(table.column_names)}")

    pictures: list[bytes] = []
    for row, cell in enumerate(table[column].to_pylist()):
        picture = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(picture, bytes):
            raise InputError(f"{file} row {row}: column {column!r} holds no picture's bytes but {str(picture)[:40]!r}")
        pictures.append(picture)
    other_columns = parquet_files.to_frame(table.drop_columns([column]))
    return other_columns, pictures, parquet_files.class_names(table, file)


@reads(Pictures, "npz")
def _read_npz(folder: RawFolder, parameters: Reading) -> Pictures:
    """Read the one .npz file, with the arrays images and labels, or with a prefix for each split.

    Prefixes are MedMNIST's: train_images, train_labels, val_…, test_… Every other array (n,), such
    as patient, sex or time, is a column of metadata. A metadata table may add columns; it has a row
    for each picture, in the same order, and may have the labels. Columns of both must agree.

    Raises `InputError` that names every other array, so that none is ignored silently.
    """
    arrays, where = _npz_arrays(folder)
    metadata = parameters.metadata
    metadata_table = read_table(folder, metadata) if metadata else None
    folder.require_all_read()
    split_of_prefix = _npz_prefixes(arrays, where)
    label = None if metadata else parameters.columns.label or "label"

    pixels: list[np.ndarray] = []
    names: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    for prefix, split in split_of_prefix.items():
        array_name = f"{prefix}images"
        images = arrays[array_name]
        table = _npz_table(arrays, prefix, len(images), label)
        _require_eight_bit(images, array_name)
        pixels.append(to_shape(images, _shape(parameters)))
        names += [f"{prefix}{row:06d}" for row in range(len(images))]
        tables[array_name] = table if split is None else add_split(table, split, str(where))

    table_of_all = concatenate(tables, where)
    if metadata_table is not None:
        table_of_all = _join_aligned(metadata_table, table_of_all, folder.root / str(metadata))
    return Pictures(np.concatenate(pixels), np.array(names, object), table_of_all)


def _npz_prefixes(arrays: Mapping[str, np.ndarray], where: Path) -> dict[str, str | None]:
    """Return the published splits by the prefix of their arrays, as {"val_": "validation"}.

    Without prefixes it is {"": None}. Raises `InputError` where two prefixes mean one split, where
    there are no pictures, and on every array with another prefix, or that has not one value for
    each picture.
    """
    possible = {f"{name}_": split for name, split in PUBLISHED.items()}
    used: dict[str, str | None] = {}
    for split_prefix, split in possible.items():
        if f"{split_prefix}images" in arrays:
            used[split_prefix] = split
    if not used:
        used[""] = None
    if "" in used and "images" not in arrays:
        raise InputError(f"{where} has no array 'images' or 'train_images': it has {', '.join(arrays)}")
    if len(set(used.values())) < len(used):
        raise InputError(f"{where} holds one split twice, as {', '.join(f'{prefix}images' for prefix in used)}")

    names_of_splits = {f"{prefix}{kind}" for prefix in possible for kind in ("images", "labels")}
    faults = []
    for name, array in arrays.items():
        prefix = next((prefix for prefix in used if name.startswith(prefix)), None)
        if prefix is None or (not prefix and name in names_of_splits):
            faults.append(f"{name!r} {array.shape} belongs to no pictures")
            continue
        count = len(arrays[f"{prefix}images"])
        if name not in (f"{prefix}images", f"{prefix}labels") and array.shape != (count,):
            faults.append(f"{name!r} {array.shape} is no column of {count} values, one for each of {prefix}images")
    if faults:
        raise InputError(
            f"{where} holds arrays that are not read: {'; '.join(faults)}. Pictures are the array 'images', or "
            f"{', '.join(f'{prefix}images' for prefix in possible)}; what else there is has the same prefix and one "
            "value a picture: rename the arrays, or save the file without them"
        )
    return used


def _join_aligned(metadata_table: pd.DataFrame, table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the columns of the metadata table of `path`, then those of the npz file's `table`, row by row.

    Raises `InputError` where the numbers of rows differ, and where a column that both have differs.
    """
    if len(metadata_table) != len(table):
        raise InputError(f"{path} has {len(metadata_table)} rows, but the npz file holds {len(table)} pictures")

    shared_columns = [column for column in metadata_table if column in table]
    for column in shared_columns:
        stated = metadata_table[column]
        differs = table[column].astype(str).to_numpy() != stated.astype(str).to_numpy()
        if differs.any():
            row = int(np.argmax(differs))
            raise InputError(
                f"{path}, row {row + 1}: {column!r} is {stated[row]!r}, but {str(table[column][row])!r} in the npz "
                "file: rows must agree"
            )
    return pd.concat([metadata_table, table.drop(columns=shared_columns)], axis=1)


def _npz_arrays(folder: RawFolder) -> tuple[dict[str, np.ndarray], Path]:
    files = list(folder.having((".npz",)).values())
    if len(files) != 1:
        raise InputError(f"{folder.root} holds {len(files)} npz files, where one is read")
    return archives.arrays(files[0]), files[0]


def _npz_table(arrays: Mapping[str, np.ndarray], prefix: str, rows: int, label: str | None) -> pd.DataFrame:
    """Return the arrays of one prefix, but for the images, as columns of a table with so many rows.

    `label` is the name of the column of labels. If it is None, there may be no array of labels,
    since a metadata table may have them.
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


def _require_eight_bit(images: np.ndarray, name: str) -> None:
    """Raise `InputError` where an array is not uint8 (n, H, W) or (n, H, W, 1 or 3)."""
    has_channels = images.ndim == 4 and images.shape[3] in (1, 3)
    if images.dtype != np.uint8 or not (images.ndim == 3 or has_channels):
        raise InputError(f"{name} is {images.dtype} {images.shape}, where uint8 (n, height, width) or (…, 3) is read")


@reads(Pictures, "idx")
def _read_idx(folder: RawFolder, parameters: Reading) -> Pictures:
    """Read the four files of the MNIST family: `*train-images-idx3-ubyte`, `*t10k-labels-idx1-ubyte` …"""
    pixels: list[np.ndarray] = []
    names: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    for part, split in (("train", "train"), ("t10k", "test")):
        images, image_file = idx.read_named(folder, f"{part}-images", dimensions=3)
        labels, label_file = idx.read_named(folder, f"{part}-labels", dimensions=1)
        if len(images) != len(labels):
            raise InputError(f"{image_file} holds {len(images)} pictures, but {label_file} {len(labels)} labels")
        names += [f"{split}-{row:06d}" for row in range(len(labels))]
        pixels.append(to_shape(images, _shape(parameters)))
        table = pd.DataFrame({parameters.columns.label or "label": labels})
        tables[part] = add_split(table, split, str(label_file))
    folder.require_all_read()
    return Pictures(np.concatenate(pixels), np.array(names, object), concatenate(tables, folder.root))


def _shape(parameters: Reading) -> Shape:
    return Shape(parameters.height, parameters.width, parameters.channels, parameters.convert)


@reads(Pictures, "dicom")
def _read_dicom(folder: RawFolder, parameters: Reading) -> Pictures:
    """Read DICOM files, see `dicom.read`."""
    window = parameters.dicom_window()
    pixels, names, table = dicom.read(
        folder,
        _shape(parameters),
        parameters.columns.model_dump(),
        parameters.metadata,
        window=window.model_dump() if window else None,
    )
    return Pictures(pixels, names, table)
