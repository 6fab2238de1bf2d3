"""A predictor that sees the descriptors alone: what it can tell needs no look at the data itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Columns, Predict
from hallmark.evaluate import boosted_trees

NAME = "descriptors"  # as a scorer
_SCREENED = 400  # rows that tell most orders apart, before all are ranked


def fit(train: Examples, *, columns: Columns | None = None, seed: int) -> Predict | None:
    """Fit boosted trees on `descriptor.*`; None where there is none that is not an input itself, or one class only.

    Small and few trees: brightness or amount either give the label away or they do not. In a flat table the columns
    that the network reads are the descriptors, and what they tell is no shortcut past the data: each is judged alone,
    as an input.
    """
    names = train.descriptors
    if not names or _all_are_inputs(train, columns):
        return None
    answer = boosted_trees.fit(train.table[names].to_numpy(float), train, seed=seed)
    if answer is None:
        return None
    return lambda examples: answer(examples.table[names].to_numpy(float))


def _all_are_inputs(train: Examples, columns: Columns | None) -> bool:
    """Say whether each descriptor puts the examples into the order of some input column."""
    inputs = [part for values in columns(train).values() for part in values.T] if columns else []
    return bool(inputs) and all(
        any(_is_same_order(train.table[name].to_numpy(np.float32), part) for part in inputs)
        for name in train.descriptors
    )


def _is_same_order(first: np.ndarray, second: np.ndarray) -> bool:
    few = slice(_SCREENED)
    if not np.array_equal(_order(first[few]), _order(second[few])):
        return False
    return np.array_equal(_order(first), _order(second))


def _order(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank(method="dense").to_numpy()
