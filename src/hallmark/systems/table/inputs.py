"""The inputs of a table's network by name: current columns, and channels of earlier rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # the target is a label, not a number

_CYCLES = {"hour": ("hour_sin", "hour_cos"), "weekday": ("week_sin", "week_cos")}  # a time as two columns


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return the inputs by name, float32, a row for each of n examples.

    Of the current row, (n, W): a number has one column, a category one for each declared value, a
    time of the day or week two (sine and cosine). Of the history, "<channel> of earlier rows" (n,
    T): the channel's values in the T latest earlier rows, the newest last, 0 where there are fewer.

    A name that occurs again, because a column has a second role or is called as a computed one,
    gets a number: "hour (2)".
    """
    current = np.asarray(examples.arrays["current"])
    inputs: dict[str, np.ndarray] = {}
    start = 0
    for name, width in _join_cycles(examples.encoding.get("columns", ())):
        inputs[_unused_name(name, inputs)] = current[:, start : start + width]
        start += width

    if "history" in examples.arrays:
        history = np.asarray(examples.arrays["history"])
        default_names = [f"channel {number}" for number in range(history.shape[2])]
        channels = examples.encoding.get("history_channels", default_names)
        for number, channel in enumerate(channels):
            name = _unused_name(f"{channel} of earlier rows", inputs)
            inputs[name] = history[:, :, number]
    return inputs


def _join_cycles(columns: Sequence[Sequence[Any]]) -> list[tuple[str, int]]:
    """Return `columns`, (name, width) each, with a sine and its cosine joined into one time.

    Apart, a sine or a cosine takes two times for one.
    """
    cycle_by_names = {pair: cycle for cycle, pair in _CYCLES.items()}
    joined: list[tuple[str, int]] = []
    position = 0
    while position < len(columns):
        pair = tuple(name for name, _ in columns[position : position + 2])
        if pair in cycle_by_names:
            joined.append((cycle_by_names[pair], 2))
            position += 2
        else:
            name, width = columns[position]
            joined.append((name, width))
            position += 1
    return joined


def _unused_name(name: str, inputs: dict[str, np.ndarray]) -> str:
    """Return `name`, or "<name> (2)", "<name> (3)" … where `inputs` has it already."""
    candidate = name
    number = 2
    while candidate in inputs:
        candidate = f"{name} ({number})"
        number += 1
    return candidate
