"""The IDX format of the MNIST family: a big-endian header (magic number, sizes of axes), then bytes.

Source: http://yann.lecun.com/exdb/mnist
"""

import gzip
import re
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from hallmark.errors import InputError
from hallmark.formats import limits
from hallmark.formats.folders import RawFolder

_UNSIGNED_BYTE = 8  # the type code in the magic number's third byte
_CHUNK = 2**22  # bytes that are read at once


def read_named(folder: RawFolder, name: str, *, dimensions: int) -> tuple[np.ndarray, Path]:
    """Return the array and the path of the one file whose name contains `name`, such as "train-images".

    The file's name ends in idx3-ubyte for three dimensions, or the same with .gz. Raises
    `InputError` where there is none or several, and where `read` does.
    """
    pattern = re.compile(rf"[^/]*{re.escape(name)}[-.]idx{dimensions}-ubyte(\.gz)?", re.IGNORECASE)
    matches = [file for file in folder.files if pattern.fullmatch(file)]
    if len(matches) != 1:
        raise InputError(
            f"{folder.root} must hold one file {name}-idx{dimensions}-ubyte or the same with .gz; found: "
            f"{', '.join(matches) or 'none'}"
        )
    path = folder.file(matches[0])
    return read(path, dimensions=dimensions), path


def read(path: Path, *, dimensions: int) -> np.ndarray:
    """Return the uint8 array of one IDX file, gzipped or not, with so many dimensions.

    Raises `InputError` on a file of another kind, a damaged one, and one that unpacks into too
    much.
    """
    try:
        with path.open("rb") as stream:
            is_gzipped = stream.read(2) == b"\x1f\x8b"
        with cast("BinaryIO", gzip.open(path)) if is_gzipped else path.open("rb") as stream:
            return _read_stream(stream, path, dimensions)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is truncated or damaged: {error}") from error


def _read_stream(stream: BinaryIO, path: Path, dimensions: int) -> np.ndarray:
    header_size = 4 + 4 * dimensions
    header = stream.read(header_size)
    if not header:
        raise InputError(f"{path} is empty")
    magic = bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    if header[:4] != magic:
        raise InputError(
            f"{path} begins with {header[:4].hex()}, where IDX with {dimensions} dimensions begins with {magic.hex()}"
        )
    if len(header) < header_size:
        raise InputError(f"{path} is truncated: its header has {len(header)} of {header_size} bytes")

    shape = [int(length) for length in np.frombuffer(header[4:], ">u4")]
    size = prod(shape)
    limit = limits.max_size(path)
    if size > limit:
        raise InputError(f"{path} declares {size} bytes, more than the {limit} that are read")

    content = _read_at_most(stream, size + 1)
    if len(content) != size:
        actual_size = "more" if len(content) > size else f"{len(content)}"
        raise InputError(f"{path} is truncated or damaged: its header declares {size} bytes, and {actual_size} follow")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _read_at_most(stream: BinaryIO, size: int) -> bytes:
    """Return at most `size` bytes of a stream.

    They are read in chunks, so that memory is taken for what the stream contains, not for what its
    header declares.
    """
    chunks: list[bytes] = []
    remaining_bytes = size
    while remaining_bytes:
        chunk = stream.read(min(remaining_bytes, _CHUNK))
        if not chunk:
            break
        chunks.append(chunk)
        remaining_bytes -= len(chunk)
    return b"".join(chunks)
