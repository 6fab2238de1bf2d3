"""What was taken for what, and single examples with their answers as a person would look at them."""

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from textwrap import shorten, wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hallmark.contracts.examples import Examples
from hallmark.contracts.predictions import SCORE
from hallmark.contracts.scorers import Predict
from hallmark.figures import blank
from hallmark.metrics import METRICS

_ROWS, _COLUMNS = 3, 4  # of examples in a figure
_READABLE = 12  # labels, above which a matrix has no room for numbers
_TITLE = 38  # characters in a line of a title
Draw = Callable[[Axes, Examples, Predict], None]


def confusion(rows: pd.DataFrame, labels: Sequence[str]) -> Figure:
    """Draw counts, and by colour and percentage the share of each true label, from the rows of one scorer."""
    counts = (
        pd.crosstab(rows["label"], rows["prediction"])
        .reindex(index=list(labels), columns=list(labels), fill_value=0)
        .to_numpy()
    )
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = min(3.6 + 0.62 * len(labels), 11.0)
    figure, axes = blank(size + 0.8, size)
    drawn = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(drawn, ax=axes, label="share of the true label", shrink=0.8)
    axes.set(
        xticks=range(len(labels)),
        yticks=range(len(labels)),
        xticklabels=labels,
        yticklabels=labels,
        xlabel="predicted label",
        ylabel="true label",
        title=f"What was taken for what (test, n = {len(rows):,})",
    )
    axes.tick_params(axis="x", rotation=45 if max(map(len, labels)) > 3 else 0)
    if len(labels) <= _READABLE:
        _write_counts(axes, counts, share)
    return figure


def _write_counts(axes: Axes, counts: np.ndarray, share: np.ndarray) -> None:
    for (true, predicted), count in np.ndenumerate(counts):
        if count:
            axes.text(
                predicted,
                true,
                f"{count:,}\n{share[true, predicted]:.1%}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if share[true, predicted] > 0.5 else "black",
            )


def typical(rows: pd.DataFrame, examples: Examples, draw: Draw, predict: Predict, *, positive: str | None) -> Figure:
    """Draw examples with the model's answers: from all over the split, and of every label by turns where there are.

    `rows` are the model's on the split that `examples` holds, `predict` is the model.
    """
    ordered = rows.sort_values("id", ignore_index=True)
    spread = ordered.iloc[np.unique(np.linspace(0, len(ordered) - 1, _ROWS * _COLUMNS).astype(int))]
    if examples.labels:
        spread = ordered.assign(turn=ordered.groupby("label").cumcount()).sort_values(["turn", "label"], kind="stable")
    title = f"Examples and the model's answers (test, n = {len(rows):,})"
    return _grid(title, spread.head(_ROWS * _COLUMNS), examples, draw, predict, positive)


def worst(
    rows: pd.DataFrame, examples: Examples, draw: Draw, predict: Predict, *, positive: str | None, primary_metric: str
) -> Figure:
    """Draw the mistakes that the model was surest of; with a positive label, false alarms and misses by turns.

    Where no answer is right or wrong, those that did worst on the primary metric. Arguments as in `typical`.
    """
    count = _ROWS * _COLUMNS
    if "mistake" in rows:
        mistakes = rows[rows["mistake"] > 0]
        title = f"The {min(count, len(mistakes))} surest of {len(mistakes):,} mistakes (test, n = {len(rows):,})"
        return _grid(title, _surest(mistakes, positive, count), examples, draw, predict, positive)
    metric = METRICS[primary_metric]
    ranked = rows.sort_values([SCORE + primary_metric, "id"], ascending=[metric.higher_is_better, True])
    title = f"The {count} worst examples by {metric.label.lower()} (test, n = {len(rows):,})"
    return _grid(title, ranked.head(count), examples, draw, predict, positive)


def _grid(
    title: str, shown: pd.DataFrame, examples: Examples, draw: Draw, predict: Predict, positive: str | None
) -> Figure:
    figure = Figure(figsize=(13, 9.5), layout="constrained")
    figure.suptitle(title)
    place = pd.Index(examples.table["id"])
    grid = figure.subplots(_ROWS, _COLUMNS, squeeze=False).ravel()
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    for axes, row in zip(grid, shown.to_dict("records"), strict=False):
        draw(axes, examples.take(np.array([place.get_loc(row["id"])])), predict)
        axes.set_title(_told(row, positive), fontsize=9, parse_math=False)
        axes.tick_params(labelsize=7)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set_size(7)
    return figure


def _told(row: dict[Any, Any], positive: str | None) -> str:
    """Say what was right, what was answered, and how sure the model was, in as many lines."""
    lines = [
        f"{what}: {row[column]}"
        for what, column in (("true", "label"), ("answer", "prediction"))
        if isinstance(row.get(column), str)
    ]
    if pd.notna(row.get("confidence")):
        named = "confidence" if positive is None else f"P({positive})"
        lines.append(f"{named} {row['confidence']:.3g}")
    return "\n".join("\n".join(wrap(shorten(line, 3 * _TITLE, placeholder=" …"), _TITLE)) for line in lines)


def _surest(mistakes: pd.DataFrame, positive: str | None, count: int) -> pd.DataFrame:
    """Return up to `count` mistakes, the surest first; of two kinds by turns, else the common one hides the other."""
    ranked = mistakes.sort_values(["certainty", "id"], ascending=[False, True])
    if positive is None:
        return ranked.head(count)
    alarm = (ranked["prediction"] == positive).to_numpy()
    turns = zip_longest(ranked.index[alarm], ranked.index[~alarm])
    return ranked.loc[[at for at in chain.from_iterable(turns) if at is not None][:count]]
