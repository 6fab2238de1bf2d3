"""One ranking: the user's last items, the ten items shown, and the item that came next."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hallmark.answers.next_item.decoding import top_items
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.report_figures import PALETTE

_HISTORY_ITEMS = 8  # the latest items of the history, which are drawn
_TITLE_LETTERS = 22
_RANKING_X = 0.42  # where the ranking begins, as a share of the width


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the history on the left, the latest item last, and the ranking on the right.

    The dots' colours are genres; a ranked item's score is its logit minus that of the first item.
    """
    logits = np.asarray(predict(example)["logits"][0], dtype=float)
    ranking = top_items(logits[None])[0]
    codes = np.asarray(example.arrays["items"][0])
    history = codes[codes > 0][-_HISTORY_ITEMS:] - 1
    next_item = int(example.arrays["target.item"][0]) - 1

    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(ranking) + 1.5, -1))
    _write(axes, "had, the latest last", x=0, y=-0.7, color="0.4")
    _write(axes, "shown by score, ◂ came next", x=_RANKING_X, y=-0.7, color="0.4")

    for row, item in enumerate(history):
        _draw_item(axes, example, int(item), x=0, y=row + len(ranking) - len(history))
    for row, item in enumerate(ranking):
        score = f"{logits[item] - logits[ranking[0]]:+.1f}"
        _draw_item(axes, example, int(item), x=_RANKING_X, y=row, score=score, came_next=item == next_item)
    if next_item not in ranking:
        rank = int((logits > logits[next_item]).sum()) + 1
        _draw_item(axes, example, next_item, x=_RANKING_X, y=len(ranking) + 0.6, score=f"rank {rank}", came_next=True)


def _draw_item(
    axes: Axes, example: Examples, item: int, *, x: float, y: float, score: str = "", came_next: bool = False
) -> None:
    """Write an item's title after a dot in its genre's colour; `item` is a position.

    `x` and `y` are in the axes' data units; `score` stands before the title; `came_next` highlights
    it.
    """
    genres = example.encoding["genres"]
    colour = "0.5"
    if genres is not None:
        colour = PALETTE[sorted(set(genres)).index(genres[item]) % len(PALETTE)]
    axes.scatter([x + 0.01], [y], s=12, color=colour)

    title = str(example.encoding["titles"][item])
    if len(title) > _TITLE_LETTERS:
        title = f"{title[: _TITLE_LETTERS - 1]}…"
    text = f"{score}  {title}" if score else title
    if came_next:
        _write(axes, f"{text} ◂", x=x + 0.04, y=y, color=PALETTE[1], fontweight="bold")
    else:
        _write(axes, text, x=x + 0.04, y=y, color="black")


def _write(axes: Axes, text: str, *, x: float, y: float, **style: Any) -> None:
    written = axes.text(x, y, text, va="center", fontsize=6.5, parse_math=False, **style)
    written.set_in_layout(False)  # or long titles would leave the axes no room
