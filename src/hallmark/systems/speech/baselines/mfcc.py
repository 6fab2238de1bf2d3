"""Mel-frequency cepstral coefficients (MFCC, Davis & Mermelstein 1980): the input of recognition before networks.

A frame's power spectrum is summed in bands that are equally wide in mel; the cosine transform of the logarithms, of
which the first coefficients are kept, describes the shape of the spectrum.
"""

import numpy as np
from scipy.fft import dct

from hallmark.contracts.examples import Examples

_HOP_SECONDS = 0.0125  # between two frames; a frame is two hops long
_MEL_BANDS = 26
_COEFFICIENTS = 13  # that are kept of the bands
_FRAMES_OF_SUMMARY = 20  # that a whole recording is stretched or shrunk to
_POWER_FLOOR = 1e-4  # added before the logarithm
_DEVIATION_FLOOR = 0.1  # added to the deviation: a coefficient that hardly changes stays quiet
_CHUNK = 256  # recordings whose spectra are held at once


def compute_mfcc(examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients, float32 (n, T, 13), and how many frames are a recording's own (n,).

    Each coefficient has mean 0 and deviation 1 over the recording's own frames, and is 0 beyond them.
    """
    sample_rate = int(examples.encoding["sample_rate"])
    hop = round(_HOP_SECONDS * sample_rate)
    waveforms = examples.arrays["waveform"]
    frame_counts = np.maximum(np.asarray(examples.arrays["length"]) // hop - 1, 1)

    chunks = []
    for start in range(0, len(waveforms), _CHUNK):
        stop = start + _CHUNK
        cepstra = _cepstra(np.asarray(waveforms[start:stop]), hop, sample_rate)
        chunks.append(_standardise(cepstra, frame_counts[start:stop]))
    return np.concatenate(chunks), frame_counts


def resample_frames(coefficients: np.ndarray, frame_counts: np.ndarray) -> np.ndarray:
    """Return (n, 20, 13): the frames that lie at equal shares of each recording's own duration."""
    shares = np.linspace(0, 1, _FRAMES_OF_SUMMARY)
    frames = np.rint(shares * (frame_counts[:, None] - 1)).astype(int)
    return np.take_along_axis(coefficients, frames[:, :, None], axis=1)


def _cepstra(waveforms: np.ndarray, hop: int, sample_rate: int) -> np.ndarray:
    """Return float32 (n, T, 13) of int16 samples (n, S)."""
    samples = waveforms.astype(np.float32) / 2**15
    whole_hops = samples.shape[1] // hop
    hops = samples[:, : whole_hops * hop].reshape(len(samples), -1, hop)
    window = np.hanning(2 * hop).astype(np.float32)
    frames = np.concatenate([hops[:, :-1], hops[:, 1:]], axis=2) * window

    power = np.abs(np.fft.rfft(frames)) ** 2
    log_energies = np.log(power @ _mel_filters(power.shape[2], sample_rate) + _POWER_FLOOR)
    cepstra = dct(log_energies, axis=2, norm="ortho")
    return np.asarray(cepstra[:, :, :_COEFFICIENTS], np.float32)


def _standardise(cepstra: np.ndarray, frame_counts: np.ndarray) -> np.ndarray:
    is_own = (np.arange(cepstra.shape[1]) < frame_counts[:, None])[:, :, None]
    count = frame_counts[:, None, None]

    mean = (cepstra * is_own).sum(axis=1, keepdims=True) / count
    centred = (cepstra - mean) * is_own
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    return np.asarray(centred / (deviation + _DEVIATION_FLOOR), np.float32)


def _mel_filters(bins: int, sample_rate: int) -> np.ndarray:
    """Return triangular filters (bins, bands), equally wide in mel: 2595 log10(1 + f / 700) of f in Hz."""
    nyquist = sample_rate / 2
    highest = np.log10(1 + sample_rate / 1400)  # mel of the Nyquist frequency, in units of 2595
    edges = 700 * (10 ** (np.linspace(0, highest, _MEL_BANDS + 2)) - 1)
    frequency = np.linspace(0, nyquist, bins)[:, None]

    rising = (frequency - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - frequency) / np.diff(edges)[1:]
    return np.clip(np.minimum(rising, falling), 0, None)
