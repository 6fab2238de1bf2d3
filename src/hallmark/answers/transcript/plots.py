"""Plots of a transcript: the letters that the model recognised, along the input."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs

_LETTER_HEIGHT = 0.97  # of the axes
_OUTLINE = withStroke(linewidth=0.5, foreground="black")  # keeps white letters legible on a bright input

PANEL_SHARE = 0.0
shades = None
support = None


def draw(
    axes: Axes,
    example: Examples,  # noqa: ARG001 (the interface's: the outputs say where a letter stands)
    outputs: Outputs,
    postprocess: Mapping[str, Any],
) -> None:
    """Draw each letter of the most probable path above its frame.

    The frames divide the width of the input as it is drawn: of a recording, its time.
    """
    for place, letter in recognised_letters(outputs, postprocess["alphabet"]):
        axes.text(
            place,
            _LETTER_HEIGHT,
            letter,
            transform=axes.transAxes,
            color="white",
            path_effects=[_OUTLINE],
            fontsize=7,
            ha="center",
            va="top",
            family="monospace",
            parse_math=False,
        )


def recognised_letters(outputs: Outputs, alphabet: str) -> list[tuple[float, str]]:
    """Return the letters of the most probable path, as (place, letter); a place is a share of the input, 0 to 1.

    `outputs` has "logits" (1, T, 1 + letters of the alphabet) and "frames" (1,): how many of the T
    frames are the input's own; the others are padding.
    """
    own_frames = int(outputs["frames"][0])
    path = outputs["logits"][0, :own_frames].argmax(axis=1)  # 0 is CTC's blank

    is_new = np.diff(path, prepend=0) != 0
    letter_frames = np.flatnonzero(is_new & (path > 0))
    places = (letter_frames + 0.5) / max(own_frames, 1)
    letters = [alphabet[token - 1] for token in path[letter_frames]]
    return list(zip(places.tolist(), letters, strict=True))
