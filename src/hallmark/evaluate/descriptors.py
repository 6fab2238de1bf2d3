"""A predictor that sees the descriptors alone: what it can tell needs no look at the data itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Columns, Predict
from hallmark.evaluate import boosted_trees

NAME = "descriptors"  # as a scorer
_N_SCREENED = 400  # rows that tell most orders apart, before all are ranked


def fit(train: Examples, *, columns: Columns | None = None, seed: int) -> Predict | None:
    """Fit boosted trees on `descriptor.*`; None where there is none that is not an input itself, or one class only.

    Small and few trees: brightness or amount either give the label away or they do not. In a flat table the columns
    that the network reads are the descriptors, and what they tell is no shortcut past the data: each is judged alone,
    as an input.
    """
    names = train.descriptors
    if not names or _all_are_inputs(train, columns):
        return None

    predict = boosted_trees.fit(train.table[names].to_numpy(float), train, seed=seed)
    if predict is None:
        return None
    return lambda examples: predict(examples.table[names].to_numpy(float))


def _all_are_inputs(train: Examples, columns: Columns | None) -> bool:
    """Say whether each descriptor puts the examples into the order of some input column."""
    if columns is None:
        return False
    inputs = [part for values in columns(train).values() for part in values.T]
    if not inputs:
        return False

    for name in train.descriptors:
        descriptor = train.table[name].to_numpy(np.float32)
        if not any(_is_same_order(descriptor, part) for part in inputs):
            return False
    return True


def _is_same_order(first: np.ndarray, second: np.ndarray) -> bool:
    screened = slice(_N_SCREENED)
    if not np.array_equal(_ranks(first[screened]), _ranks(second[screened])):
        return False
    return np.array_equal(_ranks(first), _ranks(second))


def _ranks(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank(method="dense").to_numpy()
