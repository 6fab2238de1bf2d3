"""Dot-and-interval plots of an audit: each metric by slice, and the difference of each slice from the rest."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hallmark.metrics import METRICS
from hallmark.metrics.statistics import Interval
from hallmark.report_figures import PALETTE, blank

_BETTER, _NEITHER, _WORSE = PALETTE[2], PALETTE[0], PALETTE[1]
_NOTE_COLOUR = "#707070"
_MAX_ROWS = 60  # slices in one figure; of more, those of single groups, and the pairs that fare worst
_MARKERS = {_WORSE: "v", _NEITHER: "o", _BETTER: "^"}
_LEGEND = {_WORSE: "worse than the rest", _NEITHER: "no significant difference", _BETTER: "better than the rest"}

Differences = Mapping[tuple[str, str], Interval]  # from the rest, > 0: better, by metric and name of the slice


def plot_by_group(table: pd.DataFrame, differences: Differences, metric: str, *, row_noun: str) -> Figure:
    """Draw a metric in every slice with its 95 % interval; a dashed line marks its value on all rows.

    table: The audit's table (`Audit.table`).
    row_noun: What a row is that counts for the metric, in the singular: example or episode.
    """
    rows = _drawn_rows(table, differences, metric)
    figure, axes = blank(9.6, 1.5 + 0.21 * len(rows))
    overall = _overall_row(table, metric)
    axes.axvline(overall["estimate"], color="black", linewidth=1, linestyle="--", zorder=0)
    colours = [_colour(differences.get((metric, name))) for name in rows["member"]]
    _plot_intervals(axes, rows, rows[["estimate", "low", "high"]].to_numpy(float), colours)

    unit = METRICS[metric].unit
    axes.set_xlabel(f"{METRICS[metric].label} ({unit}) with 95 % confidence intervals; dashed: all {row_noun}s")
    axes.set_ylabel(f"slice (n {row_noun}s)")
    axes.set_title(_title(table, rows, metric, "by slice", row_noun), loc="left", fontsize=10)
    return figure


def plot_differences(
    table: pd.DataFrame, differences: Differences, metric: str, *, row_noun: str, confidence: float
) -> Figure:
    """Draw the difference of every slice from the rest, with intervals that hold for the whole audit together.

    `confidence` is that of these simultaneous intervals; the rest as in `plot_by_group`.
    """
    rows = _drawn_rows(table, differences, metric)
    figure, axes = blank(9.6, 1.5 + 0.21 * len(rows))
    axes.axvline(0, color="black", linewidth=1, linestyle="--", zorder=0)
    unknown = Interval(None, None, None, 0)
    drawn_differences = [differences.get((metric, name), unknown) for name in rows["member"]]
    values = np.array([(each.estimate, each.low, each.high) for each in drawn_differences], float).reshape(-1, 3)
    _plot_intervals(axes, rows, values, [_colour(each) for each in drawn_differences])

    unit = METRICS[metric].unit
    axes.set_xlabel(
        f"difference from the rest in {METRICS[metric].label} ({unit}; > 0: better), "
        f"{confidence:.0%} simultaneous confidence intervals"
    )
    axes.set_ylabel(f"slice (n {row_noun}s)")
    axes.set_title(_title(table, rows, metric, "of each slice against the rest", row_noun), loc="left", fontsize=10)
    return figure


def _overall_row(table: pd.DataFrame, metric: str) -> "pd.Series[float]":
    return table[(table["metric"] == metric) & (table["member"] == "all")].iloc[0]


def _slice_rows(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    return table[(table["metric"] == metric) & (table["member"] != "all")]


def _drawn_rows(table: pd.DataFrame, differences: Differences, metric: str) -> pd.DataFrame:
    """Return the table's rows of the slices to draw, in its order.

    All are drawn up to `_MAX_ROWS`; of more, the slices of single groups and the pairs with the
    lowest differences.
    """
    rows = _slice_rows(table, metric)
    if len(rows) <= _MAX_ROWS:
        return rows

    is_single = ~rows["group"].str.contains(" & ", regex=False)
    estimates = [
        differences[metric, name].estimate if (metric, name) in differences else None for name in rows["member"]
    ]
    by_difference = pd.Series(estimates, index=rows.index, dtype=float).where(~is_single, -np.inf)
    ranks = by_difference.rank(method="first").fillna(np.inf)
    return rows[ranks <= _MAX_ROWS]


def _title(table: pd.DataFrame, drawn_rows: pd.DataFrame, metric: str, topic: str, row_noun: str) -> str:
    """Return the title: the metric and the topic, with the numbers of rows, entities and, if not all, slices."""
    overall = _overall_row(table, metric)
    n_slices = len(_slice_rows(table, metric))
    subset = "" if len(drawn_rows) == n_slices else f"; the {len(drawn_rows)} of {n_slices} slices that fare worst"
    size = f"n = {overall['rows']:,} {row_noun}s, {overall['entities']:,} entities"
    return f"{METRICS[metric].label} {topic} ({size}{subset})"


def _plot_intervals(axes: Axes, rows: pd.DataFrame, values: np.ndarray, colours: Sequence[str]) -> None:
    """Draw a dot and an interval for each of `rows`, the first on top.

    values: Estimate, low and high (rows, 3), NaN where unknown; a row without an interval gets its
        note as text.
    colours: One for each row, which also sets its marker.
    """
    for place, ((estimate, low, high), colour) in enumerate(zip(values, colours, strict=True)):
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([low, high], [place, place], color=colour, linewidth=1.6)
        if np.isfinite(estimate):
            axes.plot(estimate, place, marker=_MARKERS[colour], color=colour, markersize=5)

    notes = np.where(np.isfinite(values[:, 1]), "", rows["note"].replace("", "not estimable"))
    transform = axes.get_yaxis_transform()
    for place, note in enumerate(notes):
        axes.text(0.01, place, note, transform=transform, color=_NOTE_COLOUR, fontsize=8, va="center", style="italic")

    labels = [f"{name}  ({n_rows:,})" for name, n_rows in zip(rows["member"], rows["rows"], strict=True)]
    axes.set_yticks(range(len(rows)), labels, fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color="#e5e5e5", zorder=0)
    axes.set_axisbelow(True)
    begins_group = rows["group"].ne(rows["group"].shift()).to_numpy()
    for place in np.flatnonzero(begins_group)[1:]:
        axes.axhline(place - 0.5, color="#d0d0d0", linewidth=0.8)

    handles = [
        Line2D([], [], color=colour, marker=_MARKERS[colour], label=label)
        for colour, label in _LEGEND.items()
        if colour in colours
    ]
    if handles:
        axes.figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _colour(difference: Interval | None) -> str:
    if difference is None or difference.low is None or difference.high is None:
        return _NEITHER
    if difference.low <= 0 <= difference.high:
        return _NEITHER
    return _BETTER if difference.low > 0 else _WORSE
