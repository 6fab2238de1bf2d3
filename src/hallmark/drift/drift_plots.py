"""Plots of a drift comparison: shifts with verdicts, drift scores with thresholds, and distributions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family
from hallmark.report_figures import PALETTE, VERDICT_COLOURS, ReportFigure, blank

_REFERENCE_COLOUR, _RECENT_COLOUR = PALETTE[0], PALETTE[1]
_MAX_PANELS = 6  # columns in the figure of distributions
_BINS = 30  # of a histogram
_MAX_CATEGORIES = 10  # in a bar chart: the most frequent ones
_NAME_LENGTH = 28  # characters


def draw_figures(
    families: Sequence[Family], columns: Sequence[Column], *, min_effect_size: float
) -> list[ReportFigure]:
    """Return the figures; columns that have values on one side only are left out. None where no column is left."""
    scored_columns = [column for column in columns if column.test is not None]
    if not scored_columns:
        return []

    drawings = {
        "shifts": plot_shifts(scored_columns, min_effect_size=min_effect_size),
        "scores": plot_scores(scored_columns),
        "distributions": plot_distributions(families, scored_columns),
    }
    titles = {
        "shifts": "shift of each column",
        "scores": "drift scores and thresholds",
        "distributions": "distributions of the columns that shifted most",
    }
    return [
        ReportFigure(name=name, question=6, title=titles[name], drawing=drawing) for name, drawing in drawings.items()
    ]


def plot_shifts(columns: Sequence[Column], *, min_effect_size: float) -> Figure:
    """Draw every column's shift with its interval, in the colour of its verdict.

    A grey band marks the shifts within ±`min_effect_size`, which are too small to matter.
    """
    ordered = sorted(columns, key=lambda column: abs(column.finding.estimate or 0.0))
    figure, axes = blank(7.2, 1.6 + 0.28 * len(ordered))
    axes.axvspan(-min_effect_size, min_effect_size, color="0.93", zorder=0)
    axes.axvline(0, color="0.6", linewidth=0.8, zorder=1)

    for place, column in enumerate(ordered):
        finding = column.finding
        colour = VERDICT_COLOURS[finding.verdict]
        if finding.low is not None and finding.high is not None:
            axes.plot([finding.low, finding.high], [place, place], color=colour, linewidth=2)
        axes.plot(finding.estimate or 0.0, place, "o", color=colour)

    reach = max(3 * min_effect_size, *(1.4 * abs(column.finding.estimate or 0.0) for column in ordered))
    axes.set_xlim(-reach, reach)
    axes.set_yticks(range(len(ordered)), [_shorten(column.name) for column in ordered])
    axes.set_xlabel("shift, recent minus reference (reference standard deviations; categories: Cohen's h)")
    axes.set_ylabel("column")
    axes.set_title(
        f"Shift of each column with its confidence interval ({_entity_count(ordered)})\n"
        f"grey: smaller than the minimum effect size, ±{min_effect_size:g}"
    )

    verdicts = {column.finding.verdict for column in ordered}
    handles = [
        Line2D([], [], marker="o", color=colour, label=verdict)
        for verdict, colour in VERDICT_COLOURS.items()
        if verdict in verdicts
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def plot_scores(columns: Sequence[Column]) -> Figure:
    """Draw every column's drift score, and its mean over the permutations, divided by the column's threshold.

    Columns without a finite threshold are left out: the window has too few entities for one.
    """
    tests = {column.name: column.test for column in columns if column.test and np.isfinite(column.test.threshold)}
    relative_scores = {name: test.score / test.threshold for name, test in tests.items()}
    ordered = sorted(tests, key=lambda name: relative_scores[name])
    figure, axes = blank(7.2, 1.6 + 0.28 * max(len(ordered), 3))
    axes.axvline(1, color="0.3", linewidth=1, linestyle="--")
    axes.axvspan(0, 1, color="0.95", zorder=0)

    for place, name in enumerate(ordered):
        test = tests[name]
        colour = _RECENT_COLOUR if test.score >= test.threshold else _REFERENCE_COLOUR
        axes.plot(test.null_mean / test.threshold, place, "|", color="0.4", markersize=11, markeredgewidth=2)
        axes.plot(relative_scores[name], place, "o", color=colour)
    if not ordered:
        note = "no score could be significant:\ntoo few entities"
        axes.text(0.5, 0.5, note, ha="center", transform=axes.transAxes)

    if max(relative_scores.values(), default=1.0) > 10:
        axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    axes.set_yticks(range(len(ordered)), [_shorten(name) for name in ordered])
    axes.set_xlabel("drift score / significance threshold (vertical mark: mean of the permutations)")
    axes.set_ylabel("column")
    axes.set_title(f"Drift score of each column, significant from 1 on ({_entity_count(columns)})")
    return figure


def plot_distributions(families: Sequence[Family], columns: Sequence[Column]) -> Figure:
    """Draw the distributions in reference and recent window, of the columns that shifted most."""
    panel_columns = sorted(columns, key=lambda column: -abs(column.finding.estimate or 0.0))[:_MAX_PANELS]
    n_across = min(3, len(panel_columns))
    n_down = -(-len(panel_columns) // n_across)
    figure = Figure(figsize=(3.2 * n_across + 0.6, 2.3 * n_down + 0.8), layout="constrained")

    for place, column in enumerate(panel_columns, start=1):
        axes = figure.add_subplot(n_down, n_across, place)
        axes.spines[["top", "right"]].set_visible(False)
        family = next(family for family in families if column.name in family.columns)
        plot_panel = _plot_histograms if column.is_numeric else _plot_category_shares
        plot_panel(axes, family.reference[column.name].dropna(), family.recent[column.name].dropna())
        axes.set_title(f"{_shorten(column.name)}: {column.finding.verdict}", fontsize=9)
        axes.tick_params(labelsize=8)

    handles = [
        Line2D([], [], color=_REFERENCE_COLOUR, label="reference"),
        Line2D([], [], color=_RECENT_COLOUR, label="recent"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(f"Distributions of the columns that shifted most ({_entity_count(columns)})", fontsize=10)
    return figure


def _plot_histograms(axes: Axes, reference: "pd.Series[float]", recent: "pd.Series[float]") -> None:
    """Draw both sides in the same bins, from the 0.5 % to the 99.5 % quantile; values beyond count in the end bins."""
    low, high = np.quantile(np.concatenate([reference, recent]), [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    for values, colour in ((reference, _REFERENCE_COLOUR), (recent, _RECENT_COLOUR)):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        shares = counts / len(values)
        axes.stairs(shares, edges, color=colour, fill=True, alpha=0.25)
        axes.stairs(shares, edges, color=colour)
    axes.set_ylabel("fraction of rows", fontsize=8)


def _plot_category_shares(axes: Axes, reference: "pd.Series[str]", recent: "pd.Series[str]") -> None:
    """Draw each category's share of the rows on both sides as a pair of bars."""
    shares = pd.DataFrame(
        {"reference": reference.value_counts(normalize=True), "recent": recent.value_counts(normalize=True)}
    )
    shares = shares.fillna(0.0).sort_index()
    by_frequency = shares.max(axis=1).sort_values(ascending=False, kind="stable").index
    shares = shares.loc[by_frequency[:_MAX_CATEGORIES]].sort_index()

    places = np.arange(len(shares))
    axes.bar(places - 0.2, shares["reference"], width=0.4, color=_REFERENCE_COLOUR)
    axes.bar(places + 0.2, shares["recent"], width=0.4, color=_RECENT_COLOUR)
    axes.set_xticks(places, [_shorten(str(name), 10) for name in shares.index])
    axes.set_ylabel("fraction of rows", fontsize=8)


def _shorten(name: str, length: int = _NAME_LENGTH) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def _entity_count(columns: Sequence[Column]) -> str:
    return f"n = {max(column.finding.n for column in columns):,} recent entities"
