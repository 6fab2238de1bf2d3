"""What the policy reads, by the names of the sensors."""

import numpy as np

from hallmark.examples import Examples


def numbers(examples: Examples) -> dict[str, np.ndarray]:
    """Return the actions (n,) by name, where they are numbers: in their own unit, and scaled to their range as people
    do, 0 to 1 and -1 to 1.
    """
    if "target.action" not in examples.arrays:
        return {}

    shares = np.asarray(examples.arrays["target.action"], float)
    scaled: dict[str, np.ndarray] = {}
    for place, (name, bounds) in enumerate(examples.encoding["actions"].items()):
        share = shares[:, place]
        scaled[name] = bounds["low"] + share * (bounds["high"] - bounds["low"])
        scaled[f"{name}, scaled from 0 to 1"] = share
        scaled[f"{name}, scaled from -1 to 1"] = 2 * share - 1
    return scaled


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, K) by sensor: its last readings, the current one last, NaN before a run has begun."""
    readings = np.asarray(examples.arrays["observations"])
    absent = np.asarray(examples.arrays["present"]) == 0
    return {
        name: np.where(absent, np.float32(np.nan), readings[:, :, place])
        for place, name in enumerate(examples.encoding["observations"])
    }
