"""What the network reads beside the scan, by the names of the clinical columns."""

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # what is to be predicted is no number


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, F) by name: the number, NaN where it was filled in, or a column for each declared value, and
    where missing values are allowed one more that says whether there is none.

    A raw column that is read in a second role is there again, with that role in its name.
    """
    if "clinical" not in examples.arrays:
        return {}

    clinical = np.asarray(examples.arrays["clinical"])
    named: dict[str, np.ndarray] = {}
    start = 0
    for name, width, kind in examples.encoding["columns"]:
        values = np.array(clinical[:, start : start + width], np.float32)
        start += width
        if kind == "numeric, missing":
            values[values[:, 1] > 0, 0] = np.nan
        named[_unused(name, kind, named)] = values
    return named


def _unused(name: str, kind: str, named: dict[str, np.ndarray]) -> str:
    role = kind.split(",")[0]
    candidates = [name, f"{name} ({role})", *(f"{name} ({role}, {count})" for count in range(2, len(named) + 3))]
    return next(candidate for candidate in candidates if candidate not in named)
