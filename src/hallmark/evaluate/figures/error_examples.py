"""The model's errors: the confusion matrix, and pictures of single examples with the model's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from textwrap import shorten, wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from hallmark.contracts.examples import Examples
from hallmark.contracts.predictions import SCORE
from hallmark.evaluate.figures.example_drawing import ExampleDrawing
from hallmark.metrics import METRICS
from hallmark.report_figures import blank

_ROWS, _COLUMNS = 3, 4  # of the grid of examples in a figure
_N_SHOWN = _ROWS * _COLUMNS
_MAX_READABLE_LABELS = 12  # with more, the cells of a confusion matrix have no room for numbers
_TITLE_WIDTH = 38  # characters in a line above an example


@dataclass(frozen=True, kw_only=True)
class AnsweredExamples:
    """Examples of one split with the model's answers, and how to draw them.

    rows: The model's rows of the predictions table on the split of `examples`.
    drawing: How one of them is drawn.
    positive: The label that an alert stands for; None where no label is special.
    """

    rows: pd.DataFrame
    examples: Examples
    drawing: ExampleDrawing
    positive: str | None


def plot_confusion(rows: pd.DataFrame, labels: Sequence[str]) -> Figure:
    """Draw the confusion matrix of one scorer's answers (model or simple method), a row of `rows` for each example.

    A cell's colour is the fraction of the true label's examples. Its text is the number of examples
    and that fraction; with more than _MAX_READABLE_LABELS labels there is no text.
    """
    counts = (
        pd.crosstab(rows["label"], rows["prediction"])
        .reindex(index=list(labels), columns=list(labels), fill_value=0)
        .to_numpy()
    )
    examples_per_label = counts.sum(axis=1, keepdims=True)
    fractions = counts / np.maximum(examples_per_label, 1)  # 0 in the row of a label without examples

    size = min(3.6 + 0.62 * len(labels), 11.0)
    figure, axes = blank(size + 0.8, size)
    display = ConfusionMatrixDisplay(fractions, display_labels=list(labels))
    display.plot(
        ax=axes,
        cmap="Blues",
        colorbar=False,
        im_kw={"vmin": 0, "vmax": 1},
        include_values=len(labels) <= _MAX_READABLE_LABELS,
        text_kw={"fontsize": 8},
        xticks_rotation=45 if max(map(len, labels)) > 3 else 0,
    )
    if display.text_ is not None:
        _write_counts(display.text_, counts, fractions)

    figure.colorbar(display.im_, ax=axes, label="fraction of the true label (recall on the diagonal)", shrink=0.8)
    axes.set(xlabel="predicted label", ylabel="true label")
    axes.set_title(f"Confusion matrix (test, n = {len(rows):,} examples)")
    return figure


def _write_counts(texts: np.ndarray, counts: np.ndarray, fractions: np.ndarray) -> None:
    """Write count and fraction into each text of a display (K, K); a cell without examples loses its text."""
    for text, count, fraction in zip(texts.flat, counts.flat, fractions.flat, strict=True):
        if count:
            text.set_text(f"{count:,}\n{fraction:.1%}")
        else:
            text.remove()


def plot_typical(answered: AnsweredExamples) -> Figure:
    """Draw twelve examples with the model's answers.

    With a known label set, the labels take turns, each by the order of ids; else the examples are
    evenly spaced by id.
    """
    ordered = answered.rows.sort_values("id", ignore_index=True)
    if answered.examples.labels:
        ordered = ordered.assign(turn=ordered.groupby("label").cumcount())
        chosen = ordered.sort_values(["turn", "label"], kind="stable").head(_N_SHOWN)
    else:
        places = np.unique(np.linspace(0, len(ordered) - 1, _N_SHOWN).astype(int))
        chosen = ordered.iloc[places]

    title = f"Examples and the model's answers (test, n = {len(answered.rows):,} examples)"
    return _plot_grid(title, chosen, answered)


def plot_worst(answered: AnsweredExamples, primary_metric: str) -> Figure:
    """Draw the mistakes of highest certainty; with a positive label, false alarms and misses take turns.

    Where no answer is right or wrong, the examples with the worst scores in the primary metric are
    drawn.
    """
    rows = answered.rows
    if "mistake" in rows:
        mistakes = rows[rows["mistake"] > 0]
        n_shown = min(_N_SHOWN, len(mistakes))
        title = f"The {n_shown} most confident of {len(mistakes):,} mistakes (test, n = {len(rows):,} examples)"
        return _plot_grid(title, _confident_mistakes(mistakes, answered.positive), answered)

    metric = METRICS[primary_metric]
    ranked = rows.sort_values([SCORE + primary_metric, "id"], ascending=[metric.higher_is_better, True])
    title = f"The {_N_SHOWN} worst examples by {metric.label.lower()} (test, n = {len(rows):,} examples)"
    return _plot_grid(title, ranked.head(_N_SHOWN), answered)


def _confident_mistakes(mistakes: pd.DataFrame, positive: str | None) -> pd.DataFrame:
    """Return the rows of the mistakes to draw, of highest certainty first.

    With a positive label, false alarms and misses take turns: else the more frequent kind would
    fill the figure.
    """
    ranked = mistakes.sort_values(["certainty", "id"], ascending=[False, True])
    if positive is None:
        return ranked.head(_N_SHOWN)

    is_false_alarm = (ranked["prediction"] == positive).to_numpy()
    turns = zip_longest(ranked.index[is_false_alarm], ranked.index[~is_false_alarm])
    by_turns = [row for row in chain.from_iterable(turns) if row is not None]
    return ranked.loc[by_turns[:_N_SHOWN]]


def _plot_grid(title: str, rows: pd.DataFrame, answered: AnsweredExamples) -> Figure:
    """Draw the example of each of `rows`, at most twelve, with true label and answer above it."""
    figure = Figure(figsize=(13, 9.5), layout="constrained")
    figure.suptitle(title)
    ids = pd.Index(answered.examples.table["id"])
    grid = figure.subplots(_ROWS, _COLUMNS, squeeze=False).ravel()
    for axes in grid[len(rows) :]:
        axes.set_axis_off()

    for axes, row in zip(grid, rows.to_dict("records"), strict=False):
        example = answered.examples.take(np.array([ids.get_loc(row["id"])]))
        axes.set_title(_answer_in_words(row, answered.positive), fontsize=9, parse_math=False)
        for drawn in answered.drawing.draw(axes, example):
            drawn.tick_params(labelsize=7)
            drawn.xaxis.label.set_fontsize(7)
            drawn.yaxis.label.set_fontsize(7)
    return figure


def _answer_in_words(row: dict[Any, Any], positive: str | None) -> str:
    """Return true label, answer and probability of one row of the predictions, each on a line where there is one."""
    lines = []
    if isinstance(row.get("label"), str):
        lines.append(f"true: {row['label']}")
    if isinstance(row.get("prediction"), str):
        lines.append(f"answer: {row['prediction']}")
    if pd.notna(row.get("confidence")):
        name = "confidence" if positive is None else f"P({positive})"
        lines.append(f"{name} {row['confidence']:.3g}")

    wrapped = []
    for line in lines:
        wrapped += wrap(shorten(line, 3 * _TITLE_WIDTH, placeholder=" …"), _TITLE_WIDTH)
    return "\n".join(wrapped)
