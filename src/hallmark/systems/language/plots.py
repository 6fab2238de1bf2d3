"""Plots of a window of text: its tokens, which can be shaded."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from hallmark.contracts.examples import Examples
from hallmark.report_figures import PALETTE
from hallmark.systems.language.typesetting import Piece, typeset

_FONT_SIZE = 6.0  # points

draw_attribution = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the text of a window; tokens in grey are context, which the window before is scored on.

    Where the axes have too few lines, the first lines are left out.
    """
    draw_shaded(axes, example, np.zeros(example.arrays["tokens"].shape[1]))


def draw_shaded(axes: Axes, example: Examples, shades: np.ndarray) -> None:
    """Draw the text as `draw` does, on a background that goes from white to orange with a token's shade."""
    tokens = example.arrays["tokens"][0]
    length = int(example.arrays["length"][0])
    start = int(example.arrays["target.start"][0])  # the first scored token
    vocabulary = example.encoding["vocabulary"]
    between_documents = len(vocabulary) - 1  # the token that separates documents has no text

    pieces = []
    for position in range(length):
        token = tokens[position]
        if token < between_documents:
            colour = "black" if position >= start else "0.5"
            pieces.append(Piece(vocabulary[token], colour, _background(shades[position])))
    typeset(axes, pieces, size=_FONT_SIZE, keep_end=True)


def _background(shade: float) -> str:
    """Return a colour as #rrggbb: white for `shade` 0, orange for 1, and in between a mixture."""
    orange = np.array(to_rgb(PALETTE[3]))
    return to_hex(tuple(1 + (orange - 1) * shade))
