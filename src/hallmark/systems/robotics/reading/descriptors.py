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
    descriptors = {"step": position, "level": observations[:, -1].mean(axis=1)}
    if observations.shape[1] > 1:
        is_pair = present[:, 1:] * present[:, :-1]
        change = np.abs(np.diff(observations, axis=1)) * is_pair[:, :, None]
        descriptors["change"] = _mean(change.mean(axis=2), is_pair)
        descriptors["repeated"] = _mean((change.max(axis=2) == 0) * is_pair, is_pair)
    if observations.shape[1] > 2:
        is_triple = present[:, 2:] * present[:, 1:-1] * present[:, :-2]
        jitter = (np.diff(observations, n=2, axis=1) ** 2).mean(axis=2) * is_triple
        descriptors["noise"] = np.sqrt(_mean(jitter, is_triple) / _WHITE)
    return {name: values.astype(float) for name, values in descriptors.items()}


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray(values.sum(axis=1) / np.maximum(weights.sum(axis=1), 1))
