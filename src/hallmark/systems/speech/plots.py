"""Shows a recording as a person would look at it: its spectrogram, with the letters where they were recognised."""

import numpy as np
from matplotlib.axes import Axes
from scipy.signal import spectrogram

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_WINDOW_SECONDS = 0.025
_HOP_SECONDS = 0.00625
_RANGE_DECIBELS = 60  # below the loudest point
_POWER_FLOOR = 1e-9
_LETTER_HEIGHT = 0.97  # of the highest frequency


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the spectrogram of one recording (time in s, frequency in kHz), and the letters of the model's most
    probable path at their frames."""
    sample_rate = example.encoding["sample_rate"]
    length = int(example.arrays["length"][0])
    samples = np.asarray(example.arrays["waveform"][0, :length], np.float32)
    seconds = length / sample_rate

    window = round(_WINDOW_SECONDS * sample_rate)
    overlap = window - round(_HOP_SECONDS * sample_rate)
    frequency, _, power = spectrogram(samples, sample_rate, nperseg=window, noverlap=overlap)
    decibels = 10 * np.log10(power + _POWER_FLOOR)
    highest = float(frequency[-1]) / 1000

    axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=decibels.max() - _RANGE_DECIBELS,
        extent=(0, seconds, 0, highest),
    )
    letters = recognised_letters(predict(example), example.encoding["alphabet"], example.encoding["seconds"])
    for second, letter in letters:
        height = highest * _LETTER_HEIGHT
        axes.text(
            second,
            height,
            letter,
            color="white",
            fontsize=7,
            ha="center",
            va="top",
            family="monospace",
        )
    axes.set(xlim=(0, seconds), xlabel="time (s)", ylabel="frequency (kHz)")


def recognised_letters(outputs: dict[str, np.ndarray], alphabet: str, seconds: float) -> list[tuple[float, str]]:
    """Return each letter of the most probable path of one recording, and when it was spoken, in seconds.

    The frames of the logits (1, T, …) share the `seconds` that an array of samples lasts.
    """
    logits = outputs["logits"][0]
    own_frames = int(outputs["frames"][0])
    path = logits.argmax(axis=1)[:own_frames]  # 0 is CTC's blank

    is_new = np.diff(path, prepend=0) != 0
    frames = np.flatnonzero(is_new & (path > 0))
    return [((frame + 0.5) * seconds / len(logits), alphabet[path[frame] - 1]) for frame in frames]
