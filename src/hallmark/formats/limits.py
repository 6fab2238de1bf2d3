"""Limits of what a file may unpack into: a small one can unpack into more than the memory."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from hallmark.config.table_files import PACKED
from hallmark.errors import InputError
from hallmark.formats.folders import is_companion

MOST_BYTES = 2**32  # 4 GiB: of arrays and of Parquet's values, once unpacked
MOST_TEXT = 2**30  # 1 GiB: of a text table, a text or JSON lines, once unpacked
MOST_LINE = 2**26  # 64 MiB: of one JSON line
MOST_FILE = 2**28  # 256 MiB: of one picture, scan or recording on disk
_UNPACKING_FACTOR = 10  # a file that is large itself may unpack into ten times its size
_BLOCK = 512  # bytes of a unit of `os.stat_result.st_blocks`
_CHUNK = 2**22  # bytes that are unpacked at once

_FAULTS = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError)


def max_size(path: Path, *, text: bool = False) -> int:
    """Return how many bytes a file may unpack into.

    It is the larger of 4 GiB (for `text` 1 GiB) and ten times the file's own size. The own size is
    what the file occupies on disk, since a sparse file can claim any length.
    """
    status = path.stat()
    size_on_disk = min(status.st_size, _BLOCK * getattr(status, "st_blocks", status.st_size))
    return max(MOST_TEXT if text else MOST_BYTES, _UNPACKING_FACTOR * size_on_disk)


def require_size(size: int, path: Path) -> None:
    """Raise `InputError` where the `size` in bytes that a file unpacks into exceeds `max_size`."""
    limit = max_size(path)
    if size > limit:
        raise InputError(
            f"{path} unpacks from {path.stat().st_size} into {size} bytes, more than the {limit} that are read: "
            "split it into several files, or leave columns out"
        )


def require_small(path: Path, name: str) -> None:
    """Raise `InputError` where a picture, scan or recording has over 256 MiB; `name` is for the message."""
    size = path.stat().st_size
    if size > MOST_FILE:
        raise InputError(f"{name} has {size} bytes, more than the {MOST_FILE} that are read of one")


def unpack(path: Path) -> bytes:
    """Return a file's bytes, unpacked where its suffix is one of `PACKED`; a .zip must contain one file.

    Raises `InputError` where there are more bytes than `max_size` allows for text, and on a damaged
    file. The size is measured in a first pass that keeps nothing, so that memory is taken only for
    what fits.
    """
    suffix = path.suffix.lower()
    limit = max_size(path, text=True)
    if suffix not in PACKED:
        if path.stat().st_size > limit:
            raise InputError(f"{path} claims {path.stat().st_size} bytes and is mostly holes: it is damaged")
        return path.read_bytes()

    try:
        with _open_stream(path, suffix) as stream:
            size = _measure_stream(stream, limit)
        if size > limit:
            raise InputError(
                f"{path} unpacks from {path.stat().st_size} into more than the {limit} bytes that are read: "
                "split it into several files"
            )
        with _open_stream(path, suffix) as stream:
            return stream.read(size)
    except InputError:
        raise
    except _FAULTS as error:
        cause = " ".join(str(error).split())[:160]
        raise InputError(f"{path} is truncated or damaged: {cause}") from error


def _open_stream(path: Path, suffix: str) -> IO[bytes]:
    """Return a stream of the unpacked bytes of a packed file, by its suffix."""
    if suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    if suffix == ".bz2":
        return bz2.open(path)
    if suffix == ".xz":
        return lzma.open(path)
    if suffix == ".zip":
        return _open_zip_member(path)
    return cast("IO[bytes]", pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))


def _measure_stream(stream: IO[bytes], limit: int) -> int:
    """Return the bytes of a stream, counted without keeping them; any number above `limit` means more."""
    size = 0
    while size <= limit:
        chunk = stream.read(_CHUNK)
        if not chunk:
            break
        size += len(chunk)
    return size


def _open_zip_member(path: Path) -> IO[bytes]:
    """Return the one file of a zip, companions aside, as a stream of its unpacked bytes."""
    with zipfile.ZipFile(path) as archive:
        files = [member for member in archive.infolist() if not member.is_dir()]
        members = [member for member in files if not is_companion(member.filename)]
        if len(members) != 1:
            raise InputError(f"{path} holds {len(members)} files, where one table is read: unpack it first")
        require_deflated(members[0], path)
        return archive.open(members[0])


def require_deflated(member: zipfile.ZipInfo, path: Path) -> None:
    """Raise `InputError` where a member of a zip is encrypted, or packed otherwise than by DEFLATE."""
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{path}, member {member.filename!r}: only stored and deflated members are read")
