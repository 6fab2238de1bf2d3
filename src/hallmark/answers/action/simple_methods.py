"""Simple methods for actions: from a regressor on a system's features to a scorer, and the median action."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

Features = Callable[[Examples], np.ndarray]  # examples → (n, F)


def target(train: Examples) -> np.ndarray:
    """Return the actions (n, A) of the training examples, shares of their ranges, float64."""
    return np.asarray(train.arrays["target.action"], np.float64)


def scorer(regressor: Any, features: Features) -> Predict:
    """Return a scorer of a fitted scikit-learn `regressor` of all actions together: float32 (n, A)."""

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        action = regressor.predict(features(examples)) if len(examples) else np.empty(0)
        return {"action": np.reshape(action, (len(examples), -1 if len(examples) else 1)).astype(np.float32)}

    return predict


def scorer_of_each(regressors: list[Any], features: Features) -> Predict:
    """Return a scorer of fitted regressors, one for each action: float32 (n, A)."""

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        if not len(examples):
            return {"action": np.empty((0, len(regressors)), np.float32)}
        columns = [regressor.predict(features(examples)) for regressor in regressors]
        return {"action": np.stack(columns, axis=1).astype(np.float32)}

    return predict


def median(train: Examples) -> Predict:
    """Return the rule that always gives the median of each action in training."""
    action = np.median(target(train), axis=0).astype(np.float32)
    return lambda examples: {"action": np.tile(action, (len(examples), 1))}
