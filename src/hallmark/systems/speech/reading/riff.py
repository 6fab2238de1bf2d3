"""Chunks of a WAV file (RIFF), checked before decoding, since scipy skips or cuts off faulty ones.

A WAV file is a header of 12 bytes ("RIFF", length, "WAVE") and then chunks. Each chunk has its name
(4 bytes), the number of its bytes (4 bytes), its bytes, and a zero byte where their number is odd.
The chunk `fmt ` describes the samples, which are in the chunk `data`.
"""

import struct
from collections.abc import Iterator

_FILE_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
_UNKNOWN_LENGTHS = (b"\0\0\0\0", b"\xff\xff\xff\xff")  # of a file that is written to a pipe
_COMPRESSED_FORMATS = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 49: "GSM 6.10", 80: "MPEG", 85: "MP3"}
# Integers, floats, and either with more about the channels (WAVE_FORMAT_EXTENSIBLE).
_PLAIN_FORMATS = (1, 3, 0xFFFE)
_LEAST_FORMAT_BYTES = 16
_ID3V1_BYTES = 128
_REWRITE_ADVICE = "write it to a file again, by sox or ffmpeg"


class _FaultError(Exception):
    """What is wrong with a file, as the end of a sentence that begins with its name."""


def fault_of(content: bytes) -> str | None:
    """Return why a WAV file does not hold exactly one recording of uncompressed samples.

    The fault is the end of a sentence that begins with the file's name; None without a fault, and
    for a file that is no RIFF at all, of which other code speaks.
    """
    magic = content[:4]
    if magic in (b"RF64", b"BW64"):
        return f"is {magic.decode()}, which is for files beyond 4 GiB: convert it to WAV"
    if magic not in (b"RIFF", b"RIFX"):
        return None
    if content[4:8] in _UNKNOWN_LENGTHS:
        return f"has no length in its header, as what is written to a pipe: {_REWRITE_ADVICE}"

    byte_order = ">" if magic == b"RIFX" else "<"  # as struct has it: big or little endian
    try:
        _require_one_recording(content, byte_order)
    except _FaultError as fault:
        return str(fault)
    return None


def _require_one_recording(content: bytes, byte_order: str) -> None:
    """Raise `_FaultError` unless a file has exactly one `fmt ` chunk, and later exactly one `data`
    chunk, which holds whole frames (a frame is one sample of each channel).

    `content` are the bytes of the whole file; other chunks are allowed.
    """
    chunks: dict[bytes, tuple[int, int]] = {}  # name → position of its first byte in the file, number of bytes
    for name, start, size in _chunks(content, byte_order):
        if name in (b"RIFF", b"RIFX"):  # a second file header: `_chunks` begins after the first
            raise _FaultError(
                f"holds another recording from byte {start - _CHUNK_HEADER_BYTES} on, which would not be read: split it"
            )
        if name in (b"fmt ", b"data") and name in chunks:
            raise _FaultError(
                f"holds two {name.decode().strip()} chunks, of which one would be read: {_REWRITE_ADVICE}"
            )
        if name == b"data" and b"fmt " not in chunks:
            raise _FaultError("can't be read as WAV: it has no fmt chunk before its data")
        chunks[name] = (start, size)
    if b"data" not in chunks:
        raise _FaultError("can't be read as WAV: it has no data chunk")

    format_start, format_size = chunks[b"fmt "]
    frame_bytes = _require_plain_format(content, format_start, format_size, byte_order)
    _, data_size = chunks[b"data"]
    if not data_size:
        raise _FaultError("holds no sound: its data chunk says 0 bytes, and none follow")
    if data_size % frame_bytes:
        raise _FaultError(
            f"is truncated or damaged: its data has {data_size} bytes, no multiple of the {frame_bytes} of a frame"
        )


def _chunks(content: bytes, byte_order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk: its name, the position of its first byte in the file, and its number of bytes.

    Raises `_FaultError` where bytes belong to no chunk, or a chunk is longer than the rest of the
    file. Zeros and an ID3v1 tag (title and artist) at the end are allowed: any player skips them.
    """
    position = _FILE_HEADER_BYTES
    while position < len(content):
        rest = content[position:]
        is_padding = not rest.strip(b"\0")
        is_id3_tag = len(rest) == _ID3V1_BYTES and rest.startswith(b"TAG")
        if is_padding or is_id3_tag:
            return

        name = rest[:4]
        is_name = name.isascii() and name.decode("ascii").isprintable()
        if len(rest) < _CHUNK_HEADER_BYTES or not is_name:
            raise _FaultError(
                f"can't be read as WAV: {len(rest)} bytes from byte {position} on belong to no chunk, so that a length "
                f"in its header is wrong: {_REWRITE_ADVICE}"
            )

        (size,) = struct.unpack_from(f"{byte_order}I", rest, 4)
        following_bytes = len(rest) - _CHUNK_HEADER_BYTES
        has_unknown_length = rest[4:8] == _UNKNOWN_LENGTHS[1] or (size == 0 and following_bytes > 0)
        if name == b"data" and has_unknown_length:
            raise _FaultError(
                f"has no length in the header of its data, as what is written to a pipe: {_REWRITE_ADVICE}"
            )
        if size > following_bytes:
            raise _FaultError(
                f"is truncated or damaged: its {name.decode('ascii').strip()} chunk says {size} bytes, "
                f"and {following_bytes} follow"
            )

        yield name, position + _CHUNK_HEADER_BYTES, size
        position += _CHUNK_HEADER_BYTES + size + size % 2  # chunks begin at even positions


def _require_plain_format(content: bytes, start: int, size: int, byte_order: str) -> int:
    """Return the bytes of one sample of all channels together, from the `fmt ` chunk.

    Raises `_FaultError` where the samples are compressed, or the numbers of the chunk contradict
    each other.
    """
    if size < _LEAST_FORMAT_BYTES:
        raise _FaultError(f"can't be read as WAV: its fmt chunk has {size} bytes, and no room for a format")

    fields = struct.unpack_from(f"{byte_order}HHIIHH", content, start)
    format_code, channels, rate, bytes_per_second, frame_bytes, bits_per_sample = fields
    if format_code not in _PLAIN_FORMATS:
        format_name = _COMPRESSED_FORMATS.get(format_code, f"of the format {format_code:#06x}")
        raise _FaultError(f"is {format_name} in a WAV file: convert it to 16-bit samples")

    bytes_per_sample = -(-bits_per_sample // 8)  # rounded up to whole bytes
    is_consistent = frame_bytes == channels * bytes_per_sample and bytes_per_second == rate * frame_bytes
    if not channels or not frame_bytes or not is_consistent:
        raise _FaultError(
            f"can't be read as WAV: its header contradicts itself: {bits_per_sample} bits a sample, channels: "
            f"{channels}, {rate} Hz, but {frame_bytes} bytes for all channels of a sample and {bytes_per_second} bytes "
            "a second"
        )
    return int(frame_bytes)
