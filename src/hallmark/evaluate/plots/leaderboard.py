"""Where the model stands beside what is simpler."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hallmark.contracts.predictions import MODEL
from hallmark.evaluate.scorer_table import interval
from hallmark.figures import PALETTE
from hallmark.metrics import METRICS
from hallmark.metrics.statistics import Interval


def forest(compared: pd.DataFrame, gains: Mapping[str, Interval], primary_metric: str) -> Figure:
    """Draw the primary metric of all scorers on test, and the model's paired gain over each, with 95 % intervals."""
    metric, rows = (
        METRICS[primary_metric],
        compared[(compared["split"] == "test") & (compared["metric"] == primary_metric)],
    )
    names = list(rows["scorer"])[::-1]  # axes count from below
    values = {name: interval(compared, name, "test", primary_metric) for name in names}
    figure = Figure(figsize=(9.5, 1.6 + 0.5 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _intervals(left, names, values)
    _intervals(right, names, gains)
    right.axvline(0, color="0.5", lw=0.9, ls=":")
    better = "higher" if metric.higher_is_better else "lower"
    left.set(xlabel=f"{metric.label}, {metric.unit} ({better} is better)", ylim=(-0.6, len(names) - 0.4))
    left.set_yticks(range(len(names)), names, parse_math=False)
    right.set(xlabel="gain of the model, paired (> 0: the model is better)")
    size = f"n = {rows['rows'].iloc[0]:,} examples, {values[MODEL].n:,} entities"
    figure.suptitle(f"The model and what is simpler (test, {size})", fontsize=11)
    return figure


def _intervals(axes: Axes, names: list[str], intervals: Mapping[str, Interval]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    for place, name in enumerate(names):
        found = intervals.get(name)
        if found is None or found.estimate is None:
            continue
        colour = PALETTE[0] if name == MODEL else PALETTE[1]
        if found.low is not None and found.high is not None:
            axes.plot([found.low, found.high], [place, place], color=colour, lw=2)
        axes.plot([found.estimate], [place], "o", color=colour)
        at = (found.estimate, place + 0.14)
        axes.text(*at, f"{found.estimate:.3f}", fontsize=8, ha="center", va="bottom")
    axes.margins(x=0.12)
