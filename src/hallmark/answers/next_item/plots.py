"""Plots of a ranking: the ten items shown, and the item that came next."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hallmark.answers.next_item import decoding
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs
from hallmark.report_figures import PALETTE

_LINES = 11.5  # of text below the heading: the ten items, and one more
_TITLE_LETTERS = 22

PANEL_SHARE = 0.58
shades = None
support = None


def draw(axes: Axes, example: Examples, outputs: Outputs, postprocess: Mapping[str, Any]) -> None:
    """Draw the ranking from the top, with each item's logit minus that of the first item.

    The item that came next, the array "target.item" where there is one, is highlighted; outside the
    ten, it stands below them with its rank. The dots' colours are the genres of the examples'
    encoding.
    """
    logits = np.asarray(outputs["logits"][0], dtype=float)
    ranking = decoding.top_items(logits[None])[0]
    target = example.arrays.get("target.item")
    next_item = None if target is None else int(target[0]) - 1

    heading = "shown, by logit below the first" + ("" if next_item is None else ", ◂ came next")
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(_LINES, -1))
    _write(axes, heading, x=0, y=-0.7, color="0.4")

    titles = postprocess["titles"]
    colours = _genre_colours(example.encoding.get("genres"), len(titles))
    for line, item in enumerate(ranking):
        difference = f"{logits[item] - logits[ranking[0]]:+.1f}"
        text = f"{difference}  {_shorten(titles[item])}"
        _draw_item(axes, text, line, colour=colours[item], came_next=item == next_item)

    if next_item is not None and next_item not in ranking:
        rank = int(np.flatnonzero(np.argsort(-logits, kind="stable") == next_item)[0]) + 1  # as in `top_items`
        text = f"rank {rank}  {_shorten(titles[next_item])}"
        _draw_item(axes, text, len(ranking) + 0.6, colour=colours[next_item], came_next=True)


def _genre_colours(genres: list[str] | None, n_items: int) -> list[str]:
    """Return a colour for each item of the catalogue: that of its genre, or grey where there are no genres."""
    if genres is None:
        return ["0.5"] * n_items
    names = sorted(set(genres))
    return [PALETTE[names.index(genre) % len(PALETTE)] for genre in genres]


def _shorten(title: str) -> str:
    return title if len(title) <= _TITLE_LETTERS else f"{title[: _TITLE_LETTERS - 1]}…"


def _draw_item(axes: Axes, text: str, y: float, *, colour: str, came_next: bool) -> None:
    """Write `text` after a dot, at the line `y`; the item that came next is highlighted."""
    axes.scatter([0.02], [y], s=12, color=colour)
    if came_next:
        _write(axes, f"{text} ◂", x=0.07, y=y, color=PALETTE[1], fontweight="bold")
    else:
        _write(axes, text, x=0.07, y=y, color="black")


def _write(axes: Axes, text: str, *, x: float, y: float, **style: Any) -> None:
    written = axes.text(x, y, text, va="center", fontsize=6.5, parse_math=False, **style)
    written.set_in_layout(False)  # or long titles would leave the axes no room
