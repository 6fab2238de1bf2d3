"""What people, validation and drift look at: numbers about the readings, whatever the sensors measure."""

import numpy as np

_WHITE = 6.0  # the variance of the second difference of white noise, in variances of the noise: 1 + 4 + 1


def describe(observations: np.ndarray, present: np.ndarray, position: np.ndarray) -> dict[str, np.ndarray]:
    """Return numbers (n,) about histories (n, K, D), in the sensors' own units, averaged over the sensors.

    - step: place in the run, from 0
    - level: the current reading
    - change: how much a reading changes from one step to the next, in absolute terms
    - noise: the standard deviation of white noise that would jitter so; fast motion adds to it
    - repeated: the share of steps at which no sensor changed at all

    They are 0 where a run has only begun. `level` alone is there where histories hold one reading.
    """
    found = {"step": position.astype(float), "level": observations[:, -1].mean(axis=1)}
    if observations.shape[1] > 1:
        both = present[:, 1:, None] * present[:, :-1, None]
        change = np.abs(np.diff(observations, axis=1)) * both
        found["change"] = _mean(change.mean(axis=2), both[:, :, 0])
        found["repeated"] = _mean((change.max(axis=2) == 0) * both[:, :, 0], both[:, :, 0])
    if observations.shape[1] > 2:
        three = present[:, 2:] * present[:, 1:-1] * present[:, :-2]
        jitter = (np.diff(observations, n=2, axis=1) ** 2).mean(axis=2) * three
        found["noise"] = np.sqrt(_mean(jitter, three) / _WHITE)
    return {name: values.astype(float) for name, values in found.items()}


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray(values.sum(axis=1) / np.maximum(weights.sum(axis=1), 1))
