"""Shows one step as an engineer would look at it: what the sensors said lately, and what was done and would be done."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.figures import PALETTE

_LINES = 6  # sensors that are told apart as lines over time; more are bars of their current readings


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the readings; of numeric actions also the one taken and the policy's, on a scale at the right."""
    names = example.encoding["observations"]
    readings, present = (np.asarray(example.arrays[name][0]) for name in ("observations", "present"))
    if len(names) > _LINES or len(readings) == 1:
        axes.bar(range(len(names)), readings[-1], color=PALETTE[0])
        axes.set(xlabel="sensor, in the order of the log", ylabel="current reading")
        return
    steps = np.arange(1 - len(readings), 1)[present > 0]
    for name, color, column in zip(names, PALETTE, readings[present > 0].T, strict=False):
        axes.plot(steps, column, marker=".", color=color, label=name)
    axes.set(xlabel="steps before the action", ylabel="reading")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if "target.action" in example.arrays:
        _actions(axes, example, predict(example)["action"][0])
    axes.legend(fontsize=6, loc="upper left", framealpha=0.5)


def _actions(axes: Axes, example: Examples, predicted: np.ndarray) -> None:
    actions: dict[str, Any] = example.encoding["actions"]
    taken = np.asarray(example.arrays["target.action"][0])
    axes.set_xlim(0.5 - len(example.arrays["observations"][0]), len(actions) + 0.5)
    scale = axes.twinx()
    scale.tick_params(labelsize=7)
    for place, (name, bounds) in enumerate(actions.items()):
        low, high = bounds["low"], bounds["high"]
        both = low + np.array([taken[place], predicted[place]]) * (high - low)
        scale.plot(1 + place, both[0], "o", color="black", markerfacecolor="none")
        scale.plot(1 + place, both[1], "x", color=PALETTE[1])
        scale.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        scale.set_ylabel(f"{name}: ○ taken, x policy", fontsize=7)
