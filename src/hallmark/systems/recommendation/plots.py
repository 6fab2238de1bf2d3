"""Shows one ranking as a person would look at it: what the user had last, the ten items shown, and what came next."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hallmark.answers.next_item.decoding import top_items
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.figures import PALETTE

_SHOWN = 8  # of the history
_WIDEST = 22  # letters of a title
_RIGHT = 0.42  # where the ranking begins


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the last items on the left, the latest at the bottom, and the ranking on the right; colours are genres."""
    logits = np.asarray(predict(example)["logits"][0], dtype=float)
    ranked = top_items(logits[None])[0]
    history = np.asarray(example.arrays["items"][0])
    had = history[history > 0][-_SHOWN:] - 1
    true = int(example.arrays["target.item"][0]) - 1
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(ranked) + 1.5, -1))
    for x, heading in ((0, "had, the latest last"), (_RIGHT, "shown by score, ◂ came next")):
        _write(axes, heading, x=x, y=-0.7, color="0.4")
    for row, item in enumerate(had):
        _line(axes, example, int(item), x=0, y=row + len(ranked) - len(had))
    for row, item in enumerate(ranked):
        score = f"{logits[item] - logits[ranked[0]]:+.1f}"
        _line(axes, example, int(item), x=_RIGHT, y=row, said=score, marked=item == true)
    if true not in ranked:
        rank = int((logits > logits[true]).sum()) + 1
        _line(axes, example, true, x=_RIGHT, y=len(ranked) + 0.6, said=f"rank {rank}", marked=True)


def _line(
    axes: Axes, example: Examples, item: int, *, x: float, y: float, said: str = "", marked: bool = False
) -> None:
    title, genres = str(example.encoding["titles"][item]), example.encoding["genres"]
    short = title if len(title) <= _WIDEST else f"{title[: _WIDEST - 1]}…"
    colour = "0.5" if genres is None else PALETTE[sorted(set(genres)).index(genres[item]) % len(PALETTE)]
    axes.scatter([x + 0.01], [y], s=12, color=colour)
    text = f"{said}  {short}" if said else short
    if marked:
        _write(axes, f"{text} ◂", x=x + 0.04, y=y, color=PALETTE[1], fontweight="bold")
    else:
        _write(axes, text, x=x + 0.04, y=y, color="black")


def _write(axes: Axes, text: str, *, x: float, y: float, **style: Any) -> None:
    written = axes.text(x, y, text, va="center", fontsize=6.5, parse_math=False, **style)
    written.set_in_layout(False)  # or long titles would leave the axes no room
