"""Plots of next tokens: how little the model expected each token of the text."""

import numpy as np

from hallmark.contracts.scorers import Outputs

_FULL_SHADE_BITS = 12.0  # surprise from which on the shade is full

PANEL_SHARE = 0.0
draw = None
support = None


def shades(outputs: Outputs) -> np.ndarray:
    """Return the surprise of each of T tokens as a shade (T,): 0 at 0 bits, 1 at 12 bits and more.

    Surprise is -log2 of the probability that the model gave the token.
    """
    surprise_bits = -outputs["log_likelihood"][0].astype(float) / np.log(2)
    return np.asarray(np.clip(surprise_bits / _FULL_SHADE_BITS, 0, 1))
