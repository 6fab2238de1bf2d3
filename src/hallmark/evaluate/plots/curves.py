"""How well the probabilities tell labels apart, and whether they can be taken at their word."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from hallmark.contracts.predictions import MODEL
from hallmark.evaluate.selective_prediction import share
from hallmark.figures import PALETTE, blank

_PANELS = 12  # classes shown; where there are more, those that the model tells apart worst
_RARE = 0.05  # below this base rate everything of interest is near 0, and the axes are logarithmic
_BINS = 10


def roc(
    probabilities: Mapping[str, np.ndarray], true: np.ndarray, labels: Sequence[str], *, positive: str | None
) -> Figure:
    """Draw ROC curves of all scorers, the model first; `probabilities` (n, K) by scorer, `true` (n,) class indices.

    With a positive label there is one panel; else one for each label against the rest.
    """
    figure, panels = _panels(probabilities, true, labels, positive, "ROC")
    for axes, column in panels:
        right = true == column
        for (name, probability), colour in zip(probabilities.items(), PALETTE, strict=False):
            x, y, _ = roc_curve(right, probability[:, column])
            area = roc_auc_score(right, probability[:, column])
            axes.plot(x, y, color=colour, label=f"{area:.3f} {name}", **_style(name, x))
        axes.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls=":")
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.legend(fontsize=7, loc="lower right", title="area under it", title_fontsize=7)
    _name_once(figure, panels)
    return figure


def precision_recall(
    probabilities: Mapping[str, np.ndarray], true: np.ndarray, labels: Sequence[str], *, positive: str | None
) -> Figure:
    """Draw precision over recall of all scorers; arguments and panels as in `roc`."""
    figure, panels = _panels(probabilities, true, labels, positive, "Precision and recall")
    for axes, column in panels:
        right = true == column
        for (name, probability), colour in zip(probabilities.items(), PALETTE, strict=False):
            y, x, _ = precision_recall_curve(right, probability[:, column])
            area = average_precision_score(right, probability[:, column])
            # The last point, precision 1 at recall 0, is a convention and no threshold's.
            axes.plot(
                x[:-1], y[:-1], color=colour, label=f"{area:.3f} {name}", drawstyle="steps-post", **_style(name, x[:-1])
            )
        axes.axhline(right.mean(), color="0.7", lw=0.8, ls=":")
        axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.legend(fontsize=7, title="average precision", title_fontsize=7)
    _name_once(figure, panels)
    return figure


def calibration(rows: pd.DataFrame, *, positive: str | None) -> Figure:
    """Draw how often what the model is so sure of is so, with 95 % intervals by entity, over a histogram.

    `rows` are as `review.answered` returns them.
    """
    confidence = rows["confidence" if positive is not None else "certainty"].to_numpy(float)
    happened = (rows["label"] == positive).to_numpy() if positive is not None else ~rows["mistake"].to_numpy()
    rare = positive is not None and happened.mean() < _RARE
    floor = 0.3 / len(rows) if rare else 0.0
    edges = np.geomspace(max(confidence.min(), floor), 1, _BINS + 1) if rare else np.linspace(0, 1, _BINS + 1)
    figure, axes = blank(6.4, 5.6)
    figure.clear()
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    _reliability(axes, confidence, happened, rows["entity"].to_numpy(), edges)
    below.hist(confidence, bins=edges.tolist(), color=PALETTE[4])
    said = f"P({positive})" if positive is not None else "confidence that the answer is right"
    axes.set(
        ylabel=f"share of {positive}" if positive is not None else "share correct",
        title=f"Calibration of the model (test, n = {len(rows):,})",
    )
    below.set(xlabel=said, ylabel="examples", yscale="log")
    if rare:
        axes.set(xscale="log", yscale="log", ylim=(floor, 1.3))
    return figure


def _reliability(
    axes: Axes, confidence: np.ndarray, happened: np.ndarray, entities: np.ndarray, edges: np.ndarray
) -> None:
    axes.plot([edges[0], 1], [edges[0], 1], color="0.6", lw=0.9, ls="--", label="perfectly calibrated")
    bins = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, len(edges) - 2)
    points = []
    for bin_ in np.unique(bins):
        found = share(happened, bins == bin_, entities)
        points.append((confidence[bins == bin_].mean(), found.estimate, found.low, found.high))
    x, y, low, high = np.array(points, float).T
    axes.errorbar(x, y, yerr=np.abs([y - low, high - y]), fmt="o", color=PALETTE[0], ms=5, capsize=3, label="model")
    axes.legend(fontsize=8, loc="upper left")


def _panels(
    probabilities: Mapping[str, np.ndarray], true: np.ndarray, labels: Sequence[str], positive: str | None, title: str
) -> tuple[Figure, list[tuple[Axes, int]]]:
    """Return a figure with an axes for each class that has examples on both sides, the worst told first."""
    n = len(true)
    if positive is not None:
        columns = [list(labels).index(positive)] if 0 < (true == list(labels).index(positive)).sum() < n else []
    else:
        model = next(iter(probabilities.values()))
        known = [k for k in range(len(labels)) if 0 < (true == k).sum() < n]
        columns = sorted(known, key=lambda k: (average_precision_score(true == k, model[:, k]), k))[:_PANELS]
    across = min(4, max(len(columns), 1))
    down = -(-max(len(columns), 1) // across)
    size = (6.4, 5.2) if across == 1 else (3.0 * across, 2.9 * down + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes in grid[len(columns) :]:
        axes.set_axis_off()
    for axes, column in zip(grid, columns, strict=False):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(f"{labels[column]} ({(true == column).sum():,} of n = {n:,})", fontsize=10, parse_math=False)
    what = "" if positive is not None else ", each label against the rest, the hardest first"
    figure.suptitle(f"{title} on the test split{what}", fontsize=11)
    return figure, list(zip(grid, columns, strict=False))


def _name_once(figure: Figure, panels: list[tuple[Axes, int]]) -> None:
    """Say below the figure who is who where there are many panels, and in each no more than its numbers."""
    if len(panels) < 2:
        return
    handles, names = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, [name.split(" ", 1)[1] for name in names], loc="outside lower center", ncols=len(names))
    for axes, _ in panels:
        legend = axes.get_legend()
        assert legend is not None
        for text in legend.get_texts():
            text.set_text(text.get_text().split(" ", 1)[0])


def _style(scorer: str, points: np.ndarray) -> dict[str, Any]:
    return {"lw": 2.0 if scorer == MODEL else 1.0, "marker": "o" if len(points) < 3 else None, "ms": 4}
