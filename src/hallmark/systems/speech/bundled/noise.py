"""Background noise of four kinds, added to a clip at a given signal-to-noise ratio."""

from collections.abc import Sequence

import numpy as np

KINDS = ("white", "pink", "hum", "babble")
_MAINS_HZ = 50.0
_HARMONICS = 7  # of the mains: 50, 100 … 350 Hz
_BABBLERS = 3  # clips heard at once
_MIN_POWER = 1e-12  # of a noise: a silent one would be divided by 0


def add_noise(
    clip: np.ndarray,
    other_clips: Sequence[np.ndarray],
    *,
    kind: str,
    decibels: float,
    rate: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return `clip`, float (S,), with added noise. `kind` is one of `KINDS`, and `rate` is in Hz.

    decibels: The signal-to-noise ratio: the mean power of the clip over that of the noise.
    other_clips: What babble is made of, of any lengths; other kinds ignore it.
    """
    noise = _make_noise(kind, len(clip), other_clips, rate, generator)
    noise_power = np.mean(noise**2)
    wanted_power = np.mean(clip**2) / 10 ** (decibels / 10)
    return np.asarray(clip + noise * np.sqrt(wanted_power / max(noise_power, _MIN_POWER)))


def _make_noise(
    kind: str,
    length: int,
    other_clips: Sequence[np.ndarray],
    rate: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return `length` samples of noise, at any loudness."""
    if kind == "hum":
        return _hum(length, rate, generator)
    if kind == "babble":
        return _babble(length, other_clips, generator)

    white = generator.standard_normal(length)
    return white if kind == "white" else _pink(white)


def _hum(length: int, rate: int, generator: np.random.Generator) -> np.ndarray:
    """Return harmonics of the mains: the k-th has amplitude 1 / k and a random phase."""
    harmonics = np.arange(1, _HARMONICS + 1)[:, None]
    cycles = _MAINS_HZ * harmonics * np.arange(length) / rate + generator.random((_HARMONICS, 1))
    return np.asarray((np.sin(2 * np.pi * cycles) / harmonics).sum(axis=0))


def _babble(
    length: int,
    other_clips: Sequence[np.ndarray],
    generator: np.random.Generator,
) -> np.ndarray:
    """Return the sum of randomly chosen clips.

    Each is repeated or cut to `length` and rolled by a random shift.
    """
    babblers = [other_clips[int(generator.integers(len(other_clips)))] for _ in range(_BABBLERS)]
    shifted_clips = [np.roll(np.resize(clip, length), generator.integers(length)) for clip in babblers]
    return np.asarray(np.sum(shifted_clips, axis=0), float)


def _pink(white: np.ndarray) -> np.ndarray:
    """Return white noise (S,) filtered so that its power falls with the frequency f as 1 / f."""
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    return np.fft.irfft(spectrum, len(white))
