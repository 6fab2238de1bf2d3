"""Dot-and-interval figures of an audit: the level of each metric by group, and the gap of each group to the rest."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hallmark.figures import PALETTE, blank
from hallmark.metrics import METRICS
from hallmark.metrics.statistics import Interval

_BETTER, _NEITHER, _WORSE = PALETTE[2], PALETTE[0], PALETTE[1]
_SMALL = "#707070"
_SHOWN = 60  # members in one figure; beyond, the single groups and the pairs that fare worst
_MARKS = {_WORSE: "v", _NEITHER: "o", _BETTER: "^"}

Gaps = Mapping[tuple[str, str], Interval]


def level_figure(table: pd.DataFrame, gaps: Gaps, metric: str) -> Figure:
    """Draw the metric of every member with its own 95 % interval, and the level of all examples as a line."""
    rows, title = _rows(table, gaps, metric, what="by group")
    figure, axes = blank(9.6, 1.5 + 0.21 * len(rows))
    overall = table[(table["metric"] == metric) & (table["member"] == "all")].iloc[0]
    axes.axvline(overall["estimate"], color="black", linewidth=1, linestyle="--", zorder=0)
    colours = [_colour(gaps.get((metric, member))) for member in rows["member"]]
    _forest(axes, rows, rows[["estimate", "low", "high"]].to_numpy(float), colours)
    unit = METRICS[metric].unit
    axes.set_xlabel(f"{METRICS[metric].label} ({unit}), each with its 95 % interval; dashed: all examples")
    axes.set_title(title, loc="left", fontsize=10)
    return figure


def gap_figure(table: pd.DataFrame, gaps: Gaps, metric: str, confidence: float) -> Figure:
    """Draw how much better each member fares than the rest, with intervals that hold for the whole audit together."""
    rows, title = _rows(table, gaps, metric, what="of each group against the rest")
    figure, axes = blank(9.6, 1.5 + 0.21 * len(rows))
    axes.axvline(0, color="black", linewidth=1, linestyle="--", zorder=0)
    drawn = [gaps.get((metric, member), Interval(None, None, None, 0)) for member in rows["member"]]
    numbers = np.array([(gap.estimate, gap.low, gap.high) for gap in drawn], float).reshape(-1, 3)
    _forest(axes, rows, numbers, [_colour(gap) for gap in drawn])
    unit = METRICS[metric].unit
    axes.set_xlabel(
        f"Gap to the rest in {METRICS[metric].label} ({unit}; right of 0: better), {confidence:.0%} for all together"
    )
    axes.set_title(title, loc="left", fontsize=10)
    return figure


def _rows(table: pd.DataFrame, gaps: Gaps, metric: str, *, what: str) -> tuple[pd.DataFrame, str]:
    """Choose the rows to draw, in the order of the table, and the title that says of how many they are."""
    of_metric = table[table["metric"] == metric]
    members = of_metric[of_metric["member"] != "all"]
    single = ~members["group"].str.contains(" & ", regex=False)
    estimates = [gaps[metric, name].estimate if (metric, name) in gaps else None for name in members["member"]]
    worst = pd.Series(estimates, index=members.index, dtype=float).where(~single, -np.inf).rank(method="first")
    drawn = members[worst.fillna(np.inf) <= _SHOWN] if len(members) > _SHOWN else members
    whole = of_metric[of_metric["member"] == "all"].iloc[0]
    shown = "" if len(drawn) == len(members) else f"; the {len(drawn)} of {len(members)} groups that fare worst"
    return (
        drawn,
        f"{METRICS[metric].label} {what} (n = {whole['rows']:,} examples, {whole['entities']:,} entities{shown})",
    )


def _forest(axes: Axes, rows: pd.DataFrame, numbers: np.ndarray, colours: list[str]) -> None:
    """Draw estimate, low and high (rows, 3) from top to bottom; a row without numbers gets its note."""
    for place, ((estimate, low, high), colour) in enumerate(zip(numbers, colours, strict=True)):
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([low, high], [place, place], color=colour, linewidth=1.6)
        if np.isfinite(estimate):
            axes.plot(estimate, place, marker=_MARKS[colour], color=colour, markersize=5)
    for place, note in enumerate(np.where(np.isfinite(numbers[:, 1]), "", rows["note"].replace("", "not estimable"))):
        transform = axes.get_yaxis_transform()
        axes.text(0.01, place, note, transform=transform, color=_SMALL, fontsize=8, va="center", style="italic")
    labels = [f"{row.member}  ({row.rows:,})" for row in rows.itertuples()]
    axes.set_yticks(range(len(rows)), labels, fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color="#e5e5e5", zorder=0)
    axes.set_axisbelow(True)
    for place in np.flatnonzero(rows["group"].ne(rows["group"].shift()).to_numpy())[1:]:
        axes.axhline(place - 0.5, color="#d0d0d0", linewidth=0.8)
    names = {_WORSE: "worse than the rest", _NEITHER: "no gap shown", _BETTER: "better than the rest"}
    handles = [Line2D([], [], color=c, marker=_MARKS[c], label=names[c]) for c in names if c in colours]
    if handles:
        axes.figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _colour(gap: Interval | None) -> str:
    if gap is None or gap.low is None or gap.high is None or gap.low <= 0 <= gap.high:
        return _NEITHER
    return _BETTER if gap.low > 0 else _WORSE
