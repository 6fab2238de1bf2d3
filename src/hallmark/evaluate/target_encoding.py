"""Target encoding: predict the smoothed mean target of each value of a column, which trees by order may miss."""

import numpy as np
import pandas as pd

from hallmark.contracts.examples import TARGET, Examples
from hallmark.evaluate.boosted_trees import Predictor, number_target

_MAX_VALUES = 512  # distinct values of a column, at most
_MIN_ROWS_PER_VALUE = 3  # training examples of each value, on average, at least
_PRIOR_ROWS = 1.0  # weight of the mean of all training examples, in examples, when a value's mean is smoothed
_MIN_PROBABILITY = 1e-9  # a smaller one counts as this much, so that its logarithm is finite


def fit(values: np.ndarray, train: Examples) -> Predictor | None:
    """Fit a target encoding of a column (n, F) and return its prediction; None where values hardly recur.

    A value is a whole row, all F features together. Its prediction is the share of each label, as
    logits, or the mean of numeric targets; a value that training lacks gets the mean of all
    training examples.
    """
    codes, distinct_values = pd.factorize(_hash_rows(values))
    if len(distinct_values) > min(_MAX_VALUES, len(values) / _MIN_ROWS_PER_VALUE):
        return None

    name = number_target(train)
    targets = np.eye(len(train.labels))[train.targets()] if name is None else np.asarray(train.arrays[name], float)

    sums = np.zeros((len(distinct_values) + 1, targets.shape[1]))  # the last row is for values that training lacks
    np.add.at(sums, codes, targets)
    counts = np.bincount(codes, minlength=len(sums))
    means = (sums + _PRIOR_ROWS * targets.mean(axis=0)) / (counts + _PRIOR_ROWS)[:, None]

    def predict(some_values: np.ndarray) -> dict[str, np.ndarray]:
        predicted = means[pd.Index(distinct_values).get_indexer(_hash_rows(some_values))]
        if name is not None:
            return {name.removeprefix(TARGET): predicted.astype(np.float32)}
        return {"logits": np.log(np.maximum(predicted, _MIN_PROBABILITY))}

    return predict


def _hash_rows(values: np.ndarray) -> np.ndarray:
    """Return a hash of each row, uint64 (n,): equal rows have equal hashes."""
    frame = pd.DataFrame(np.asarray(values, np.float64) + 0.0)  # + 0.0 makes a negative zero positive
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()
