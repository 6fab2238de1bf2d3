"""The inputs of a scan's network beside the image: the clinical columns by name."""

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # the target is a label, not a number


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return the clinical inputs by raw column, float32 (n, W); nothing without clinical data.

    A number has one column, with NaN where its value was missing and had been filled in. A category
    has a column for each declared value, 0 or 1. Where the reading allows missing values, a last
    column is 1 where the value is missing. A raw column in a second role comes again as "<name>
    (<role>)".
    """
    if "clinical" not in examples.arrays:
        return {}

    clinical = np.asarray(examples.arrays["clinical"])
    inputs: dict[str, np.ndarray] = {}
    start = 0
    for name, width, kind in examples.encoding["columns"]:
        values = np.array(clinical[:, start : start + width], np.float32)
        start += width
        if kind == "numeric, missing":
            is_missing = values[:, 1] > 0
            values[is_missing, 0] = np.nan
        role = kind.split(",")[0]
        inputs[_unused_name(name, role, inputs)] = values
    return inputs


def _unused_name(name: str, role: str, inputs: dict[str, np.ndarray]) -> str:
    """Return the first of "name", "name (role)", "name (role, 2)" … that `inputs` lacks."""
    if name not in inputs:
        return name

    candidate = f"{name} ({role})"
    number = 2
    while candidate in inputs:
        candidate = f"{name} ({role}, {number})"
        number += 1
    return candidate
