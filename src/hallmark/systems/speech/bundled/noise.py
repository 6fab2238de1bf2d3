"""What stands behind the voice: noise of four kinds, at a signal-to-noise ratio of its own for each clip."""

from collections.abc import Sequence

import numpy as np

KINDS = ("white", "pink", "hum", "babble")
_MAINS = 50.0  # Hz
_BABBLERS = 3


def add(
    clip: np.ndarray,
    others: Sequence[np.ndarray],
    *,
    kind: str,
    decibels: float,
    rate: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return `clip` (n,) with noise whose mean power lies `decibels` below its own. `others` are what babble is
    made of."""
    noise = _make(kind, len(clip), others, rate, generator)
    power, wanted = np.mean(noise**2), np.mean(clip**2) / 10 ** (decibels / 10)
    return np.asarray(clip + noise * np.sqrt(wanted / max(power, 1e-12)))


def _make(
    kind: str, length: int, others: Sequence[np.ndarray], rate: int, generator: np.random.Generator
) -> np.ndarray:
    if kind == "hum":  # the mains' first harmonics, each in a phase of its own
        harmonics = np.arange(1, 8)
        turn = 2 * np.pi * (_MAINS * harmonics[:, None] * np.arange(length) / rate + generator.random((7, 1)))
        return np.asarray((np.sin(turn) / harmonics[:, None]).sum(axis=0))
    if kind == "babble":
        chosen = [others[int(generator.integers(len(others)))] for _ in range(_BABBLERS)]
        return np.asarray(sum(np.roll(np.resize(one, length), generator.integers(length)) for one in chosen), float)
    white = generator.standard_normal(length)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))  # power falls with the frequency
    return np.fft.irfft(spectrum, length)
