"""What the policy reads, by the names of the sensors."""

import numpy as np

from hallmark.contracts.examples import Examples


def numeric_targets(examples: Examples) -> dict[str, np.ndarray]:
    """Return the actions (n,) by name, in their own units, where they are numbers.

    Of a sensor on another scale than the action no data says whether it holds the action or a controller follows it in
    proportion, so scaled copies are left to evaluation.
    """
    if "target.action" not in examples.arrays:
        return {}

    shares = np.asarray(examples.arrays["target.action"], float)
    return {
        name: bounds["low"] + shares[:, place] * (bounds["high"] - bounds["low"])
        for place, (name, bounds) in enumerate(examples.encoding["actions"].items())
    }


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, K) by sensor: its last readings, the current one last, NaN before a run has begun."""
    readings = np.asarray(examples.arrays["observations"])
    absent = np.asarray(examples.arrays["present"]) == 0
    return {
        name: np.where(absent, np.float32(np.nan), readings[:, :, place])
        for place, name in enumerate(examples.encoding["observations"])
    }
