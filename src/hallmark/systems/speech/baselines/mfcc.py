"""Mel-frequency cepstral coefficients (Davis & Mermelstein 1980), what recognition was built on before networks."""

import numpy as np
from scipy.fft import dct

from hallmark.contracts.examples import Examples

_HOP = 0.0125  # seconds; a frame is two hops long
_BANDS, _KEPT = 26, 13
_MOMENTS = 20  # that a whole recording is stretched or shrunk to
_CHUNK = 256  # recordings whose spectra are held at once


def coefficients(examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 (n, T, 13), each coefficient with mean 0 and deviation 1 over the recording's own frames and 0
    beyond them, and how many frames are its own (n,).
    """
    rate, waveforms = int(examples.encoding["sample_rate"]), examples.arrays["waveform"]
    hop = round(_HOP * rate)
    frames = np.maximum(np.asarray(examples.arrays["length"]) // hop - 1, 1)
    chunks = [
        _standard(_cepstra(np.asarray(waveforms[at : at + _CHUNK]), hop, rate), frames[at : at + _CHUNK])
        for at in range(0, len(waveforms), _CHUNK)
    ]
    return np.concatenate(chunks), frames


def stretched(cepstra: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Return (n, 20, 13): each recording's frames at equal shares of its duration."""
    at = np.rint(np.linspace(0, 1, _MOMENTS) * (frames[:, None] - 1)).astype(int)
    return np.take_along_axis(cepstra, at[:, :, None], axis=1)


def _cepstra(waveforms: np.ndarray, hop: int, rate: int) -> np.ndarray:
    sound = waveforms.astype(np.float32) / 2**15
    hops = sound[:, : sound.shape[1] // hop * hop].reshape(len(sound), -1, hop)
    framed = np.concatenate([hops[:, :-1], hops[:, 1:]], axis=2) * np.hanning(2 * hop).astype(np.float32)
    power = np.abs(np.fft.rfft(framed)) ** 2
    bands = np.log(power @ _mel(power.shape[2], rate) + 1e-4)
    return np.asarray(dct(bands, axis=2, norm="ortho")[:, :, :_KEPT], np.float32)


def _standard(cepstra: np.ndarray, frames: np.ndarray) -> np.ndarray:
    within = (np.arange(cepstra.shape[1]) < frames[:, None])[:, :, None]
    count = frames[:, None, None]
    centred = (cepstra - (cepstra * within).sum(axis=1, keepdims=True) / count) * within
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    return np.asarray(centred / (deviation + 0.1), np.float32)


def _mel(bins: int, rate: int) -> np.ndarray:
    """Return (bins, bands): triangles that are equally wide in mel."""
    edges = 700 * (10 ** (np.linspace(0, np.log10(1 + rate / 1400), _BANDS + 2)) - 1)
    frequency = np.linspace(0, rate / 2, bins)[:, None]
    rising, falling = (frequency - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - frequency) / np.diff(edges)[1:]
    return np.clip(np.minimum(rising, falling), 0, None)
