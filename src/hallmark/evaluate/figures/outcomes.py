"""What was taken for what, and the worst mistakes as a person would look at them."""

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hallmark.evaluate.review import certainty, wrong
from hallmark.examples import Examples
from hallmark.figures import blank

_ROWS, _COLUMNS = 3, 4  # of the worst mistakes
_READABLE = 12  # labels, above which a matrix has no room for numbers


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


def worst_errors(rows: pd.DataFrame, examples: Examples, draw: Callable[..., None], *, positive: str | None) -> Figure:
    """Draw the mistakes that the model was surest of; with a positive label, false alarms and misses by turns.

    `rows` are the model's on the split that `examples` holds.
    """
    figure = Figure(figsize=(11, 8.5), layout="constrained")
    mistakes = rows.assign(certainty=certainty(rows, positive))[wrong(rows)]
    figure.suptitle(f"The {_ROWS * _COLUMNS} surest of {len(mistakes):,} mistakes (test, n = {len(rows):,})")
    place = pd.Index(examples.table["id"])
    grid = figure.subplots(_ROWS, _COLUMNS, squeeze=False).ravel()
    shown = _surest(mistakes, positive, len(grid))
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    for axes, mistake in zip(grid, shown.to_dict("records"), strict=False):
        at = place.get_loc(mistake["id"])
        draw(axes, {name: np.asarray(array[at]) for name, array in examples.arrays.items()}, examples.table.iloc[at])
        sure = (
            f"{mistake['confidence']:.1%} sure" if positive is None else f"P({positive}) = {mistake['confidence']:.3g}"
        )
        told = f"{mistake['label']}, taken for {mistake['prediction']}\n{sure}"
        axes.set_title(told, fontsize=9, parse_math=False)
        axes.tick_params(labelsize=7)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set_size(7)
    return figure


def _surest(mistakes: pd.DataFrame, positive: str | None, count: int) -> pd.DataFrame:
    """Return up to `count` mistakes, the surest first; of two kinds by turns, else the common one hides the other."""
    ranked = mistakes.sort_values(["certainty", "id"], ascending=[False, True])
    if positive is None:
        return ranked.head(count)
    alarm = (ranked["prediction"] == positive).to_numpy()
    turns = zip_longest(ranked.index[alarm], ranked.index[~alarm])
    return ranked.loc[[at for at in chain.from_iterable(turns) if at is not None][:count]]
