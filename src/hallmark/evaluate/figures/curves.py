"""Curves of predicted probabilities: ROC, precision and recall, and the reliability diagram.

ROC and precision-recall curves are scikit-learn's displays. The reliability diagram is drawn here:
scikit-learn's has no intervals and no logarithmic bins, both of which a rare label needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import (
    PrecisionRecallDisplay,
    RocCurveDisplay,
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from hallmark.contracts.predictions import MODEL
from hallmark.evaluate.selective_prediction import measure_share
from hallmark.report_figures import PALETTE, blank

_MAX_PANELS = 12  # labels with a panel; of more, those with the lowest average precision
_RARE = 0.05  # base rate below which the reliability diagram has logarithmic axes: all points would be near 0
_BINS = 10  # of the reliability diagram


@dataclass(frozen=True, kw_only=True)
class Probabilities:
    """The probabilities of all labels on the test split.

    by_scorer: Probabilities (n, K) of n examples and K labels by scorer, the model first.
    targets: (n,) the true labels, as indices into `labels`.
    labels: The K names.
    positive: The label that an alert stands for: only its panel is drawn. None: each label against
        the rest.
    """

    by_scorer: Mapping[str, np.ndarray]
    targets: np.ndarray
    labels: Sequence[str]
    positive: str | None


@dataclass(frozen=True)
class _Panel:
    """The axes of one label against the rest."""

    axes: Axes
    column: int  # of the label, in the probabilities (n, K)
    is_label: np.ndarray  # (n,) true where the label is the true one


def plot_roc(probabilities: Probabilities) -> Figure:
    """Draw ROC curves of all scorers, the model first: one panel for the positive label, else one for each label."""
    figure, panels = _make_panels(probabilities, "ROC curves")
    for panel in panels:
        for (scorer, probability), colour in zip(probabilities.by_scorer.items(), PALETTE, strict=False):
            score = probability[:, panel.column]
            area = roc_auc_score(panel.is_label, score)
            false_positive_rate, true_positive_rate, _ = roc_curve(panel.is_label, score)
            display = RocCurveDisplay(fpr=false_positive_rate, tpr=true_positive_rate, roc_auc=area)
            display.plot(panel.axes, curve_kwargs=_style(scorer, area, colour, n_points=len(false_positive_rate)))

        panel.axes.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls=":")
        panel.axes.set(xlabel="false positive rate", ylabel="true positive rate (sensitivity)")
        panel.axes.legend(fontsize=7, loc="lower right", title="ROC AUC", title_fontsize=7)
    _share_legend(figure, panels)
    return figure


def plot_precision_recall(probabilities: Probabilities) -> Figure:
    """Draw precision-recall curves of all scorers; the panels are those of `plot_roc`.

    A dotted line marks the base rate, which is the precision of a random ranking.
    """
    figure, panels = _make_panels(probabilities, "Precision-recall curves")
    for panel in panels:
        for (scorer, probability), colour in zip(probabilities.by_scorer.items(), PALETTE, strict=False):
            score = probability[:, panel.column]
            area = average_precision_score(panel.is_label, score)
            precision, recall, _ = precision_recall_curve(panel.is_label, score)
            # The last point, precision 1 at recall 0, belongs to no threshold: scikit-learn adds it by convention.
            display = PrecisionRecallDisplay(precision[:-1], recall[:-1], average_precision=area)
            display.plot(panel.axes, curve_kwargs=_style(scorer, area, colour, n_points=len(recall) - 1))

        panel.axes.axhline(panel.is_label.mean(), color="0.7", lw=0.8, ls=":")
        panel.axes.set(xlabel="recall (sensitivity)", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        panel.axes.legend(fontsize=7, title="average precision", title_fontsize=7)
    _share_legend(figure, panels)
    return figure


def _style(scorer: str, area: float, colour: str, *, n_points: int) -> dict[str, Any]:
    """Return Matplotlib's options for a scorer's curve; a curve of one or two points gets markers to be visible."""
    return {
        "label": f"{area:.3f} {scorer}",
        "color": colour,
        "linewidth": 2.0 if scorer == MODEL else 1.0,
        "marker": "o" if n_points < 3 else None,
        "markersize": 4,
    }


def plot_calibration(rows: pd.DataFrame, *, positive: str | None) -> Figure:
    """Draw a reliability diagram, observed frequency over predicted probability, above a histogram of the latter.

    The event is the positive label or, without one, that the answer is right. Points have 95 %
    intervals by entity.

    rows: The model's rows on the test split, as `selective_prediction.rows_with_mistakes` returns
        them.
    positive: The label that an alert stands for; None where no label is special.
    """
    if positive is None:
        confidence = rows["certainty"].to_numpy(float)
        happened = ~rows["mistake"].to_numpy()
        event = "observed accuracy"
        probability = "predicted probability that the answer is right"
    else:
        confidence = rows["confidence"].to_numpy(float)
        happened = (rows["label"] == positive).to_numpy()
        event = f"observed fraction of {positive}"
        probability = f"predicted P({positive})"

    is_rare = positive is not None and happened.mean() < _RARE
    floor = 0.0
    edges = np.linspace(0, 1, _BINS + 1)
    if is_rare:
        floor = 0.3 / len(rows)
        edges = np.geomspace(max(confidence.min(), floor), 1, _BINS + 1)

    figure, _ = blank(6.4, 5.6)
    figure.clear()
    diagram, histogram = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    _plot_reliability(diagram, confidence, happened, rows["entity"].to_numpy(), edges)
    histogram.hist(confidence, bins=edges.tolist(), color=PALETTE[4])

    n_entities = rows["entity"].nunique()
    diagram.set(
        ylabel=event, title=f"Reliability diagram of the model (test, n = {len(rows):,}, {n_entities:,} entities)"
    )
    histogram.set(xlabel=probability, ylabel="number of examples", yscale="log")
    if is_rare:
        diagram.set(xscale="log", yscale="log", ylim=(floor, 1.3))
    return figure


def _plot_reliability(
    axes: Axes, confidence: np.ndarray, happened: np.ndarray, entities: np.ndarray, edges: np.ndarray
) -> None:
    """Draw a point for each bin: mean confidence, and the share that happened with its 95 % interval by entity.

    confidence, happened, entities: (n,) predicted probability, whether the event occurred, and
        entity of each row.
    edges: Bin edges, ascending; the last bin includes 1.
    """
    axes.plot([edges[0], 1], [edges[0], 1], color="0.6", lw=0.9, ls="--", label="perfectly calibrated")
    bins = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, len(edges) - 2)
    points = []
    for bin_number in np.unique(bins):
        is_in_bin = bins == bin_number
        share = measure_share(happened, among=is_in_bin, entities=entities)
        points.append((confidence[is_in_bin].mean(), share.estimate, share.low, share.high))

    x, y, low, high = np.array(points, float).T
    limits = np.abs([y - low, high - y])
    axes.errorbar(x, y, yerr=limits, fmt="o", color=PALETTE[0], ms=5, capsize=3, label="model, with 95 % intervals")
    axes.legend(fontsize=8, loc="upper left")


def _make_panels(probabilities: Probabilities, title: str) -> tuple[Figure, list[_Panel]]:
    """Return a figure with an empty panel for each label to draw, in the order of `_panel_columns`."""
    n = len(probabilities.targets)
    columns = _panel_columns(probabilities)
    n_across = min(4, max(len(columns), 1))
    n_down = -(-max(len(columns), 1) // n_across)
    size = (6.4, 5.2) if n_across == 1 else (3.0 * n_across, 2.9 * n_down + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(n_down, n_across, squeeze=False).ravel()
    for axes in grid[len(columns) :]:
        axes.set_axis_off()

    panels = []
    for axes, column in zip(grid, columns, strict=False):
        is_label = probabilities.targets == column
        axes.spines[["top", "right"]].set_visible(False)
        label = probabilities.labels[column]
        axes.set_title(f"{label} ({is_label.sum():,} of n = {n:,})", fontsize=10, parse_math=False)
        panels.append(_Panel(axes, column, is_label))

    subtitle = "" if probabilities.positive is not None else ", each label against the rest, lowest precision first"
    figure.suptitle(f"{title} on the test split{subtitle}", fontsize=11)
    return figure, panels


def _panel_columns(probabilities: Probabilities) -> list[int]:
    """Return the columns of the labels to draw: the positive one, or those with the lowest average precision first.

    Average precision is the model's. Labels that no example has, or that all have, are left out.
    """
    counts = np.bincount(probabilities.targets, minlength=len(probabilities.labels))
    has_both_sides = (counts > 0) & (counts < len(probabilities.targets))
    if probabilities.positive is not None:
        column = list(probabilities.labels).index(probabilities.positive)
        return [column] if has_both_sides[column] else []

    model = next(iter(probabilities.by_scorer.values()))
    areas = {
        column: average_precision_score(probabilities.targets == column, model[:, column])
        for column in map(int, np.flatnonzero(has_both_sides))
    }
    return sorted(areas, key=lambda column: (areas[column], column))[:_MAX_PANELS]


def _share_legend(figure: Figure, panels: list[_Panel]) -> None:
    """Where there are several panels, name the scorers in one legend below, and leave the areas in the panels' own.

    The text of each entry, as `_style` makes it, is the area, a space and the scorer.
    """
    if len(panels) < 2:
        return
    handles, labels = panels[0].axes.get_legend_handles_labels()
    scorers = [label.split(" ", 1)[1] for label in labels]
    figure.legend(handles, scorers, loc="outside lower center", ncols=len(scorers))
    for panel in panels:
        legend = panel.axes.get_legend()
        assert legend is not None
        for text in legend.get_texts():
            text.set_text(text.get_text().split(" ", 1)[0])
