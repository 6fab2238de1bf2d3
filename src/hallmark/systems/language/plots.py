"""Shows a window of text as a person would read it, with what surprised the model marked."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.figures import PALETTE
from hallmark.systems.language.typesetting import typeset

_FULL = 12.0  # bits of surprise that get the full colour
_SIZE = 6.0  # points


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the last lines of a window, each token on a ground that is the stronger the less likely it was: white for
    no surprise, orange from 12 bits on. Grey tokens are context, counted in the window before."""
    given = predict(example)["log_likelihood"][0].astype(float)
    tokens, length = example.arrays["tokens"][0], int(example.arrays["length"][0])
    start, vocabulary = int(example.arrays["target.start"][0]), example.encoding["vocabulary"]
    shade = np.clip(-given / np.log(2) / _FULL, 0, 1)
    pieces = [
        (vocabulary[tokens[at]], "black" if at >= start else "0.5", _ground(shade[at]))
        for at in range(length)
        if tokens[at] < len(vocabulary) - 1  # the token between documents is no text
    ]
    typeset(axes, pieces, size=_SIZE, last=True)


def _ground(shade: float) -> str:
    full = np.array(to_rgb(PALETTE[3]))
    return to_hex(tuple(1 + (full - 1) * shade))
