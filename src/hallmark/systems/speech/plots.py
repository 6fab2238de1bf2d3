"""Plots of a recording: its spectrogram."""

import numpy as np
from matplotlib.axes import Axes
from scipy.signal import spectrogram

from hallmark.contracts.examples import Examples

_WINDOW_SECONDS = 0.025
_HOP_SECONDS = 0.00625
_RANGE_DECIBELS = 60  # below the loudest point; what is quieter is drawn as black
_POWER_FLOOR = 1e-9  # added before the logarithm

draw_shaded = None
draw_attribution = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the spectrogram of one recording, without padding, over its whole width."""
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

    axes.set(xlim=(0, seconds), xlabel="time (s)", ylabel="frequency (kHz)")
