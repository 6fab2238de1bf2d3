"""Figures of a drift comparison: the shifts with their verdicts, the scores against chance, and what moved most."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hallmark.drift.comparison import Column
from hallmark.drift.windows import Family
from hallmark.figures import PALETTE, VERDICTS, ReportFigure, blank

_REFERENCE, _RECENT = PALETTE[0], PALETTE[1]
_SHOWN = 6  # columns in the figure of distributions
_BINS = 30
_CATEGORIES = 10
_LENGTH = 28  # characters of a name


def draw(families: Sequence[Family], columns: Sequence[Column], *, effect: float) -> list[ReportFigure]:
    """Return the figures; columns without a score are left out."""
    scored = [column for column in columns if column.chance is not None]
    if not scored:
        return []

    drawings = {
        "shifts": shifts(scored, effect=effect),
        "scores": scores(scored),
        "distributions": distributions(families, scored),
    }
    return [ReportFigure(name=name, question=6, title=name, drawing=drawing) for name, drawing in drawings.items()]


def shifts(columns: Sequence[Column], *, effect: float) -> Figure:
    """Draw every column's shift with its interval, in the colour of its verdict, over the band that does not matter."""
    ordered = sorted(columns, key=lambda column: abs(column.finding.estimate or 0.0))
    figure, axes = blank(7.2, 1.6 + 0.28 * len(ordered))
    axes.axvspan(-effect, effect, color="0.93", zorder=0)
    axes.axvline(0, color="0.6", linewidth=0.8, zorder=1)
    for at, column in enumerate(ordered):
        found, colour = column.finding, VERDICTS[column.finding.verdict]
        if found.low is not None and found.high is not None:
            axes.plot([found.low, found.high], [at, at], color=colour, linewidth=2)
        axes.plot(found.estimate or 0.0, at, "o", color=colour)
    reach = max(3 * effect, *(1.4 * abs(column.finding.estimate or 0.0) for column in ordered))
    axes.set_xlim(-reach, reach)
    axes.set_yticks(range(len(ordered)), [_short(column.name) for column in ordered])
    axes.set_xlabel("shift, recent minus reference (standard deviations; Cohen's h for categories)")
    axes.set_title(f"Shift of each column; grey: within ±{effect:g}\n{_entities(ordered)}")
    present = {column.finding.verdict for column in ordered}
    keys = [
        Line2D([], [], marker="o", color=colour, label=name) for name, colour in VERDICTS.items() if name in present
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), frameon=False)
    return figure


def scores(columns: Sequence[Column]) -> Figure:
    """Draw every column's score, and what chance makes of it, as a share of its threshold."""
    chances = {
        column.name: column.chance for column in columns if column.chance and np.isfinite(column.chance.threshold)
    }
    ordered = sorted(chances, key=lambda name: chances[name].score / chances[name].threshold)
    figure, axes = blank(7.2, 1.6 + 0.28 * max(len(ordered), 3))
    axes.axvline(1, color="0.3", linewidth=1, linestyle="--")
    axes.axvspan(0, 1, color="0.95", zorder=0)
    for at, name in enumerate(ordered):
        chance = chances[name]
        axes.plot(chance.expected / chance.threshold, at, "|", color="0.4", markersize=11, markeredgewidth=2)
        axes.plot(
            chance.score / chance.threshold, at, "o", color=_RECENT if chance.score >= chance.threshold else _REFERENCE
        )
    if not ordered:
        axes.text(0.5, 0.5, "no score could rule out chance:\ntoo few entities", ha="center", transform=axes.transAxes)
    if max((chances[name].score / chances[name].threshold for name in ordered), default=1.0) > 10:
        axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    axes.set_yticks(range(len(ordered)), [_short(name) for name in ordered])
    axes.set_xlabel("drift score / calibrated threshold (mark: mean without drift)")
    axes.set_title(f"Evidently's scores against chance\n{_entities(columns)}")
    return figure


def distributions(families: Sequence[Family], columns: Sequence[Column]) -> Figure:
    """Draw reference and recent window over each other, for the columns that moved most."""
    most = sorted(columns, key=lambda column: -abs(column.finding.estimate or 0.0))[:_SHOWN]
    wide = min(3, len(most))
    tall = -(-len(most) // wide)
    figure = Figure(figsize=(3.2 * wide + 0.6, 2.3 * tall + 0.8), layout="constrained")
    for at, column in enumerate(most):
        axes = figure.add_subplot(tall, wide, at + 1)
        axes.spines[["top", "right"]].set_visible(False)
        family = next(family for family in families if column.name in family.columns)
        sides = [side[column.name].dropna() for side in (family.reference, family.recent)]
        (_numbers if column.numeric else _categories)(axes, *sides)
        axes.set_title(f"{_short(column.name)}: {column.finding.verdict}", fontsize=9)
        axes.tick_params(labelsize=8)
    keys = [Line2D([], [], color=_REFERENCE, label="reference"), Line2D([], [], color=_RECENT, label="recent")]
    figure.legend(handles=keys, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(f"The columns that moved most; {_entities(columns)}", fontsize=10)
    return figure


def _numbers(axes: Axes, reference: "pd.Series[float]", recent: "pd.Series[float]") -> None:
    both = np.concatenate([reference, recent])
    low, high = np.quantile(both, [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    for values, colour in ((reference, _REFERENCE), (recent, _RECENT)):
        share = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)
        axes.stairs(share, edges, color=colour, fill=True, alpha=0.25)
        axes.stairs(share, edges, color=colour)
    axes.set_ylabel("share of rows", fontsize=8)


def _categories(axes: Axes, reference: "pd.Series[str]", recent: "pd.Series[str]") -> None:
    shares = pd.DataFrame(
        {"reference": reference.value_counts(normalize=True), "recent": recent.value_counts(normalize=True)}
    )
    shares = shares.fillna(0.0).sort_index()
    kept = shares.loc[shares.max(axis=1).sort_values(ascending=False, kind="stable").index[:_CATEGORIES]].sort_index()
    places = np.arange(len(kept))
    axes.bar(places - 0.2, kept["reference"], width=0.4, color=_REFERENCE)
    axes.bar(places + 0.2, kept["recent"], width=0.4, color=_RECENT)
    axes.set_xticks(places, [_short(str(name), 10) for name in kept.index])
    axes.set_ylabel("share of rows", fontsize=8)


def _short(name: str, length: int = _LENGTH) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def _entities(columns: Sequence[Column]) -> str:
    return f"n = {max(column.finding.n for column in columns):,} recent entities"
