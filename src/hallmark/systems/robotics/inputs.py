"""What the policy reads, by the names of the sensors."""

import numpy as np

from hallmark.examples import Examples


def numbers(examples: Examples) -> dict[str, np.ndarray]:
    """Return the actions (n,) by name, where they are numbers."""
    if "target.action" not in examples.arrays:
        return {}
    actions = np.asarray(examples.arrays["target.action"])
    return dict(zip(examples.encoding["actions"], actions.T, strict=True))


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, K) by sensor: its last readings, the current one last, NaN before a run has begun."""
    readings = np.asarray(examples.arrays["observations"])
    absent = np.asarray(examples.arrays["present"]) == 0
    return {
        name: np.where(absent, np.float32(np.nan), readings[:, :, place])
        for place, name in enumerate(examples.encoding["observations"])
    }
