"""One step of a robot: its sensors' last readings, the action taken and the policy's."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.report_figures import PALETTE

_MOST_LINES = 6  # sensors drawn as lines over time; more are bars of their current readings


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the last readings of each sensor over time, or bars of the current ones where there are
    many sensors.

    Numeric actions, the one taken and the policy's, are drawn on a scale of their own at the right.
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
    axes.set(xlabel="steps before the action", ylabel="reading")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))

    if "target.action" in example.arrays:
        _draw_actions(axes, example, predict(example)["action"][0])
    axes.legend(fontsize=6, loc="upper left", framealpha=0.5)


def _draw_actions(axes: Axes, example: Examples, predicted: np.ndarray) -> None:
    """Draw each of A actions as it was taken and as the policy predicts it, in its own unit.

    `predicted` (A,) are shares of the actions' ranges, 0 the lowest and 1 the highest.
    """
    actions: dict[str, Any] = example.encoding["actions"]
    taken = np.asarray(example.arrays["target.action"][0])
    axes.set_xlim(0.5 - len(example.arrays["observations"][0]), len(actions) + 0.5)
    scale = axes.twinx()
    scale.tick_params(labelsize=7)

    for place, (name, bounds) in enumerate(actions.items()):
        low = bounds["low"]
        span = bounds["high"] - low
        taken_value, predicted_value = low + np.array([taken[place], predicted[place]]) * span
        scale.plot(1 + place, taken_value, "o", color="black", markerfacecolor="none")
        scale.plot(1 + place, predicted_value, "x", color=PALETTE[1])
        scale.set_ylim(low - 0.05 * span, bounds["high"] + 0.05 * span)
        scale.set_ylabel(f"{name}: ○ taken, x policy", fontsize=7)
