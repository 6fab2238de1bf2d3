"""Recordings in WAV files, brought to one rate and one channel. They come from anywhere, so nothing is trusted."""

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
_LARGEST = 2**28  # bytes of one file
_MANY = 5_000  # recordings; more take seconds and are worth a progress bar
_SHORTEST = 0.05  # seconds: no word is shorter
_SILENT = 10 ** (-70 / 20)  # of full scale, root mean square: below the noise of any microphone
_LOUDEST = 4.0  # of full scale: floats beyond, 12 decibels too loud, are counted in another unit
_OTHERS = {b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "MP3", b"\xff\xfb": "MP3", b"FORM": "AIFF", b".snd": "AU"}


class Named(Iterable[tuple[str, "Path | bytes"]], Sized, Protocol):
    """Recordings by a name that an error can give: (name, path or encoded bytes)."""


@dataclass(frozen=True)
class Form:
    """What every recording becomes: int16 at `sample_rate` Hz, padded with zeros to `seconds`."""

    sample_rate: int
    seconds: float

    def __post_init__(self) -> None:
        if not _LEAST_RATE <= self.sample_rate <= _MOST_RATE:
            raise InputError(
                f"prepare.reading.sample_rate is {self.sample_rate}: {_LEAST_RATE} to {_MOST_RATE} Hz are read"
            )
        if not _SHORTEST < self.seconds <= 60:
            raise InputError(
                f"prepare.reading.seconds is {self.seconds:g}: more than {_SHORTEST} and at most 60 are read"
            )

    @property
    def samples(self) -> int:
        return round(self.sample_rate * self.seconds)


def decode(recordings: Named, form: Form) -> tuple[np.ndarray, np.ndarray]:
    """Return int16 (n, samples) and the number of samples of each that are sound, int32 (n,).

    Raises `InputError` naming the first recording that is broken, too long, too short or silent.
    """
    count = len(recordings)
    waveforms = np.zeros((count, form.samples), np.int16)
    lengths = np.zeros(count, np.int32)

    console = Console(stderr=True)
    steps = track(recordings, "reading recordings", count, console=console, disable=count < _MANY)
    for row, (name, content) in enumerate(steps):
        sound = _decode(name, content, form)
        waveforms[row, : len(sound)] = sound
        lengths[row] = len(sound)
    return waveforms, lengths


def _decode(name: str, content: "Path | bytes", form: Form) -> np.ndarray:
    """Return one recording as int16 (samples,) of one channel, at the rate of the form."""
    rate, samples = _samples(name, _bytes(name, content))
    if not _LEAST_RATE <= rate <= _MOST_RATE:
        raise InputError(f"recording {name} has a rate of {rate} Hz: {_LEAST_RATE} to {_MOST_RATE} are read")
    if len(samples) > form.seconds * rate + 0.5:
        raise InputError(
            f"recording {name} lasts {len(samples) / rate:.2f} s, longer than prepare.reading.seconds, {form.seconds:g}"
        )
    if len(samples) < _SHORTEST * rate:
        raise InputError(
            f"recording {name} lasts {len(samples) / rate:.3f} s: nothing shorter than {_SHORTEST} s is read"
        )

    sound = _single_channel(name, samples)
    if np.std(sound) < _SILENT:  # a constant offset makes no sound
        raise InputError(f"recording {name} is silent")
    if rate != form.sample_rate:
        common = gcd(rate, form.sample_rate)
        sound = resample_poly(sound, form.sample_rate // common, rate // common)[: form.samples]

    full_scale = 2**15 - 1
    return np.asarray(np.rint(np.clip(sound, -1, 1) * full_scale), np.int16)


def _bytes(name: str, content: "Path | bytes") -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        size = content.stat().st_size
        if size > _LARGEST:
            raise InputError(f"recording {name} has {size} bytes, more than the {_LARGEST} that are read")
        return content.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"recording {name} is missing") from error
    except OSError as error:
        raise InputError(f"recording {name} cannot be read: {error.strerror}") from error


def _samples(name: str, content: bytes) -> tuple[int, np.ndarray]:
    """Return the rate in Hz and the samples, (n,) or (n, channels), as the file has them."""
    if not content:
        raise InputError(f"recording {name} is empty")
    other_kind = next((kind for magic, kind in _OTHERS.items() if content.startswith(magic)), None)
    if other_kind:
        raise InputError(f"recording {name} is {other_kind}: WAV is read, so convert it first")
    fault = riff.fault_of(content)
    if fault:
        raise InputError(f"recording {name} {fault}")

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)  # of a chunk that ends before its time
            warnings.filterwarnings("ignore", "Chunk .non-data. not understood", wavfile.WavFileWarning)  # a tag
            rate, samples = wavfile.read(io.BytesIO(content))
    except wavfile.WavFileWarning as error:
        raise InputError(f"recording {name} is truncated or damaged: {error}") from error
    except UnboundLocalError as error:  # what scipy meets where a chunk is missing
        raise InputError(f"recording {name} can't be read as WAV: it has no fmt or no data chunk") from error
    except Exception as error:  # a broken header raises whatever the line that meets it raises
        raise InputError(f"recording {name} can't be read as WAV: {' '.join(str(error).split())[:160]}") from error
    return int(rate), samples


def _single_channel(name: str, samples: np.ndarray) -> np.ndarray:
    """Return one channel (n,), the mean of all, as float32 from -1 to 1; of 24 bits, scipy makes the upper of 32."""
    scaled: np.ndarray
    if samples.dtype.kind == "f":
        if not np.isfinite(samples).all():
            raise InputError(f"recording {name} holds samples that are no finite numbers")
        scaled = samples.astype(np.float32)
        loudest = float(np.abs(samples).max())
        if loudest > _LOUDEST:
            raise InputError(f"recording {name} holds the value {loudest:g}, where floats reach from -1 to 1")
    elif samples.dtype == np.uint8:
        scaled = (samples.astype(np.float32) - 128) / 128
    elif samples.dtype.kind == "i" and samples.dtype.itemsize in (2, 4):  # of either byte order
        scaled = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    else:
        raise InputError(
            f"recording {name} has samples of {8 * samples.dtype.itemsize} bits: 8, 16, 24 and 32 are read"
        )
    return np.asarray(scaled if scaled.ndim == 1 else scaled.mean(axis=1))
