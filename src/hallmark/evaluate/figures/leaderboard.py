"""The leaderboard: the primary metric of the model and of all baselines."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hallmark.contracts.predictions import MODEL
from hallmark.evaluate.scorer_table import interval
from hallmark.metrics import METRICS
from hallmark.metrics.statistics import Interval
from hallmark.report_figures import PALETTE


def plot_leaderboard(scorer_table: pd.DataFrame, gains: Mapping[str, Interval], primary_metric: str) -> Figure:
    """Draw the primary metric of all scorers on test, and the model's paired gain over each, with 95 % intervals.

    scorer_table: The table of scorers (see `scorer_table.compare_scorers`).
    gains: How much better the model is than each other scorer, > 0: better, in the metric's unit.
    """
    metric = METRICS[primary_metric]
    rows = scorer_table[(scorer_table["split"] == "test") & (scorer_table["metric"] == primary_metric)]
    names = list(rows["scorer"])[::-1]  # axes count from below
    values = {name: interval(scorer_table, name, "test", primary_metric) for name in names}

    figure = Figure(figsize=(9.5, 1.6 + 0.5 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _plot_intervals(left, names, values)
    _plot_intervals(right, names, gains)
    right.axvline(0, color="0.5", lw=0.9, ls=":")

    better = "higher" if metric.higher_is_better else "lower"
    left.set(xlabel=f"{metric.label} ({metric.unit}; {better} is better)", ylim=(-0.6, len(names) - 0.4))
    left.set_yticks(range(len(names)), names, parse_math=False)
    right.set(xlabel=f"gain of the model, paired ({metric.unit}; > 0: the model is better)")
    size = f"n = {rows['rows'].iloc[0]:,} examples, {values[MODEL].n:,} entities"
    figure.suptitle(f"The model and its baselines, with 95 % confidence intervals (test, {size})", fontsize=11)
    return figure


def _plot_intervals(axes: Axes, names: list[str], intervals: Mapping[str, Interval]) -> None:
    """Draw an estimate and its interval for each name, the first at the bottom; unknown ones are left out."""
    axes.spines[["top", "right"]].set_visible(False)
    for place, name in enumerate(names):
        value = intervals.get(name)
        if value is None or value.estimate is None:
            continue
        colour = PALETTE[0] if name == MODEL else PALETTE[1]
        if value.low is not None and value.high is not None:
            axes.plot([value.low, value.high], [place, place], color=colour, lw=2)
        axes.plot([value.estimate], [place], "o", color=colour)
        axes.text(value.estimate, place + 0.14, f"{value.estimate:.3f}", fontsize=8, ha="center", va="bottom")
    axes.margins(x=0.12)
