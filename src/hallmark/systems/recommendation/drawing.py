"""Shows one ranking as a person would look at it: what the user had last, the ten items shown, and what came next."""

import numpy as np
from matplotlib.axes import Axes

from hallmark.answers.ranking import top
from hallmark.examples import Examples
from hallmark.figures import PALETTE
from hallmark.systems.contract import Predict

_SHOWN = 8  # of the history
_WIDEST = 22  # letters of a title


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the last items on the left, the latest at the bottom, and the ranking on the right; colours are genres."""
    logits = np.asarray(predict(example)["logits"][0], dtype=float)
    ranked = top(logits[None])[0]
    history = np.asarray(example.arrays["items"][0])
    had = history[history > 0][-_SHOWN:] - 1
    true = int(example.arrays["target.item"][0]) - 1
    axes.set_axis_off()
    axes.set(xlim=(0, 2), ylim=(len(ranked) + 1.5, -1))
    for x, heading in ((0, "had, the latest last"), (1, "shown, score against the first")):
        axes.text(x, -0.5, heading, fontsize=7, color="0.4")
    for row, item in enumerate(had):
        _line(axes, example, int(item), x=0, y=row + len(ranked) - len(had), said="")
    for row, item in enumerate(ranked):
        _line(
            axes, example, int(item), x=1, y=row, said=f"{logits[item] - logits[ranked[0]]:+.1f}", marked=item == true
        )
    if true not in ranked:
        rank = int((logits > logits[true]).sum()) + 1
        _line(axes, example, true, x=1, y=len(ranked) + 0.6, said=f"rank {rank}", marked=True)


def _line(axes: Axes, example: Examples, item: int, *, x: float, y: float, said: str, marked: bool = False) -> None:
    title, genres = str(example.encoding["titles"][item]), example.encoding["genres"]
    short = title if len(title) <= _WIDEST else f"{title[: _WIDEST - 1]}…"
    colour = "0.5" if genres is None else PALETTE[sorted(set(genres)).index(genres[item]) % len(PALETTE)]
    axes.scatter([x + 0.02], [y], s=14, color=colour)
    text = f"{said}  {short}" if said else short
    axes.text(
        x + 0.06,
        y,
        f"{text} ◂ next" if marked else text,
        va="center",
        fontsize=7,
        fontweight="bold" if marked else "normal",
        color=PALETTE[1] if marked else "black",
    )
