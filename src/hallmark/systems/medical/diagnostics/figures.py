"""The worklist and the sensitivity by what a scan shows, to be looked at."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from hallmark.contracts.predictions import MODEL
from hallmark.figures import PALETTE, blank
from hallmark.metrics.statistics import Interval
from hallmark.systems.medical.diagnostics import worklist


def triage(lists: Mapping[str, pd.DataFrame], positive: str, noun: str) -> Figure:
    """Draw how many of the ill are found by how far down the worklist, by scorer; the diagonal is chance."""
    figure, axes = blank()
    for name, ordered in lists.items():
        axes.plot(*worklist.gains(ordered), label=name, linewidth=2.4 if name == MODEL else 1.2)
    axes.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="in any order")
    count = len(lists[MODEL])
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.01),
        xlabel="share of the worklist, the highest scores first",
        ylabel=f"share of the {noun}s with {positive}",
        title=f"Triage: who comes first (test, n = {count:,} {noun}s)",
    )
    axes.legend(frameon=False, loc="lower right")
    return figure


def sensitivity(told: Mapping[str, Interval], positive: str, noun: str) -> Figure:
    """Draw the sensitivity with its interval for each kind of example, and how many `noun`s it rests on."""
    figure, axes = blank(height=1.2 + 0.36 * len(told))
    for row, interval in enumerate(told.values()):
        if interval.estimate is None:
            continue
        if interval.low is not None and interval.high is not None:
            axes.plot([interval.low, interval.high], [row, row], color=PALETTE[0], linewidth=2)
        axes.plot(interval.estimate, row, "o", color=PALETTE[0])
        axes.annotate(f"{interval.n}", (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axes.set(
        yticks=range(len(told)),
        yticklabels=told,
        xlim=(0, 1),
        xlabel=f"sensitivity: share of the scans with {positive} that raise an alert",
        title=f"Which are found (right: {noun}s)",
    )
    axes.invert_yaxis()
    return figure
