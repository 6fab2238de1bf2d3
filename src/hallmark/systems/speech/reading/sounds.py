"""Decoding of WAV files into waveforms of one sample rate, one channel and one length.

The files come from anywhere, so everything about them is checked.
"""

import io
import warnings
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Protocol

import numpy as np
from rich.console import Console
from rich.progress import track
from scipy.io import wavfile
from scipy.signal import resample_poly

from hallmark.errors import InputError
from hallmark.systems.speech.reading import riff

_LEAST_RATE = 4_000  # Hz
_MOST_RATE = 192_000  # Hz
_MOST_FILE_BYTES = 2**28
_LEAST_SECONDS = 0.05  # no word is shorter
_MOST_SECONDS = 60
_SILENCE = 10 ** (-70 / 20)  # root mean square, full scale is 1: below the noise of any microphone
# Full scale is 1. Floats beyond 4, 12 decibels too loud, are in another unit, such as that of 16
# bits.
_MOST_AMPLITUDE = 4.0
_RECORDINGS_WITH_PROGRESS_BAR = 5_000  # reading them takes seconds
# The first bytes of files of other formats.
_OTHER_FORMATS = {b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "MP3", b"\xff\xfb": "MP3", b"FORM": "AIFF", b".snd": "AU"}


class NamedRecordings(Iterable[tuple[str, "Path | bytes"]], Sized, Protocol):
    """WAV files, each as (its name in errors, its path or its bytes)."""


@dataclass(frozen=True)
class WaveformFormat:
    """The one format of all waveforms: one channel of int16, zeros behind the sound.

    Raises `InputError` on a rate or length that is not read.
    """

    sample_rate: int  # Hz
    seconds: float  # of a padded waveform; a longer recording is refused

    def __post_init__(self) -> None:
        if not _LEAST_RATE <= self.sample_rate <= _MOST_RATE:
            raise InputError(
                f"prepare.reading.sample_rate is {self.sample_rate}: {_LEAST_RATE} to {_MOST_RATE} Hz are read"
            )
        if not _LEAST_SECONDS < self.seconds <= _MOST_SECONDS:
            raise InputError(
                f"prepare.reading.seconds is {self.seconds:g}: more than {_LEAST_SECONDS} and at most {_MOST_SECONDS} "
                "are read"
            )

    @property
    def samples(self) -> int:
        """Samples of a waveform, with its padding."""
        return round(self.sample_rate * self.seconds)


def decode(recordings: NamedRecordings, waveform_format: WaveformFormat) -> tuple[np.ndarray, np.ndarray]:
    """Return the waveforms of n recordings, in their order, and the length of each.

    The waveforms are int16 (n, S), S samples at the format's rate, zeros behind the sound. The
    lengths, int32 (n,), are the numbers of samples that are sound. Raises `InputError` naming the
    first recording that is broken, too long, too short or silent.
    """
    count = len(recordings)
    waveforms = np.zeros((count, waveform_format.samples), np.int16)
    lengths = np.zeros(count, np.int32)

    recordings_with_progress = track(
        recordings,
        "reading recordings",
        count,
        console=Console(stderr=True),
        disable=count < _RECORDINGS_WITH_PROGRESS_BAR,
    )
    for row, (name, content) in enumerate(recordings_with_progress):
        sound = _decode(name, content, waveform_format)
        waveforms[row, : len(sound)] = sound
        lengths[row] = len(sound)
    return waveforms, lengths


