"""Figures of the closed loop: angles over time, and return and success by group."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from hallmark.contracts.examples import GROUP
from hallmark.metrics import METRICS, Measurement
from hallmark.report_figures import PALETTE
from hallmark.systems.robotics.bundled.driving import Drive
from hallmark.systems.robotics.bundled.plant import KINDS, STEP, Settings, upright

_EPISODES = 3  # of each kind of sensor
_LINES = {"expert": ("black", "--"), "model": (PALETTE[0], "-"), "linear policy": (PALETTE[1], ":")}


def draw_trajectories(drives: Mapping[str, Drive], settings: Settings) -> Figure:
    """Draw the angle over time of the expert, the model and the linear policy, in the same
    episodes.

    For each kind of sensor these are the robots with the least, the median and the greatest
    payload: chosen by settings, not by how well they were driven. `drives` are by scorer;
    `settings` are of their robots.
    """
    kinds = [kind for kind in KINDS if (settings.sensor == kind).any()]
    figure = Figure(figsize=(11, 0.6 + 2.4 * len(kinds)), layout="constrained")
    grid = figure.subplots(len(kinds), _EPISODES, sharex=True, sharey=True, squeeze=False)

    for row, kind in zip(grid, kinds, strict=True):
        for axes, robot in zip(row, _spread_by_payload(settings, kind), strict=True):
            _draw_angles(axes, drives, int(robot))
            payload = f"{settings.payload[robot]:.2f} kg"
            friction = f"{settings.friction[robot]:.2f} N m s/rad"
            axes.set_title(f"{kind}, {payload}, {friction}", fontsize=9)
        row[0].set_ylabel("from upright (°)")

    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
    grid[0, 0].legend(fontsize=7, loc="lower right")
    return figure


def _spread_by_payload(settings: Settings, kind: str) -> np.ndarray:
    """Return `_EPISODES` robots (numbers) with this kind of sensor, at even steps of their order by
    payload.
    """
    robots = np.flatnonzero(settings.sensor == kind)
    ranking = robots[np.argsort(settings.payload[robots], kind="stable")]
    places = np.linspace(0, len(ranking) - 1, _EPISODES).round().astype(int)
    return np.asarray(ranking[places])


def _draw_angles(axes: Axes, drives: Mapping[str, Drive], robot: int) -> None:
    for name, (color, style) in _LINES.items():
        if name not in drives:
            continue
        degrees = np.degrees(upright(drives[name].states[:, robot, 0]))
        passes_lowest_point = np.abs(np.diff(degrees, prepend=degrees[0])) > 180
        degrees[passes_lowest_point] = np.nan  # no line across the axes
        seconds = np.arange(len(degrees)) * STEP
        axes.plot(seconds, degrees, style, color=color, linewidth=1.2, label=name)
    axes.set_ylim(-185, 185)
    axes.yaxis.set_major_locator(MultipleLocator(90))


def draw_by_setting(episodes: pd.DataFrame, metric: str, *, seed: int) -> Figure:
    """Draw a metric of every scorer for every value of every group, with 95 % intervals.

    `episodes` has a row for each scorer and episode (see `hallmark.contracts.episodes`).
    """
    scorers = list(episodes["scorer"].unique())
    first = episodes[episodes["scorer"] == scorers[0]]
    groups = [column for column in episodes.columns if column.startswith(GROUP)]
    members = [(group, value) for group in groups for value in sorted(first[group].unique())]

    figure = Figure(figsize=(9, 1.4 + 0.2 * len(scorers) * len(members)), layout="constrained")
    axes = figure.add_subplot()
    for place, (scorer, color) in enumerate(zip(scorers, PALETTE, strict=False)):
        rows = episodes[episodes["scorer"] == scorer].reset_index(drop=True)
        intervals = _measure_members(rows, members, metric, seed=seed)
        offset = 0.8 * (place - (len(scorers) - 1) / 2) / len(scorers)  # the scorers of a member stand side by side
        heights = np.arange(len(members)) + offset
        axes.hlines(heights, intervals[:, 1], intervals[:, 2], color=color)
        axes.plot(intervals[:, 0], heights, "o", color=color, markersize=4, label=scorer)

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


def _measure_members(rows: pd.DataFrame, members: Sequence[tuple[str, str]], metric: str, *, seed: int) -> np.ndarray:
    """Return estimate, lower and upper limit of a metric (members, 3), NaN where there is none."""
    slices = {f"{group}={value}": (rows[group] == value).to_numpy() for group, value in members}
    by_group = Measurement(rows, [metric], slices=slices, positive=None, seed=seed).by_group
    intervals = [by_group[metric, name] for name in slices]
    return np.array([(each.estimate, each.low, each.high) for each in intervals], float)
