"""One step of a robot: its sensors' last readings."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hallmark.contracts.examples import Examples
from hallmark.report_figures import PALETTE

_MOST_LINES = 6  # sensors drawn as lines over time; more are bars of their current readings

draw_shaded = None
draw_attribution = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the last readings of each sensor over time, or bars of the current ones where there are
    many sensors.
    """
    sensors = example.encoding["observations"]
    readings = np.asarray(example.arrays["observations"][0])
    present = np.asarray(example.arrays["present"][0]) > 0
    if len(sensors) > _MOST_LINES or len(readings) == 1:
        axes.bar(range(len(sensors)), readings[-1], color=PALETTE[0])
        axes.set(xlabel="sensor, in the order of the log", ylabel="current reading")
        return

    steps = np.arange(1 - len(readings), 1)[present]
    for name, color, column in zip(sensors, PALETTE, readings[present].T, strict=False):
        axes.plot(steps, column, marker=".", color=color, label=name)
    axes.set(xlim=(0.5 - len(readings), 0.5), xlabel="steps before the action", ylabel="reading")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))

    axes.legend(fontsize=6, loc="upper left", framealpha=0.5)
