"""Shows a window of text as a person would read it, with the tokens that surprised the model marked."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.figures import PALETTE
from hallmark.systems.language.typesetting import Piece, typeset

_FULL_COLOUR_BITS = 12.0  # of surprise
_FONT_SIZE = 6.0  # points


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the last lines of a window, each token on a background that is the stronger the less likely it was.

    White is no surprise; from 12 bits on it is orange. Grey tokens are context, counted in the window before.
    """
    log_likelihood = predict(example)["log_likelihood"][0].astype(float)
    surprise_bits = -log_likelihood / np.log(2)
    shades = np.clip(surprise_bits / _FULL_COLOUR_BITS, 0, 1)

    tokens = example.arrays["tokens"][0]
    length = int(example.arrays["length"][0])
    start = int(example.arrays["target.start"][0])  # the first token that counts
    vocabulary = example.encoding["vocabulary"]
    between_documents = len(vocabulary) - 1  # a token that is no text

    pieces = []
    for position in range(length):
        token = tokens[position]
        if token < between_documents:
            colour = "black" if position >= start else "0.5"
            pieces.append(Piece(vocabulary[token], colour, _background(shades[position])))
    typeset(axes, pieces, size=_FONT_SIZE, keep_end=True)


def _background(shade: float) -> str:
    """Return the colour between white, at 0, and orange, at 1."""
    orange = np.array(to_rgb(PALETTE[3]))
    return to_hex(tuple(1 + (orange - 1) * shade))
