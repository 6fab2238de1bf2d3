"""The chunks of a WAV file (RIFF), looked at before its samples are taken: what a decoder would skip, or cut off."""

import struct
from collections.abc import Iterator

_NO_LENGTH = (b"\0\0\0\0", b"\xff\xff\xff\xff")
_KINDS = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 49: "GSM 6.10", 80: "MPEG", 85: "MP3"}
_PLAIN = (1, 3, 0xFFFE)  # integers, floats, and either with more about the channels (WAVE_FORMAT_EXTENSIBLE)
_TAG = 128  # bytes
_CURE = "write it to a file again, by sox or ffmpeg"


class _FaultError(Exception):
    """What is wrong with a file, as the end of a sentence that begins with its name."""


def fault_of(content: bytes) -> str | None:
    """Return why the chunks of a WAV file don't hold one recording of plain samples, as the end of a sentence that
    begins with the file's name, or None. What is no RIFF file at all is not judged.
    """
    if content[:4] in (b"RF64", b"BW64"):
        return f"is {content[:4].decode()}, which is for files beyond 4 GiB: convert it to WAV"
    if content[:4] not in (b"RIFF", b"RIFX"):
        return None
    if content[4:8] in _NO_LENGTH:
        return f"has no length in its header, as what is written to a pipe: {_CURE}"
    try:
        _require_one_recording(content, ">" if content.startswith(b"RIFX") else "<")
    except _FaultError as fault:
        return str(fault)
    return None


def _require_one_recording(content: bytes, order: str) -> None:
    seen: dict[bytes, tuple[int, int]] = {}
    for kind, start, size in _chunks(content, order):
        if kind in (b"RIFF", b"RIFX"):
            raise _FaultError(f"holds another recording from byte {start - 8} on, which would not be read: split it")
        if kind in (b"fmt ", b"data") and kind in seen:
            raise _FaultError(f"holds two {kind.decode().strip()} chunks, of which one would be read: {_CURE}")
        if kind == b"data" and b"fmt " not in seen:
            raise _FaultError("can't be read as WAV: it has no fmt chunk before its data")
        seen[kind] = (start, size)
    if b"fmt " not in seen or b"data" not in seen:
        raise _FaultError("can't be read as WAV: it has no fmt or no data chunk")

    block = _require_format(content, *seen[b"fmt "], order)
    size = seen[b"data"][1]
    if not size:
        raise _FaultError("holds no sound: its data chunk says 0 bytes, and none follow")
    if size % block:
        raise _FaultError(f"is truncated or damaged: its data has {size} bytes, no multiple of the {block} of a sample")


def _chunks(content: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, and where its bytes begin and how many they are; all bytes of the file belong to one."""
    place = 12
    while place < len(content):
        rest = content[place:]
        if not rest.strip(b"\0"):
            return  # padding at the end
        if len(rest) == _TAG and rest.startswith(b"TAG"):
            return  # ID3v1: title and artist, which players put behind any file
        kind = rest[:4]
        if len(rest) < 8 or not (kind.isascii() and kind.decode("ascii").isprintable()):
            raise _FaultError(
                f"can't be read as WAV: {len(rest)} bytes from byte {place} on belong to no chunk, so that a length in "
                f"its header is wrong: {_CURE}"
            )
        size = struct.unpack_from(f"{order}I", rest, 4)[0]
        if kind == b"data" and (rest[4:8] == _NO_LENGTH[1] or (not size and len(rest) > 8)):
            raise _FaultError(f"has no length in the header of its data, as what is written to a pipe: {_CURE}")
        if size > len(rest) - 8:
            name = kind.decode("ascii").strip()
            raise _FaultError(
                f"is truncated or damaged: its {name} chunk says {size} bytes, and {len(rest) - 8} follow"
            )
        yield kind, place + 8, size
        place += 8 + size + size % 2


def _require_format(content: bytes, start: int, size: int, order: str) -> int:
    """Return the bytes of a sample of all channels; raise where the format is no plain one, or contradicts itself."""
    if size < 16:
        raise _FaultError(f"can't be read as WAV: its fmt chunk has {size} bytes, and no room for a format")
    tag, channels, rate, bytes_a_second, block, bits = struct.unpack_from(f"{order}HHIIHH", content, start)
    if tag not in _PLAIN:
        raise _FaultError(
            f"is {_KINDS.get(tag, f'of the format {tag:#06x}')} in a WAV file: convert it to 16-bit samples"
        )
    if not channels or not block or block != channels * -(-bits // 8) or bytes_a_second != rate * block:
        raise _FaultError(
            f"can't be read as WAV: its header contradicts itself: {bits} bits a sample, channels: {channels}, {rate} "
            f"Hz, but {block} bytes for all channels of a sample and {bytes_a_second} bytes a second"
        )
    return int(block)
