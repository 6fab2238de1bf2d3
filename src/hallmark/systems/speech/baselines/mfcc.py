"""Mel-frequency cepstral coefficients (MFCC), the usual features of sound before networks.

Davis & Mermelstein 1980. The power spectrum of each frame is summed in bands that are equally wide
in mel. The cosine transform of the bands' logarithms describes the shape of the spectrum; its first
coefficients are the MFCC.
"""

import numpy as np
from scipy.fft import dct

from hallmark.contracts.examples import Examples

_HOP_SECONDS = 0.0125  # between two frames; a frame is two hops long
_MEL_BANDS = 26
_COEFFICIENTS = 13  # the first of the 26 that the cosine transform gives
_FRAMES_OF_SUMMARY = 20
_POWER_FLOOR = 1e-4  # added to the power of a band, so that silence has a logarithm
_DEVIATION_FLOOR = 0.1  # added to the deviation: a coefficient that hardly changes stays near 0
_CHUNK = 256  # recordings whose spectra are in memory at once


def compute_mfcc(examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return the MFCC of n recordings, float32 (n, T, 13), and their own frame counts (n,).

    The frames after a recording's own ones are padding. T is the number of frames in the array
    "waveform". In each recording, each coefficient has mean 0 and deviation 1 over the own frames
    (a little less than 1, by `_DEVIATION_FLOOR`), and is 0 in padding. A recording shorter than a
    frame counts as one frame.
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
    """Return 20 of each recording's own frames, evenly spaced from first to last, (n, 20, 13).

    Takes what `compute_mfcc` returns. A recording with fewer frames has some of them several times.
    """
    fractions_of_duration = np.linspace(0, 1, _FRAMES_OF_SUMMARY)
    frame_indices = np.rint(fractions_of_duration * (frame_counts[:, None] - 1)).astype(int)
    return np.take_along_axis(coefficients, frame_indices[:, :, None], axis=1)


def _cepstra(waveforms: np.ndarray, hop: int, sample_rate: int) -> np.ndarray:
    """Return the MFCC before standardisation, float32 (n, T, 13), of samples int16 (n, S).

    `hop` is in samples. A last hop that is not whole is left out.
    """
    samples = waveforms.astype(np.float32) / 2**15  # from -1 to 1
    whole_hops = samples.shape[1] // hop
    hops = samples[:, : whole_hops * hop].reshape(len(samples), -1, hop)
    window = np.hanning(2 * hop).astype(np.float32)
    frames = np.concatenate([hops[:, :-1], hops[:, 1:]], axis=2) * window

    power = np.abs(np.fft.rfft(frames)) ** 2  # (n, T, hop + 1)
    log_energies = np.log(power @ _mel_filters(power.shape[2], sample_rate) + _POWER_FLOOR)
    cepstra = dct(log_energies, axis=2, norm="ortho")
    return np.asarray(cepstra[:, :, :_COEFFICIENTS], np.float32)


def _standardise(cepstra: np.ndarray, frame_counts: np.ndarray) -> np.ndarray:
    """Return (n, T, 13) as `compute_mfcc` does: standardised over the own frames, 0 after them."""
    is_own = (np.arange(cepstra.shape[1]) < frame_counts[:, None])[:, :, None]
    count = frame_counts[:, None, None]

    mean = (cepstra * is_own).sum(axis=1, keepdims=True) / count
    centred = (cepstra - mean) * is_own
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    return np.asarray(centred / (deviation + _DEVIATION_FLOOR), np.float32)


def _mel_filters(bins: int, sample_rate: int) -> np.ndarray:
    """Return triangular filters (bins, 26) that sum a spectrum in mel bands.

    The bins are frequencies from 0 Hz to half the sample rate. The filters are equally wide in mel,
    2595 log10(1 + f / 700) for a frequency f in Hz.
    """
    nyquist = sample_rate / 2
    highest = np.log10(1 + sample_rate / 1400)  # mel / 2595 of half the sample rate
    # In Hz. Filter i rises from edge i to edge i + 1 and falls to edge i + 2.
    edges = 700 * (10 ** (np.linspace(0, highest, _MEL_BANDS + 2)) - 1)
    frequency = np.linspace(0, nyquist, bins)[:, None]

    rising = (frequency - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - frequency) / np.diff(edges)[1:]
    return np.clip(np.minimum(rising, falling), 0, None)
