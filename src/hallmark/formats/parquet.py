"""Parquet files, read after their unpacked size is checked.

Dictionaries and runs of equal values can unpack into far more than the file's size suggests.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hallmark.errors import InputError
from hallmark.formats import limits
from hallmark.formats.column_names import require_unique

# Bytes of a value in memory, by physical type; a text takes 8 for its offset, besides its own
# bytes.
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8, "BYTE_ARRAY": 8}
_BATCH_ROWS = 16_384  # read at once, while texts are measured
_INDEX_PREFIX = "__index_level_"  # pandas' name of an index without a name


def read(path: Path) -> pd.DataFrame:
    """Return a Parquet file as a frame (`to_frame`).

    Raises `InputError` on a file that is damaged, unpacks into too much, or names a column twice.
    """
    return to_frame(read_table(path))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a frame, without an index that pandas may have written.

    A column of whole numbers with missing values becomes one of objects, not of floats, so that no
    number is rounded. Bytes that are UTF-8 become text.
    """
    for number, column in enumerate(table.schema):
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            table = table.set_column(number, column.name, _as_text(table.column(number)))
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    return frame.drop(columns=[name for name in frame if str(name).startswith(_INDEX_PREFIX)])


def class_names(table: pa.Table, file: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of the classes 0, 1 … of each column that holds class numbers, by column.

    Hugging Face's `datasets` writes them into the schema (ClassLabel). The result is empty for a
    file without such metadata. Raises `InputError` where the metadata can't be read.
    """
    content = (table.schema.metadata or {}).get(b"huggingface")
    if content is None:
        return {}
    try:
        features = json.loads(content)["info"]["features"]
        names_by_column = {}
        for column, feature in features.items():
            if feature.get("_type") == "ClassLabel" and feature.get("names"):
                names_by_column[column] = _names_in_order(feature["names"])
        return names_by_column
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise InputError(
            f"{file}: the metadata 'huggingface' of its schema, which names the classes, can't be read "
            f"({' '.join(str(error).split())[:80]}): write the file anew, or without that metadata"
        ) from error


def _names_in_order(names: "list[str] | dict[str, str]") -> tuple[str, ...]:
    """Return the names of the classes 0, 1 … from a list, or from a mapping by number."""
    if isinstance(names, dict):
        by_number = {int(number): name for number, name in names.items()}
        names = [by_number[number] for number in range(len(by_number))]
    return tuple(map(str, names))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of bytes as text where all of them are UTF-8, else unchanged.

    Some writers have no type for text.
    """
    try:
        return column.cast(pa.string() if pa.types.is_binary(column.type) else pa.large_string())
    except pa.ArrowInvalid:
        return column


def read_table(path: Path) -> pa.Table:
    """Return a Parquet file as an Arrow table; raises as `read` does."""
    try:
        with pq.ParquetFile(path) as file:
            require_unique(file.schema_arrow.names, path)
            limits.require_size(_declared_size(file), path)
            text_columns = _texts_to_measure(file, path)
            if text_columns:
                _measure_texts(path, text_columns)
            return file.read()
    except (pa.ArrowException, OSError) as error:
        cause = " ".join(str(error).split())[:200]
        raise InputError(f"{path} can't be read as Parquet: {cause}") from error


def _declared_size(file: pq.ParquetFile) -> int:
    """Return the least number of bytes that a file unpacks into, by its metadata.

    That is the larger of two sizes: that of the values, by count and type, and that of the unpacked
    pages.
    """
    value_bytes = 0
    page_bytes = 0
    for group in range(file.metadata.num_row_groups):
        for number in range(file.metadata.num_columns):
            chunk = file.metadata.row_group(group).column(number)
            width = _WIDTHS.get(chunk.physical_type) or file.schema.column(number).length
            value_bytes += chunk.num_values * width
            page_bytes += chunk.total_uncompressed_size
    return max(value_bytes, page_bytes)


def _texts_to_measure(file: pq.ParquetFile, path: Path) -> list[str]:
    """Return the columns of texts or bytes if they could unpack into more than is read, else none.

    A dictionary could repeat its largest text in every row: at most the number of values times the
    size of the pages. Raises `InputError` where delta encoding, which can't be measured in batches,
    could unpack into more than is read.
    """
    largest_sizes: dict[str, int] = {}  # bytes, by column
    for group in range(file.metadata.num_row_groups):
        for number in range(file.metadata.num_columns):
            chunk = file.metadata.row_group(group).column(number)
            if chunk.physical_type != "BYTE_ARRAY":
                continue
            largest = chunk.num_values * chunk.total_uncompressed_size
            if "DELTA_BYTE_ARRAY" in chunk.encodings:
                limits.require_size(largest, path)
            column = chunk.path_in_schema
            largest_sizes[column] = largest_sizes.get(column, 0) + largest
    return sorted(largest_sizes) if sum(largest_sizes.values()) > limits.max_size(path) else []


def _measure_texts(path: Path, columns: list[str]) -> None:
    """Raise `InputError` where the texts of these columns unpack into more than is read.

    The columns are read as dictionaries, so that measuring doesn't unpack them.
    """
    size = 0  # bytes
    with pq.ParquetFile(path, read_dictionary=columns) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=columns):
            size += sum(_unpacked_size(column) for column in batch.columns)
            limits.require_size(size, path)


def _unpacked_size(array: pa.Array) -> int:
    """Return the bytes that an array takes once its dictionaries are unpacked."""
    if pa.types.is_dictionary(array.type):
        lengths = np.asarray(pc.fill_null(pc.binary_length(array.dictionary), 0))
        rows = np.asarray(array.indices.drop_null())
        return int(lengths[rows].sum(dtype=np.int64)) + 8 * len(array)
    if pa.types.is_struct(array.type):
        return sum(_unpacked_size(child) for child in array.flatten())
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _unpacked_size(array.flatten()) + 8 * len(array)
    return int(array.nbytes)
