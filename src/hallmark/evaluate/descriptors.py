"""A predictor that sees the descriptors alone: what it can tell needs no look at the data itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hallmark.evaluate import trees
from hallmark.examples import Examples
from hallmark.systems.contract import Columns, Predict

NAME = "descriptors"  # as a scorer


def fit(train: Examples, *, columns: Columns | None = None, seed: int) -> Predict | None:
    """Fit boosted trees on `descriptor.*`; None where there is none that is not an input itself, or one class only.

    Small and few trees: brightness or amount either give the label away or they do not. In a flat table the columns
    that the network reads are the descriptors, and what they tell is no shortcut past the data: each is judged alone,
    as an input.
    """
    names = train.descriptors
    if not names or _all_are_inputs(train, columns):
        return None
    answer = trees.fit(train.table[names].to_numpy(float), train, seed=seed)
    if answer is None:
        return None
    return lambda examples: answer(examples.table[names].to_numpy(float))


def _all_are_inputs(train: Examples, columns: Columns | None) -> bool:
    """Say whether each descriptor puts the examples into the order of some input column."""
    inputs = [part for values in columns(train).values() for part in values.T] if columns else []
    orders = [_order(part) for part in inputs]
    return bool(orders) and all(
        any(np.array_equal(_order(train.table[name].to_numpy(np.float32)), order) for order in orders)
        for name in train.descriptors
    )


def _order(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank(method="dense").to_numpy()
