"""NumPy archives (.npz), read as arrays by name or as the columns of one table.

Sizes are checked before an array takes memory.
"""

import zipfile
from math import prod
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import limits

_MOST_ARRAYS = 10_000
_MOST_COLUMNS = 100_000  # of a matrix
_KINDS = "biufUSMm"  # of dtypes: numbers, text, dates and spans of time
_HEADER_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an archive by name, in the machine's byte order; bytes become text (UTF-8).

    Raises `InputError` on a file that is no archive of `np.savez`, one that unpacks into too much,
    a name that occurs twice, and arrays of objects, which would be unpickled.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _require_members(members, path)
            members_by_name = _by_array_name(members, path)
            return {name: _array(archive, member, name, path) for name, member in members_by_name.items()}
    except InputError:
        raise
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        if _begins_with(path, b"\x93NUMPY"):
            sentence = f"{path} holds one bare array: it must be an archive of named arrays, as np.savez writes"
            raise InputError(sentence) from error
        raise InputError(f"{path} can't be read as npz: {' '.join(str(error).split())[:200]}") from error


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def read(path: Path) -> pd.DataFrame:
    """Return the arrays of an archive as a table: (n,) is a column, and (n, k) the columns name.0, name.1 …

    Raises `InputError` where lengths differ, on arrays of other axes, where two columns would have
    one name, and where `arrays` does.
    """
    columns: dict[str, np.ndarray] = {}
    for name, array in arrays(path).items():
        if array.ndim not in (1, 2):
            raise InputError(f"{path}, array {name!r} has {array.ndim} axes: a column has one, a matrix two")
        if array.ndim == 2 and array.shape[1] > _MOST_COLUMNS:
            raise InputError(f"{path}, array {name!r} has {array.shape[1]} columns: at most {_MOST_COLUMNS} are read")
        own_columns = {name: array}
        if array.ndim == 2:
            own_columns = {f"{name}.{place}": values for place, values in enumerate(array.T)}
        repeated = sorted(set(own_columns) & set(columns))
        if repeated:
            raise InputError(f"{path} has the column {repeated[0]!r} twice, as an array and of a matrix: rename one")
        columns |= own_columns

    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{path} holds arrays of different lengths: {lengths}")
    return pd.DataFrame(columns)


def _require_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    if len(members) > _MOST_ARRAYS:
        raise InputError(f"{path} holds {len(members)} arrays, more than the {_MOST_ARRAYS} that are read")
    limits.require_size(sum(member.file_size for member in members), path)
    for member in members:
        limits.require_deflated(member, path)


def _by_array_name(members: list[zipfile.ZipInfo], path: Path) -> dict[str, zipfile.ZipInfo]:
    by_name: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name in by_name:
            raise InputError(f"{path} has the array {name!r} twice: rename one of them")
        by_name[name] = member
    return by_name


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, path: Path) -> np.ndarray:
    """Return one array, once its header agrees with the size of its member of the archive."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADER_READERS:
            raise InputError(f"{path}, array {name!r} has the format version {version}: save it with np.savez")
        shape, _, dtype = _HEADER_READERS[version](stream)
        header_size = stream.tell()

    if dtype.hasobject:
        raise InputError(f"{path}, array {name!r} can't be read as npz: Object arrays are pickled, which is not read")
    if dtype.kind not in _KINDS or dtype.itemsize == 0:
        raise InputError(f"{path}, array {name!r} is of the kind {dtype}: numbers, text and dates are read")
    declared_size = prod(shape) * dtype.itemsize
    size = member.file_size - header_size
    if declared_size != size:
        raise InputError(
            f"{path}, array {name!r} is truncated or damaged: its header declares {declared_size} bytes, and {size} "
            "follow"
        )

    with archive.open(member) as stream:
        array: np.ndarray = np.lib.format.read_array(stream, allow_pickle=False)
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
