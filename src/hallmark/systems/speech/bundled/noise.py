"""Background noise of four kinds, at a signal-to-noise ratio of its own for each clip."""

from collections.abc import Sequence

import numpy as np

KINDS = ("white", "pink", "hum", "babble")
_MAINS_HZ = 50.0
_HARMONICS = 7  # of the mains, the first included
_BABBLERS = 3
_MIN_POWER = 1e-12  # of a noise that is silent


def add_noise(
    clip: np.ndarray,
    other_clips: Sequence[np.ndarray],
    *,
    kind: str,
    decibels: float,
    rate: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return `clip` (n,) with noise whose mean power lies `decibels` below its own; `rate` is in Hz.

    Babble is made of the `other_clips`.
    """
    noise = _make(kind, len(clip), other_clips, rate, generator)
    noise_power = np.mean(noise**2)
    wanted_power = np.mean(clip**2) / 10 ** (decibels / 10)
    return np.asarray(clip + noise * np.sqrt(wanted_power / max(noise_power, _MIN_POWER)))


def _make(
    kind: str,
    length: int,
    other_clips: Sequence[np.ndarray],
    rate: int,
    generator: np.random.Generator,
) -> np.ndarray:
    if kind == "hum":
        return _hum(length, rate, generator)
    if kind == "babble":
        return _babble(length, other_clips, generator)

    white = generator.standard_normal(length)
    return white if kind == "white" else _pink(white)


def _hum(length: int, rate: int, generator: np.random.Generator) -> np.ndarray:
    """Return the first harmonics of the mains, each in a phase of its own, at amplitudes that fall as 1/k."""
    harmonics = np.arange(1, _HARMONICS + 1)[:, None]
    turns = _MAINS_HZ * harmonics * np.arange(length) / rate + generator.random((_HARMONICS, 1))
    return np.asarray((np.sin(2 * np.pi * turns) / harmonics).sum(axis=0))


def _babble(length: int, other_clips: Sequence[np.ndarray], generator: np.random.Generator) -> np.ndarray:
    """Return several clips at once, each repeated to the length and begun anywhere."""
    chosen = [other_clips[int(generator.integers(len(other_clips)))] for _ in range(_BABBLERS)]
    shifted = [np.roll(np.resize(clip, length), generator.integers(length)) for clip in chosen]
    return np.asarray(np.sum(shifted, axis=0), float)


def _pink(white: np.ndarray) -> np.ndarray:
    """Filter white noise so that its power falls with the frequency, as 1/f."""
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    return np.fft.irfft(spectrum, len(white))
