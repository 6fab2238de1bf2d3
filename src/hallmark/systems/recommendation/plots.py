"""One user: the last items of the history."""

import numpy as np
from matplotlib.axes import Axes

from hallmark.contracts.examples import Examples
from hallmark.report_figures import PALETTE

_HISTORY_ITEMS = 8  # the latest items of the history, which are drawn
_LINES = 11.5  # of text that the height has room for, below the heading
_TITLE_LETTERS = 22

draw_shaded = None
draw_attribution = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the history as a list, the latest item last, each after a dot in the colour of its genre."""
    codes = np.asarray(example.arrays["items"][0])
    history = codes[codes > 0][-_HISTORY_ITEMS:] - 1

    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(_LINES, -1))
    _write(axes, "had, the latest last", x=0, y=-0.7, color="0.4")
    for line, item in enumerate(history):
        _draw_item(axes, example, int(item), y=line)


def _draw_item(axes: Axes, example: Examples, item: int, *, y: float) -> None:
    """Write an item's title after a dot in its genre's colour, at the line `y`; `item` is a position."""
    genres = example.encoding["genres"]
    colour = "0.5"
    if genres is not None:
        colour = PALETTE[sorted(set(genres)).index(genres[item]) % len(PALETTE)]
    axes.scatter([0.02], [y], s=12, color=colour)

    title = str(example.encoding["titles"][item])
    if len(title) > _TITLE_LETTERS:
        title = f"{title[: _TITLE_LETTERS - 1]}…"
    _write(axes, title, x=0.09, y=y, color="black")


def _write(axes: Axes, text: str, *, x: float, y: float, color: str) -> None:
    written = axes.text(x, y, text, va="center", fontsize=6.5, parse_math=False, color=color)
    written.set_in_layout(False)  # or long titles would leave the axes no room
