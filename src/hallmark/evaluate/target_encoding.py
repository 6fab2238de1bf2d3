"""A table of a column's values: what stood with each of them in training, whatever their order."""

import numpy as np
import pandas as pd

from hallmark.contracts.examples import TARGET, Examples
from hallmark.evaluate import boosted_trees

_MOST = 512  # distinct values; with more, few of them come back
_REPEATS = 3  # training examples of a value, at least, on average
_PRIOR = 1.0  # examples that the share of all training examples counts as, beside those of a value
_FLOOR = 1e-9  # of a probability


def fit(values: np.ndarray, train: Examples) -> boosted_trees.Answer | None:
    """Return the share of each label (for numbers, their mean) by the value of a column (n, F), all of whose numbers
    together are one value; None where values hardly come back.
    """
    keys, distinct = pd.factorize(_keys(values))
    if len(distinct) > min(_MOST, len(values) / _REPEATS):
        return None

    name = boosted_trees.numbers(train)
    targets = np.eye(len(train.labels))[train.targets()] if name is None else np.asarray(train.arrays[name], float)
    sums = np.zeros((len(distinct) + 1, targets.shape[1]))  # the last row is for values that training lacks
    np.add.at(sums, keys, targets)
    counts = np.bincount(keys, minlength=len(sums))
    means = (sums + _PRIOR * targets.mean(axis=0)) / (counts + _PRIOR)[:, None]

    def answer(some: np.ndarray) -> dict[str, np.ndarray]:
        found = means[pd.Index(distinct).get_indexer(_keys(some))]
        if name is not None:
            return {name.removeprefix(TARGET): found.astype(np.float32)}
        return {"logits": np.log(np.maximum(found, _FLOOR))}

    return answer


def _keys(values: np.ndarray) -> np.ndarray:
    """Return a hash (n,) of each row."""
    frame = pd.DataFrame(np.asarray(values, np.float64) + 0.0)  # no negative zero
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()
