"""Plots of a label: nothing but the title; the support of a label is its probability."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hallmark.answers.classes import decoding
from hallmark.contracts.scorers import Outputs

PANEL_SHARE = 0.0
draw = None
shades = None


def support(outputs: Outputs, postprocess: Mapping[str, Any]) -> np.ndarray:
    """Return the probability (n,), after the post-processing, of the label that is predicted for the first row."""
    answers = decoding.answer(outputs, postprocess)
    label = answers["prediction"].iloc[0]
    return answers[f"probability.{label}"].to_numpy(float)
