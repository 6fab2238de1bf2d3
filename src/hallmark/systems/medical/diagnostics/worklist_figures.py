"""Figures of the worklist and of the sensitivity by group."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from hallmark.contracts.predictions import MODEL
from hallmark.metrics.statistics import Interval
from hallmark.report_figures import PALETTE, blank
from hallmark.systems.medical.diagnostics import worklist


def draw_triage(worklists: Mapping[str, pd.DataFrame], positive: str, noun: str) -> Figure:
    """Draw the gain curve of each scorer: the share of the ill within each first part of its
    worklist.

    `worklists` are tables of `worklist.order_patients` by scorer; `noun` is what a patient is
    called. The diagonal is a random order.
    """
    figure, axes = blank()
    for name, patients in worklists.items():
        share_of_worklist, share_of_ill = worklist.gain_curve(patients)
        axes.plot(share_of_worklist, share_of_ill, label=name, linewidth=2.4 if name == MODEL else 1.2)
    axes.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="in any order")

    count = len(worklists[MODEL])
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.01),
        xlabel="share of the worklist, the highest scores first",
        ylabel=f"share of the {noun}s with {positive}",
        title=f"Triage: who comes first (test, n = {count:,} {noun}s)",
    )
    axes.legend(frameon=False, loc="lower right")
    return figure


def draw_sensitivity(by_label: Mapping[str, Interval], positive: str, noun: str) -> Figure:
    """Draw the sensitivity with its interval for each group value, and the number of `noun`s at the
    right.
    """
    figure, axes = blank(height=1.2 + 0.36 * len(by_label))
    for row, interval in enumerate(by_label.values()):
        if interval.estimate is None:
            continue
        if interval.low is not None and interval.high is not None:
            axes.plot([interval.low, interval.high], [row, row], color=PALETTE[0], linewidth=2)
        axes.plot(interval.estimate, row, "o", color=PALETTE[0])
        axes.annotate(f"{interval.n}", (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)

    axes.set(
        yticks=range(len(by_label)),
        yticklabels=by_label,
        xlim=(0, 1),
        xlabel=f"sensitivity: share of the scans with {positive} that raise an alert",
        title=f"Which are found (right: {noun}s)",
    )
    axes.invert_yaxis()
    return figure