def _decode(name: str, content: "Path | bytes", waveform_format: WaveformFormat) -> np.ndarray:
    """Return the sound of one recording, int16 (samples,), at the format's rate, not padded."""
    rate, samples = _samples(name, _bytes(name, content))
    if not _LEAST_RATE <= rate <= _MOST_RATE:
        raise InputError(f"recording {name} has a rate of {rate} Hz: {_LEAST_RATE} to {_MOST_RATE} are read")
    if len(samples) > waveform_format.seconds * rate + 0.5:
        raise InputError(
            f"recording {name} lasts {len(samples) / rate:.2f} s, longer than prepare.reading.seconds, "
            f"{waveform_format.seconds:g}"
        )
    if len(samples) < _LEAST_SECONDS * rate:
        raise InputError(
            f"recording {name} lasts {len(samples) / rate:.3f} s: nothing shorter than {_LEAST_SECONDS} s is read"
        )

    sound = _single_channel(name, samples)
    if np.std(sound) < _SILENCE:  # of the deviation, since a constant offset makes no sound
        raise InputError(f"recording {name} is silent")
    if rate != waveform_format.sample_rate:
        common = gcd(rate, waveform_format.sample_rate)
        sound = resample_poly(sound, waveform_format.sample_rate // common, rate // common)[: waveform_format.samples]

    full_scale = 2**15 - 1
    return np.asarray(np.rint(np.clip(sound, -1, 1) * full_scale), np.int16)


def _bytes(name: str, content: "Path | bytes") -> bytes:
    """Return the bytes of a recording.

    Raises `InputError` on a file that is missing, too large or unreadable.
    """
    if isinstance(content, bytes):
        return content
    try:
        size = content.stat().st_size
        if size > _MOST_FILE_BYTES:
            raise InputError(f"recording {name} has {size} bytes, more than the {_MOST_FILE_BYTES} that are read")
        return content.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"recording {name} is missing") from error
    except OSError as error:
        raise InputError(f"recording {name} cannot be read: {error.strerror}") from error


def _samples(name: str, content: bytes) -> tuple[int, np.ndarray]:
    """Return the rate in Hz, and the samples, (samples,) or (samples, channels), in the file's own type."""
    if not content:
        raise InputError(f"recording {name} is empty")
    for magic, other_format in _OTHER_FORMATS.items():
        if content.startswith(magic):
            raise InputError(f"recording {name} is {other_format}: WAV is read, so convert it first")
    fault = riff.fault_of(content)
    if fault:
        raise InputError(f"recording {name} {fault}")

    try:
        with warnings.catch_warnings():
            # scipy warns of a chunk that is cut off, which is an error here, and of tags, which do
            # no harm.
            warnings.simplefilter("error", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", "Chunk .non-data. not understood", wavfile.WavFileWarning)
            rate, samples = wavfile.read(io.BytesIO(content))
    except wavfile.WavFileWarning as error:
        raise InputError(f"recording {name} is truncated or damaged: {error}") from error
    except UnboundLocalError as error:  # scipy's own, where a chunk is missing
        raise InputError(f"recording {name} can't be read as WAV: it has no fmt or no data chunk") from error
    except Exception as error:  # scipy doesn't check the header: it fails where it first uses a wrong number
        raise InputError(f"recording {name} can't be read as WAV: {' '.join(str(error).split())[:160]}") from error
    return int(rate), samples


def _single_channel(name: str, samples: np.ndarray) -> np.ndarray:
    """Return the mean of all channels, float32 (samples,), full scale from -1 to 1.

    `samples` are (samples,) or (samples, channels). scipy returns samples of 24 bits as the upper
    bytes of 32 bits, so they are scaled as those.
    """
    scaled: np.ndarray
    if samples.dtype.kind == "f":
        if not np.isfinite(samples).all():
            raise InputError(f"recording {name} holds samples that are no finite numbers")
        scaled = samples.astype(np.float32)
        most_amplitude = float(np.abs(samples).max())
        if most_amplitude > _MOST_AMPLITUDE:
            raise InputError(f"recording {name} holds the value {most_amplitude:g}, where floats reach from -1 to 1")
    elif samples.dtype == np.uint8:
        scaled = (samples.astype(np.float32) - 128) / 128  # 8 bits are unsigned in WAV
    elif samples.dtype.kind == "i" and samples.dtype.itemsize in (2, 4):  # of either byte order
        scaled = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    else:
        raise InputError(
            f"recording {name} has samples of {8 * samples.dtype.itemsize} bits: 8, 16, 24 and 32 are read"
        )
    return np.asarray(scaled if scaled.ndim == 1 else scaled.mean(axis=1))
