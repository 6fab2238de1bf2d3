"""Metadata features of recordings: numbers that don't depend on the words that are said.

Validation checks their range, drift watches them, and evaluation searches them for shortcuts.
"""

import numpy as np
import pandas as pd

_FRAME_SECONDS = 0.02
_LEAST_DECIBELS = -90.0  # below full scale: a step of 16 bits
_CHUNK = 512  # recordings that are floats in memory at once
_PAUSE_QUANTILE = 0.1  # of the levels of a recording's frames: the level in pauses
_VOICE_QUANTILE = 0.9  # and that of the voice


def describe(waveforms: np.ndarray, lengths: np.ndarray, sample_rate: int) -> pd.DataFrame:
    """Return the metadata features of recordings, a row each, in the order of `waveforms`.

    `waveforms`: int16 (n, S), n recordings of S samples; the first `lengths[i]` samples of
    recording i are sound, zeros follow. `lengths`: int (n,). `sample_rate`: Hz. The columns, all
    float:

    - duration: seconds
    - loudness: root mean square of the samples, in decibels relative to full scale (0 or less)
    - range: decibels between the 0.1 and the 0.9 quantile of the levels of frames of 20 ms; small
      where there is noise
    - crossings: changes of sign per second; many in hiss, few in hum
    - centroid: mean frequency in Hz, weighted by power
    """
    parts = []
    for start in range(0, len(waveforms), _CHUNK):
        rows = slice(start, start + _CHUNK)
        parts.append(_describe_chunk(np.asarray(waveforms[rows]), np.asarray(lengths[rows]), sample_rate))
    return pd.concat(parts, ignore_index=True)


def _describe_chunk(waveforms: np.ndarray, lengths: np.ndarray, sample_rate: int) -> pd.DataFrame:
    """Return `describe` of so few recordings that they fit into memory as floats."""
    samples = waveforms.astype(np.float32) / 2**15  # (n, S) from -1 to 1
    is_sound = np.arange(samples.shape[1]) < lengths[:, None]  # (n, S)
    power = np.where(is_sound, samples**2, 0)

    is_crossing = np.signbit(samples[:, 1:]) != np.signbit(samples[:, :-1])  # (n, S - 1)
    crossings = (is_crossing & is_sound[:, 1:]).sum(axis=1)
    levels = _frame_levels(power, is_sound, sample_rate)
    pause_level, voice_level = np.nanquantile(levels, (_PAUSE_QUANTILE, _VOICE_QUANTILE), axis=1)

    return pd.DataFrame(
        {
            "duration": lengths / sample_rate,
            "loudness": _decibels(power.sum(axis=1) / lengths),
            "range": voice_level - pause_level,
            "crossings": crossings * sample_rate / lengths,
            "centroid": _centroid(np.where(is_sound, samples, 0), sample_rate),
        }
    ).astype(float)


def _frame_levels(power: np.ndarray, is_sound: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the level of each whole frame, (n, frames), in decibels relative to full scale.

    `power` and `is_sound` are (n, S). NaN stands for a frame that is not all sound. Samples after
    the last whole frame are left out.
    """
    frame_samples = round(_FRAME_SECONDS * sample_rate)
    frames = power.shape[1] // frame_samples
    shape = (len(power), frames, frame_samples)
    mean_power = power[:, : frames * frame_samples].reshape(shape).mean(axis=2)
    is_whole = is_sound[:, : frames * frame_samples].reshape(shape).all(axis=2)
    return np.where(is_whole, _decibels(mean_power), np.nan)


def _decibels(power: np.ndarray) -> np.ndarray:
    """Return power (1 is full scale) in decibels, at least _LEAST_DECIBELS."""
    least_power = 10 ** (_LEAST_DECIBELS / 10)
    return np.asarray(10 * np.log10(np.maximum(power, least_power)))


def _centroid(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the spectral centroid (n,) in Hz of `samples` (n, S); 0 for silence."""
    power = np.abs(np.fft.rfft(samples)) ** 2  # (n, frequencies)
    frequency = np.fft.rfftfreq(samples.shape[1], 1 / sample_rate)  # (frequencies,) Hz
    return np.asarray(power @ frequency / np.maximum(power.sum(axis=1), 1e-12))
