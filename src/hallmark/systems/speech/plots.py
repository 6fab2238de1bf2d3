"""Plots of a recording: its spectrogram, with the letters that the model recognised."""

import numpy as np
from matplotlib.axes import Axes
from scipy.signal import spectrogram

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_WINDOW_SECONDS = 0.025
_HOP_SECONDS = 0.00625
_RANGE_DECIBELS = 60  # below the loudest point; what is quieter is drawn as black
_POWER_FLOOR = 1e-9  # added before the logarithm
_LETTER_HEIGHT = 0.97  # of the frequency axis


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the spectrogram of one recording and the letters that the model recognised.

    `example` has one row, and `predict` is the model's. Each letter is drawn at the time of its
    frame.
    """
    sample_rate = example.encoding["sample_rate"]
    length = int(example.arrays["length"][0])
    samples = np.asarray(example.arrays["waveform"][0, :length], np.float32)
    seconds = length / sample_rate

    window = round(_WINDOW_SECONDS * sample_rate)
    overlap = window - round(_HOP_SECONDS * sample_rate)
    frequency, _, power = spectrogram(samples, sample_rate, nperseg=window, noverlap=overlap)
    decibels = 10 * np.log10(power + _POWER_FLOOR)
    highest_kilohertz = float(frequency[-1]) / 1000

    axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=decibels.max() - _RANGE_DECIBELS,
        extent=(0, seconds, 0, highest_kilohertz),
    )

    outputs = predict(example)
    letters = recognised_letters(outputs, example.encoding["alphabet"], example.encoding["seconds"])
    for second, letter in letters:
        axes.text(
            second,
            highest_kilohertz * _LETTER_HEIGHT,
            letter,
            color="white",
            fontsize=7,
            ha="center",
            va="top",
            family="monospace",
        )
    axes.set(xlim=(0, seconds), xlabel="time (s)", ylabel="frequency (kHz)")


def recognised_letters(
    outputs: dict[str, np.ndarray],
    alphabet: str,
    seconds: float,
) -> list[tuple[float, str]]:
    """Return the letters of one recording's most probable path, as (time in seconds, letter).

    `outputs` has "logits" (1, T, 1 + letters of the alphabet) and "frames" (1,), how many of the T
    frames are the recording's own. The T frames together last `seconds`, padding included.
    """
    logits = outputs["logits"][0]
    own_frames = int(outputs["frames"][0])
    path = logits.argmax(axis=1)[:own_frames]  # 0 is CTC's blank

    is_new = np.diff(path, prepend=0) != 0
    letter_frames = np.flatnonzero(is_new & (path > 0))
    middle_seconds = (letter_frames + 0.5) * seconds / len(logits)
    letters = [alphabet[token - 1] for token in path[letter_frames]]
    return list(zip(middle_seconds.tolist(), letters, strict=True))
