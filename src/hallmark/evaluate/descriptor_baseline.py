"""Descriptors alone: a predictor that sees only metadata features such as brightness, duration or amount.

What it predicts needs no look at the data itself, so a model that does no better may use a
shortcut.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Columns, Predict
from hallmark.evaluate import boosted_trees

NAME = "descriptors"  # its name as a scorer
_N_SCREENED = 400  # rows that are ranked first: they already tell most columns apart


def fit(train: Examples, *, columns: Columns | None = None, seed: int) -> Predict | None:
    """Fit boosted trees on the columns `descriptor.*` and return their prediction.

    None where there are no descriptors, where all are inputs of the network too, or where training
    has one label only. In a flat table the descriptors are the network's inputs, so using them is
    no shortcut; `single_inputs` judges each.

    columns: Examples → the values (n, F) of each column that the network reads, by name; None: it
        reads no table.
    """
    names = train.descriptors
    if not names or _all_are_inputs(train, columns):
        return None

    predict = boosted_trees.fit(train.table[names].to_numpy(float), train, seed=seed)
    if predict is None:
        return None
    return lambda examples: predict(examples.table[names].to_numpy(float))


def _all_are_inputs(train: Examples, columns: Columns | None) -> bool:
    """Say whether each descriptor orders the examples as some feature of the input columns does.

    Trees use the order of values only, so such a descriptor tells no more than the input, whatever
    its scale.
    """
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
    """Say whether two columns (n,) rank the examples alike, ties included."""
    screened = slice(_N_SCREENED)
    if not np.array_equal(_ranks(first[screened]), _ranks(second[screened])):
        return False
    return np.array_equal(_ranks(first), _ranks(second))


def _ranks(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank(method="dense").to_numpy()
