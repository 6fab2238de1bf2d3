"""What the closed loop looks like: angles over time, and return and success by setting."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from hallmark.contracts.examples import GROUP
from hallmark.figures import PALETTE
from hallmark.metrics import METRICS, Measurement
from hallmark.systems.robotics.bundled.driving import Drive
from hallmark.systems.robotics.bundled.plant import KINDS, STEP, Settings, upright

_SHOWN = 3  # episodes of each kind of sensor
_LINES = {"expert": ("black", "--"), "model": (PALETTE[0], "-"), "linear policy": (PALETTE[1], ":")}


def trajectories(drives: Mapping[str, Drive], settings: Settings) -> Figure:
    """Draw the angle of the expert, the model and the linear policy in the same episodes: of each kind of sensor those
    with the least, the median and the greatest payload, whatever came of them."""
    kinds = [kind for kind in KINDS if (settings.sensor == kind).any()]
    figure = Figure(figsize=(11, 0.6 + 2.4 * len(kinds)), layout="constrained")
    grid = figure.subplots(len(kinds), _SHOWN, sharex=True, sharey=True, squeeze=False)
    for row, kind in zip(grid, kinds, strict=True):
        own = np.flatnonzero(settings.sensor == kind)
        ranked = own[np.argsort(settings.payload[own], kind="stable")]
        chosen = ranked[np.linspace(0, len(ranked) - 1, _SHOWN).round().astype(int)]
        for axes, robot in zip(row, chosen, strict=True):
            _episode(axes, drives, int(robot))
            axes.set_title(
                f"{kind}, {settings.payload[robot]:.2f} kg, {settings.friction[robot]:.2f} N m s/rad", fontsize=9
            )
        row[0].set_ylabel("from upright (°)")
    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
    grid[0, 0].legend(fontsize=7, loc="lower right")
    return figure


def _episode(axes: Axes, drives: Mapping[str, Drive], robot: int) -> None:
    for name, (color, style) in _LINES.items():
        if name in drives:
            angle = np.degrees(upright(drives[name].states[:, robot, 0]))
            angle[np.abs(np.diff(angle, prepend=angle[0])) > 180] = np.nan  # past the lowest point: no line across
            axes.plot(np.arange(len(angle)) * STEP, angle, style, color=color, linewidth=1.2, label=name)
    axes.set_ylim(-185, 185)
    axes.yaxis.set_major_locator(MultipleLocator(90))


def by_setting(rows: pd.DataFrame, metric: str, *, seed: int) -> Figure:
    """Draw a metric of every scorer in every value of every group, with 95 % intervals by entity."""
    scorers = list(rows["scorer"].unique())
    first = rows[rows["scorer"] == scorers[0]]
    groups = [column for column in rows.columns if column.startswith(GROUP)]
    members = [(group, value) for group in groups for value in sorted(first[group].unique())]
    figure = Figure(figsize=(9, 1.4 + 0.2 * len(scorers) * len(members)), layout="constrained")
    axes = figure.add_subplot()
    for place, (scorer, color) in enumerate(zip(scorers, PALETTE, strict=False)):
        own = rows[rows["scorer"] == scorer].reset_index(drop=True)
        masks = {f"{group}={value}": (own[group] == value).to_numpy() for group, value in members}
        measured = Measurement(own, [metric], slices=masks, positive=None, seed=seed).by_group
        levels = [measured[metric, name] for name in masks]
        numbers = np.array([(level.estimate, level.low, level.high) for level in levels], float)
        heights = np.arange(len(members)) + 0.8 * (place - (len(scorers) - 1) / 2) / len(scorers)
        axes.hlines(heights, numbers[:, 1], numbers[:, 2], color=color)
        axes.plot(numbers[:, 0], heights, "o", color=color, markersize=4, label=scorer)
    for height in range(0, len(members), 2):
        axes.axhspan(height - 0.5, height + 0.5, color="0.95", zorder=0)
    axes.set_ylim(-0.5, len(members) - 0.5)
    axes.set_yticks(range(len(members)), [f"{group.removeprefix(GROUP)}={value}" for group, value in members])
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(f"{METRICS[metric].label} ({METRICS[metric].unit}), with 95 % intervals")
    axes.set_title(f"In the closed loop, n = {first['entity'].nunique():,} unseen settings", loc="left", fontsize=10)
    figure.legend(loc="outside right upper", fontsize=8)
    return figure
