"""Plots of an action: what was done and what the model would do; the support of an action is its closeness."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hallmark.answers.action import decoding
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs
from hallmark.report_figures import PALETTE

_MARGIN = 0.05  # above and below an action's range, as a share of it

PANEL_SHARE = 0.15
shades = None


def draw(axes: Axes, example: Examples, outputs: Outputs, postprocess: Mapping[str, Any]) -> None:
    """Draw each of A actions as the model predicts it and, where it is known, as it was taken.

    A single action has its own unit, several are shares of their ranges.
    """
    names = postprocess["actions"]
    low, high = 0.0, 1.0
    quantity = "share of the range"
    if len(names) == 1:
        low, high = postprocess["low"][0], postprocess["high"][0]
        quantity = names[0]

    places = np.arange(len(names))
    span = high - low
    markers = "x predicted"
    if "target.action" in example.arrays:
        taken = np.asarray(example.arrays["target.action"][0], float)
        axes.plot(places, low + taken * span, "o", color="black", markerfacecolor="none")
        markers = "○ taken, x predicted"
    predicted = decoding.clip_shares(outputs["action"])[0]
    axes.plot(places, low + predicted * span, "x", color=PALETTE[1])

    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(low - _MARGIN * span, high + _MARGIN * span))
    axes.set_xticks(places if len(names) > 1 else [], labels=names if len(names) > 1 else [], rotation=90)
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(f"{quantity}: {markers}")


def support(outputs: Outputs, postprocess: Mapping[str, Any]) -> np.ndarray:  # noqa: ARG001 (the interface's)
    """Return 1 minus the largest difference from the first row's actions (n,), as a share of the action's range."""
    shares = decoding.clip_shares(outputs["action"])
    return np.asarray(1 - np.abs(shares - shares[0]).max(axis=1))
