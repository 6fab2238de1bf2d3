"""Plots of a window of text: its tokens, coloured by how little the model expected them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.report_figures import PALETTE
from hallmark.systems.language.typesetting import Piece, typeset

_FULL_COLOUR_BITS = 12.0  # surprise from which on the background is full orange
_FONT_SIZE = 6.0  # points


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the text of a window, with the surprise of each token as its background.

    Surprise is -log2 of the probability that the model gave the token. The background goes from
    white at 0 bits to orange at 12 bits and more. Tokens in grey are context: the window before is
    scored on them. Where the axes have too few lines, the first lines are left out.

    `example` has one row, and `predict` is the model's.
    """
    log_likelihood = predict(example)["log_likelihood"][0].astype(float)
    surprise_bits = -log_likelihood / np.log(2)
    shades = np.clip(surprise_bits / _FULL_COLOUR_BITS, 0, 1)

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
