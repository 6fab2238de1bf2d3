"""Target encoding: the smoothed mean target of each value of a column, whatever the order of the values."""

import numpy as np
import pandas as pd

from hallmark.contracts.examples import TARGET, Examples
from hallmark.evaluate.boosted_trees import Predictor, number_target

_MAX_VALUES = 512  # distinct ones; with more, few of them come back
_MIN_ROWS_PER_VALUE = 3  # training examples of a value, on average
_PRIOR_ROWS = 1.0  # that the mean of all training examples counts as, beside those of a value
_MIN_PROBABILITY = 1e-9


def fit(values: np.ndarray, train: Examples) -> Predictor | None:
    """Return the share of each label (for numbers, their mean) by the value of a column (n, F), all of whose numbers
    together are one value; None where values hardly come back.
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
    """Return a hash (n,) of each row."""
    frame = pd.DataFrame(np.asarray(values, np.float64) + 0.0)  # no negative zero
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()
