"""The inputs of a policy by name: the last readings of each sensor."""

import numpy as np

from hallmark.contracts.examples import Examples


def numeric_targets(examples: Examples) -> dict[str, np.ndarray]:
    """Return the actions (n,) by name, in their own units; nothing where actions are labels.

    A sensor on another scale than the action may hold the action, or a controller may follow the
    sensor in proportion: the data can't tell which, so that scaled copies are left to evaluation.
    """
    if "target.action" not in examples.arrays:
        return {}

    shares = np.asarray(examples.arrays["target.action"], float)  # (n, A), of each action's range
    actions = {}
    for number, (name, bounds) in enumerate(examples.encoding["actions"].items()):
        span = bounds["high"] - bounds["low"]
        actions[name] = bounds["low"] + shares[:, number] * span
    return actions


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return the last K readings of each sensor by name, float32 (n, K), the current one last.

    Where a run has only begun, NaN stands in front.
    """
    readings = np.asarray(examples.arrays["observations"])  # (n, K, D)
    is_absent = np.asarray(examples.arrays["present"]) == 0  # (n, K)
    return {
        name: np.where(is_absent, np.float32(np.nan), readings[:, :, number])
        for number, name in enumerate(examples.encoding["observations"])
    }
