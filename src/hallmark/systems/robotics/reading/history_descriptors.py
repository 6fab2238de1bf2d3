"""Metadata features of histories: numbers about the readings, whatever the sensors measure.

Validation checks their range and drift watches them.
"""

import numpy as np

# White noise of variance v has second differences x[t] - 2 x[t - 1] + x[t - 2] of variance (1 + 4 +
# 1) v.
_SECOND_DIFFERENCE_FACTOR = 6.0


def describe(observations: np.ndarray, present: np.ndarray, position: np.ndarray) -> dict[str, np.ndarray]:
    """Return the metadata features of n histories, each (n,) float, by name.

    `observations` (n, K, D) are readings of D sensors at the last K steps, in the sensors' own
    units, the newest last; `present` (n, K) is 1 where there is a reading and 0 where it is
    padding, on the left; `position` (n,) is the step in the run, from 0. Readings are averaged over
    the sensors.

    - step: `position`
    - level: the current reading
    - change: mean absolute change from one step to the next; only with K > 1
    - repeated: share of the steps at which no sensor changed; only with K > 1
    - noise: standard deviation of the white noise that would have the same second differences; fast
      motion adds to it; only with K > 2

    The last three are 0 where a run has too few readings yet.
    """
    descriptors = {"step": position, "level": observations[:, -1].mean(axis=1)}
    if observations.shape[1] > 1:
        is_pair = present[:, 1:] * present[:, :-1]  # (n, K - 1) 1 where both readings are there
        change = np.abs(np.diff(observations, axis=1)) * is_pair[:, :, None]
        is_repeated = (change.max(axis=2) == 0) * is_pair
        descriptors["change"] = _mean(change.mean(axis=2), is_pair)
        descriptors["repeated"] = _mean(is_repeated, is_pair)
    if observations.shape[1] > 2:
        is_triple = present[:, 2:] * present[:, 1:-1] * present[:, :-2]  # (n, K - 2)
        second_differences = np.diff(observations, n=2, axis=1)
        variance = _mean((second_differences**2).mean(axis=2) * is_triple, is_triple)
        descriptors["noise"] = np.sqrt(variance / _SECOND_DIFFERENCE_FACTOR)
    return {name: values.astype(float) for name, values in descriptors.items()}


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean (n,) of values (n, K) where the weights (n, K) are 1; 0 where none is.

    Weights are 0 or 1, and values are 0 where the weights are.
    """
    return np.asarray(values.sum(axis=1) / np.maximum(weights.sum(axis=1), 1))
