"""Numbers that describe a recording whatever it says: checked for range, watched for drift, searched for shortcuts."""

import numpy as np
import pandas as pd

_FRAME = 0.02  # seconds
_FLOOR = -90.0  # decibels below full scale: a step of 16 bits
_CHUNK = 512  # recordings held as floats at once
_QUIETEST, _LOUDEST = 0.1, 0.9  # quantiles of the frames' levels: pauses, and the voice


def describe(waveforms: np.ndarray, lengths: np.ndarray, sample_rate: int) -> pd.DataFrame:
    """Return the descriptors of int16 (n, S), of which the first `lengths` (n,) samples are sound.

    duration (seconds); loudness (decibels below full scale, root mean square); range (decibels from the quiet tenth of
    the frames to the loud tenth: small where there is noise); crossings (changes of sign a second, which tell hiss from
    hum); centroid (mean frequency in Hz, weighted by power).
    """
    parts = [
        _describe(np.asarray(waveforms[at : at + _CHUNK]), np.asarray(lengths[at : at + _CHUNK]), sample_rate)
        for at in range(0, len(waveforms), _CHUNK)
    ]
    return pd.concat(parts, ignore_index=True)


def _describe(waveforms: np.ndarray, lengths: np.ndarray, sample_rate: int) -> pd.DataFrame:
    sound = waveforms.astype(np.float32) / 2**15
    within = np.arange(sound.shape[1]) < lengths[:, None]
    power = np.where(within, sound**2, 0)
    sign_changes = (np.signbit(sound[:, 1:]) != np.signbit(sound[:, :-1])) & within[:, 1:]
    levels = _levels(power, within, sample_rate)
    quiet, loud = np.nanquantile(levels, (_QUIETEST, _LOUDEST), axis=1)
    return pd.DataFrame(
        {
            "duration": lengths / sample_rate,
            "loudness": _decibels(power.sum(axis=1) / lengths),
            "range": loud - quiet,
            "crossings": sign_changes.sum(axis=1) * sample_rate / lengths,
            "centroid": _centroid(np.where(within, sound, 0), sample_rate),
        }
    ).astype(float)


def _levels(power: np.ndarray, within: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the level of each whole frame in decibels (n, frames); NaN where it lies beyond the sound."""
    size = round(_FRAME * sample_rate)
    frames = power.shape[1] // size
    cut = (len(power), frames, size)
    level = _decibels(power[:, : frames * size].reshape(cut).mean(axis=2))
    return np.where(within[:, : frames * size].reshape(cut).all(axis=2), level, np.nan)


def _decibels(power: np.ndarray) -> np.ndarray:
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_FLOOR / 10))))


def _centroid(sound: np.ndarray, sample_rate: int) -> np.ndarray:
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(sound.shape[1], 1 / sample_rate)
    return np.asarray(power @ frequency / np.maximum(power.sum(axis=1), 1e-12))
