"""The IDX format of the MNIST family: a big-endian header (magic, sizes), then the bytes. http://yann.lecun.com/exdb/mnist"""

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from hallmark.errors import InputError

_UNSIGNED_BYTE = 8  # the type code in the magic number's third byte
_LARGEST = 2**32  # bytes: the header declares the size, and a small .gz can unpack into more than any memory holds


def one(folder: Path, name: str, *, dimensions: int) -> tuple[np.ndarray, Path]:
    """Return the array, and the file, of the one file in `folder` that bears `name`, such as train-images."""
    patterns = [f"*{name}{joint}idx{dimensions}-ubyte{end}" for joint in "-." for end in ("", ".gz")]
    files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise InputError(
            f"{folder} must hold one file {name}-idx{dimensions}-ubyte or the same with .gz; found: {found}"
        )
    return read(files[0], dimensions=dimensions), files[0]


def read(path: Path, *, dimensions: int) -> np.ndarray:
    """Return the uint8 array of one IDX file, gzipped or not. Raises `InputError` on any other or damaged file."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with cast("BinaryIO", gzip.open(path)) if packed else path.open("rb") as file:
            return _read(file, path, dimensions)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is truncated or damaged: {error}") from error


def _read(file: BinaryIO, path: Path, dimensions: int) -> np.ndarray:
    header = file.read(4 + 4 * dimensions)
    if not header:
        raise InputError(f"{path} is empty")
    magic = bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    if header[:4] != magic:
        raise InputError(
            f"{path} begins with {header[:4].hex()}, where IDX with {dimensions} dimensions begins with {magic.hex()}"
        )
    if len(header) < 4 + 4 * dimensions:
        raise InputError(f"{path} is truncated: its header has {len(header)} of {4 + 4 * dimensions} bytes")
    shape = [int(length) for length in np.frombuffer(header[4:], ">u4")]
    size = prod(shape)
    if size > _LARGEST:
        raise InputError(f"{path} declares {size} bytes, more than the {_LARGEST} that are read")
    content = file.read(size + 1)
    if len(content) != size:
        found = "more" if len(content) > size else f"{len(content)}"
        raise InputError(f"{path} is truncated or damaged: its header declares {size} bytes, and {found} follow")
    return np.frombuffer(content, np.uint8).reshape(shape)
