"""What one file may become once it is unpacked: a small file can declare, or hold, more than any memory does."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from hallmark.errors import InputError
from hallmark.formats.folders import is_companion

MOST_BYTES = 2**32  # of arrays and of Parquet's values, once unpacked: 4 GiB
MOST_TEXT = 2**30  # of a text table, a text or JSON lines, once unpacked: 1 GiB
MOST_LINE = 2**26  # bytes of one JSON line: 64 MiB
MOST_FILE = 2**28  # bytes of one picture, scan or recording on disk: 256 MiB
_UNPACKING_FACTOR = 10  # a file that is large itself may unpack into so many times its size
_BLOCK = 512  # bytes: the unit in which the system counts what a file takes
_CHUNK = 2**22  # bytes that are unpacked at once

PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_FAULTS = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError)


def max_size(path: Path, *, text: bool = False) -> int:
    """Return how many bytes a file may unpack into: as stated above, or ten times its own size where that is more.

    Its own size is what it takes on the disk: a file with holes can claim any length.
    """
    status = path.stat()
    size_on_disk = min(status.st_size, _BLOCK * getattr(status, "st_blocks", status.st_size))
    return max(MOST_TEXT if text else MOST_BYTES, _UNPACKING_FACTOR * size_on_disk)


def require_size(size: int, path: Path) -> None:
    """Raise `InputError` where a file declares that it unpacks into more bytes than are read."""
    limit = max_size(path)
    if size > limit:
        raise InputError(
            f"{path} unpacks from {path.stat().st_size} into {size} bytes, more than the {limit} that are read: "
            "split it into several files, or leave columns out"
        )


def require_small(path: Path, name: str) -> None:
    """Raise `InputError` where one picture, scan or recording has more bytes than are read of one."""
    size = path.stat().st_size
    if size > MOST_FILE:
        raise InputError(f"{name} has {size} bytes, more than the {MOST_FILE} that are read of one")


def unpack(path: Path) -> bytes:
    """Return a file's bytes, unpacked where its name ends in one of `PACKED`, and never more than `max_size` of them.

    Raises `InputError` where there are more, and on a damaged archive. A .zip holds one file.
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
    """Return how many bytes a stream holds, and stop beyond `limit`; nothing of it is kept."""
    size = 0
    while size <= limit:
        chunk = stream.read(_CHUNK)
        if not chunk:
            break
        size += len(chunk)
    return size


def _open_zip_member(path: Path) -> IO[bytes]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir() and not is_companion(member.filename)]
        if len(members) != 1:
            raise InputError(f"{path} holds {len(members)} files, where one table is read: unpack it first")
        require_deflated(members[0], path)
        return archive.open(members[0])


def require_deflated(member: zipfile.ZipInfo, path: Path) -> None:
    """Raise `InputError` where a member of a zip is encrypted, or packed otherwise than by DEFLATE."""
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{path}, member {member.filename!r}: only stored and deflated members are read")
