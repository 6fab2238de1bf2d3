"""What the network reads of the current row, by the names of the columns that it was made of."""

import numpy as np

from hallmark.examples import Examples


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, F) by name: one column for a number, one for each declared value of a category."""
    current = np.asarray(examples.arrays["current"])
    named: dict[str, np.ndarray] = {}
    start = 0
    for name, width in examples.encoding.get("columns", ()):
        named[name] = current[:, start : start + width]
        start += width
    return named
