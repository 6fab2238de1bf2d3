import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from hallmark.errors import InputError
from hallmark.systems.speech.reading.sounds import WaveformFormat, decode

RATE = 8000
TONE = 0.4 * np.sin(2 * np.pi * 300 * np.arange(RATE // 2) / RATE)  # half a second
FORM = WaveformFormat(RATE, 1.0)


def _wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def _wave(samples: np.ndarray, width: int, channels: int = 1) -> bytes:
    """What Python's own `wave` writes of floats (n,), in `width` bytes a sample."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(RATE)
        top = 2 ** (8 * width - 1) - 1
        numbers = [round(value * top) + (128 if width == 1 else 0) for value in samples for _ in range(channels)]
        out.writeframes(b"".join(number.to_bytes(width, "little", signed=width > 1) for number in numbers))
    return file.getvalue()


@pytest.mark.parametrize(("width", "step"), [(1, 2**-7), (2, 2**-15), (3, 2**-15), (4, 2**-15)])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_width_gives_the_same_sound(width: int, step: float, channels: int) -> None:
    waveforms, lengths = decode([("tone", _wave(TONE, width, channels))], FORM)
    assert waveforms.shape == (1, RATE)
    assert waveforms.dtype == np.int16
    assert lengths.dtype == np.int32
    assert lengths[0] == len(TONE)
    assert np.abs(waveforms[0, : len(TONE)] / 2**15 - TONE).max() <= 2 * step


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_are_read_and_cut_at_full_scale(kind: type) -> None:
    loud = TONE.copy()
    loud[10] = 1.7
    waveform = decode([("tone", _wav(loud.astype(kind)))], FORM)[0][0]
    assert waveform[10] == 2**15 - 1
    assert np.abs(waveform[20 : len(TONE)] / 2**15 - TONE[20:]).max() < 1e-4


def test_channels_are_averaged() -> None:
    stereo = np.stack([TONE, 0.5 * TONE], axis=1).astype(np.float32)
    waveform = decode([("tone", _wav(stereo))], FORM)[0][0, : len(TONE)]
    assert np.abs(waveform / 2**15 - 0.75 * TONE).max() < 1e-4


@pytest.mark.parametrize("rate", [4000, 11025, 16000, 22050, 44100, 48000])
def test_any_rate_is_resampled(rate: int) -> None:
    tone = 0.4 * np.sin(2 * np.pi * 300 * np.arange(rate // 2) / rate)
    waveforms, lengths = decode([("tone", _wav((tone * 2**15).astype(np.int16), rate))], FORM)
    assert abs(int(lengths[0]) - RATE // 2) <= 1
    inner = slice(400, RATE // 2 - 400)  # the filter bends the ends
    assert np.abs(waveforms[0, inner] / 2**15 - TONE[inner]).max() < 0.01


@settings(max_examples=25, deadline=None)
@given(length=st.integers(400, 8000))
def test_a_length_is_kept_and_the_rest_is_zero(length: int) -> None:
    sound = np.random.default_rng(length).integers(-9000, 9000, length).astype(np.int16)
    waveforms, lengths = decode([("noise", _wav(sound))], FORM)
    assert lengths[0] == length
    assert np.abs(waveforms[0, :length] - sound).max() <= 1
    assert (waveforms[0, length:] == 0).all()


def _header(content: bytes, **changed: int) -> bytes:
    """The same file with other numbers in its header."""
    names = ("kind", "channels", "rate", "bytes_a_second", "block", "bits")
    numbers = dict(zip(names, struct.unpack_from("<HHIIHH", content, 20), strict=True)) | changed
    return content[:20] + struct.pack("<HHIIHH", *numbers.values()) + content[36:]


def _adpcm() -> bytes:
    header = struct.pack("<HHIIHHHH", 0x11, 1, RATE, RATE // 2, 256, 4, 2, 505)
    parts = b"WAVEfmt " + struct.pack("<I", len(header)) + header + b"data" + struct.pack("<I", 256) + bytes(256)
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


SOUND = (TONE * 2**15).astype("<i2").tobytes()  # 8000 bytes
FORMAT = (b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16))


def _chunks(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    """A WAV file of these chunks; `size` is what the last one claims to hold."""
    parts = b"WAVE"
    for place, (kind, body) in enumerate(chunks, 1):
        claimed = len(body) if size is None or place < len(chunks) else size
        parts += kind + struct.pack("<I", claimed) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "recording x is empty"),
        (_wave(TONE, 2)[:3000], "recording x is truncated or damaged"),
        (_wave(TONE, 2)[:30], "recording x is truncated or damaged: its fmt chunk says 16 bytes, and 10 follow"),
        (_wave(TONE, 2)[:4] + b"\xff" * 4 + _wave(TONE, 2)[8:], "recording x has no length in its header"),
        (_wave(TONE, 2)[:4] + bytes(4) + _wave(TONE, 2)[8:], "recording x has no length in its header"),
        (b"RIFF\x04\0\0\0WAVE", "recording x can't be read as WAV: it has no data chunk"),
        (b"RIFFnothing at all", "recording x can't be read as WAV"),
        (b"ID3\x03 and more", "recording x is MP3: WAV is read"),
        (b"fLaC\x00", "recording x is FLAC"),
        (_adpcm(), "recording x is IMA ADPCM in a WAV file"),
        (
            _chunks(FORMAT, (b"data", SOUND), size=9000),
            "truncated or damaged: its data chunk says 9000 bytes, and 8000 follow",
        ),
        (_chunks(FORMAT, (b"data", SOUND), size=1000), "7000 bytes from byte 1044 on belong to no chunk"),
        (_chunks(FORMAT, (b"data", SOUND), size=0), "has no length in the header of its data"),
        (_chunks(FORMAT, (b"data", SOUND), size=2**32 - 1), "has no length in the header of its data"),
        (_chunks(FORMAT, (b"data", b"")), "holds no sound"),
        (_chunks(FORMAT, (b"data", SOUND), (b"data", SOUND)), "holds two data chunks"),
        (_chunks(FORMAT, FORMAT, (b"data", SOUND)), "holds two fmt chunks"),
        (_chunks((b"data", SOUND), FORMAT), "has no fmt chunk before its data"),
        (_chunks(FORMAT, (b"data", SOUND)) * 2, "holds another recording from byte 8044 on"),
        (_chunks(FORMAT, (b"data", SOUND + b"!")), "has 8001 bytes, no multiple of the 2 of a frame"),
        (_chunks((b"fmt ", bytes(8)), (b"data", SOUND)), "its fmt chunk has 8 bytes"),
        (b"RF64" + _wave(TONE, 2)[4:], "recording x is RF64"),
        (_header(_wave(TONE, 2), kind=6), "recording x is A-law"),
        (_wav(np.zeros(4000, np.int16)), "recording x is silent"),
        (_wav((TONE[:300] * 2**15).astype(np.int16)), "recording x lasts 0.037 s: nothing shorter than 0.05 s"),
        (_wav((np.tile(TONE, 3) * 2**15).astype(np.int16)), "recording x lasts 1.50 s, longer than"),
        (_wav(np.full(4000, 9000, np.int16)), "recording x is silent"),
        (_wave(np.full(4000, -0.5), 1), "recording x is silent"),
        (_header(_wave(TONE, 2), bits=8), "x can't be read as WAV: its header contradicts itself: 8 bits .* 2 bytes"),
        (_header(_wave(TONE, 2), bits=32), "its header contradicts itself: 32 bits a sample, .* but 2 bytes for all"),
        (_header(_wave(TONE, 2, 2), channels=1), "its header contradicts itself: 16 bits a sample, channels: 1"),
        (_header(_wav(TONE), bytes_a_second=RATE), "its header contradicts itself: .* and 8000 bytes a second"),
        (_wav(TONE * 2**15), "recording x holds the value 13107.2, where floats reach from -1 to 1"),
        (_wav(np.where(TONE > 0.39, -4.5, TONE).astype(np.float32)), "recording x holds the value 4.5"),
        (_wav(np.where(TONE > 0.39, np.nan, TONE)), "recording x holds samples that are no finite numbers"),
        (_wav((TONE * 2**15).astype(np.int16), 1000), "recording x has a rate of 1000 Hz: 4000 to 192000 are read"),
        (_wav((TONE * 2**40).astype(np.int64)), "recording x has samples of 64 bits"),
    ],
)
def test_a_bad_recording_is_named(content: bytes, complaint: str) -> None:
    good = _wave(TONE, 2)
    with pytest.raises(InputError, match=complaint):
        decode([("good", good), ("x", content)], FORM)


def test_a_file_that_is_not_there_or_too_large_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"recording a\.wav is missing"):
        decode([("a.wav", tmp_path / "a.wav")], FORM)
    with pytest.raises(InputError, match="recording a folder cannot be read: Is a directory"):
        decode([("a folder", tmp_path)], FORM)
    with (tmp_path / "huge.wav").open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(InputError, match="has 268435457 bytes, more than the 268435456"):
        decode([("huge.wav", tmp_path / "huge.wav")], FORM)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_chunk_before_the_header_and_big_endian_numbers_are_read(order: str) -> None:
    data = (TONE * 2**15).astype(f"{order}i2").tobytes()
    note = b"JUNK" + struct.pack(f"{order}I", 3) + b"abc\0"
    form = b"fmt " + struct.pack(f"{order}IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    parts = b"WAVE" + note + form + b"data" + struct.pack(f"{order}I", len(data)) + data
    content = (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", len(parts)) + parts
    waveform = decode([("tone", content)], FORM)[0][0, : len(TONE)]
    assert np.abs(waveform / 2**15 - TONE).max() < 1e-4


def test_a_header_that_agrees_with_itself_is_believed_though_the_data_be_of_another_width() -> None:
    content = _header(_wave(TONE, 2), bits=8, block=1, bytes_a_second=RATE)
    assert decode([("tone", content)], FORM)[1][0] == 2 * len(TONE)


def test_a_tag_after_the_sound_does_no_harm() -> None:
    tagged = _wave(TONE, 2) + b"LIST" + struct.pack("<I", 4) + b"INFO"
    tagged = tagged[:4] + struct.pack("<I", len(tagged) - 8) + tagged[8:]
    assert decode([("tagged", tagged)], FORM)[1][0] == len(TONE)


@pytest.mark.parametrize("bits", [8, 16, 24, 32, -32, -64])
def test_a_format_with_more_about_the_channels_is_read(bits: int) -> None:
    width = abs(bits) // 8
    is_float = bits < 0
    guid = struct.pack("<H", 3 if is_float else 1) + bytes.fromhex("000000001000800000aa00389b71")
    form = struct.pack("<HHIIHH", 0xFFFE, 2, RATE, 2 * width * RATE, 2 * width, 8 * width)
    form += struct.pack("<HHI", 22, 8 * width, 3) + guid
    if is_float:
        mono = TONE.astype(f"<f{width}").tobytes()
    else:
        top = 2 ** (bits - 1) - 1
        numbers = [round(value * top) + (128 if bits == 8 else 0) for value in TONE]
        mono = b"".join(number.to_bytes(width, "little", signed=bits > 8) for number in numbers)
    frames = b"".join(mono[at : at + width] * 2 for at in range(0, len(mono), width))
    content = _chunks((b"JUNK", b"odd"), (b"fmt ", form), (b"fact", bytes(4)), (b"data", frames), (b"LIST", b"INFOx"))
    waveforms, lengths = decode([("tone", content)], FORM)

    assert lengths[0] == len(TONE)
    assert np.abs(waveforms[0, : len(TONE)] / 2**15 - TONE).max() <= (2**-6 if bits == 8 else 2**-14)


@pytest.mark.parametrize("rest", [b"\0" * 4, b"\0" * 8, b"\0" * 5_000, b"TAG" + b"song".ljust(125, b"\0")])
@pytest.mark.parametrize("is_counted", [False, True])
def test_zeros_and_an_id3_tag_behind_the_sound_do_no_harm(rest: bytes, is_counted: bool) -> None:
    content = _wave(TONE, 2)
    expected = decode([("tone", content)], FORM)[0]
    length = struct.pack("<I", len(content) - 8 + len(rest) * is_counted)
    assert (decode([("tone", content[:4] + length + content[8:] + rest)], FORM)[0] == expected).all()


@pytest.mark.parametrize("rest", [b"TAG" + b"x" * 124, b"TAG" + b"x" * 126, b"\0" * 50 + b"x"])
def test_what_is_neither_zeros_nor_a_tag_is_refused_behind_the_sound(rest: bytes) -> None:
    with pytest.raises(InputError, match="recording tone "):
        decode([("tone", _wave(TONE, 2) + rest)], FORM)
