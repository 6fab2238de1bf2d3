"""Shows a recording as a person would look at it: its spectrogram, with the letters where they were recognised."""

import numpy as np
from matplotlib.axes import Axes
from scipy.signal import spectrogram

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_WINDOW, _HOP = 0.025, 0.00625  # seconds
_RANGE = 60  # decibels below the loudest point


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the spectrogram of one recording (time in s, frequency in kHz), and the letters of the model's most
    probable path at their frames."""
    rate, length = example.encoding["sample_rate"], int(example.arrays["length"][0])
    sound = np.asarray(example.arrays["waveform"][0, :length], np.float32)
    window = round(_WINDOW * rate)
    frequency, _, power = spectrogram(sound, rate, nperseg=window, noverlap=window - round(_HOP * rate))
    level = 10 * np.log10(power + 1e-9)
    seconds, highest = length / rate, float(frequency[-1]) / 1000
    axes.imshow(
        level, origin="lower", aspect="auto", cmap="magma", vmin=level.max() - _RANGE, extent=(0, seconds, 0, highest)
    )
    for second, letter in spoken_letters(predict(example), example.encoding["alphabet"], example.encoding["seconds"]):
        axes.text(second, highest * 0.97, letter, color="white", fontsize=7, ha="center", va="top", family="monospace")
    axes.set(xlim=(0, seconds), xlabel="time (s)", ylabel="frequency (kHz)")


def spoken_letters(outputs: dict[str, np.ndarray], alphabet: str, seconds: float) -> list[tuple[float, str]]:
    """Return each letter of the most probable path of one recording, and when it was spoken, in seconds.

    The frames of the logits (1, T, …) share the `seconds` that an array of samples lasts.
    """
    logits = outputs["logits"][0]
    path = logits.argmax(axis=1)[: int(outputs["frames"][0])]
    new = np.flatnonzero((np.diff(path, prepend=0) != 0) & (path > 0))
    return [((frame + 0.5) * seconds / len(logits), alphabet[path[frame] - 1]) for frame in new]
