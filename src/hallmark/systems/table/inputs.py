"""What the network reads of the current row and of the earlier ones, by the names of the columns it was made of."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # what is to be predicted is no number

_CIRCLES = {"hour": ("hour_sin", "hour_cos"), "weekday": ("week_sin", "week_cos")}  # one time, two numbers


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, F) by name: one column for a number, one for each declared value of a category, two for a time
    on a circle; and of each channel of the history its values in the earlier rows, the last one last.

    A column that is read in a second role, or is called as a computed one is, is there again under another name.
    """
    current = np.asarray(examples.arrays["current"])
    named: dict[str, np.ndarray] = {}
    start = 0
    for name, width in _whole_circles(examples.encoding.get("columns", ())):
        named[_unused(name, named)] = current[:, start : start + width]
        start += width

    if "history" in examples.arrays:
        history = np.asarray(examples.arrays["history"])
        channels = examples.encoding.get("history_channels", [f"channel {at}" for at in range(history.shape[2])])
        for place, channel in enumerate(channels):
            named[_unused(f"{channel} of earlier rows", named)] = history[:, :, place]
    return named


def _whole_circles(columns: Sequence[Sequence[Any]]) -> list[tuple[str, int]]:
    """Return names and widths with the sine and the cosine that follow each other as one."""
    joined: list[tuple[str, int]] = []
    names = [name for name, _ in columns]
    for place, (name, width) in enumerate(columns):
        circle = next((circle for circle, parts in _CIRCLES.items() if name in parts), None)
        if circle and tuple(names[place : place + 2]) == _CIRCLES[circle]:
            joined.append((circle, 2))
        elif not (circle and tuple(names[place - 1 : place + 1]) == _CIRCLES[circle]):
            joined.append((name, width))
    return joined


def _unused(name: str, named: dict[str, np.ndarray]) -> str:
    candidates = [name, *(f"{name} ({count})" for count in range(2, len(named) + 3))]
    return next(candidate for candidate in candidates if candidate not in named)
