"""Baselines for actions on any flat features: fitted regressors, and the median action."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Features, Predict

_TREES: dict[str, Any] = {"max_iter": 120, "early_stopping": False}


def fit(train: Examples, features: Features, *, linear_name: str, seed: int) -> dict[str, Predict]:
    """Return ridge regression, as `linear_name`, "boosted trees", "rule" (the median) and "descriptors".

    "descriptors" are trees on the examples' descriptors alone, where there are any.
    """
    values = features(train)
    target = action_targets(train)

    linear = make_pipeline(StandardScaler(), Ridge(1.0)).fit(values, target)
    trees = _fit_trees(values, target, seed)
    scorers: dict[str, Predict] = {
        linear_name: RegressorScorer(linear, features),
        "boosted trees": RegressorPerAction(trees, features),
        "rule": MedianAction.fit(train),
    }

    if train.descriptors:
        trees_on_descriptors = _fit_trees(_descriptors(train), target, seed)
        scorers["descriptors"] = RegressorPerAction(trees_on_descriptors, _descriptors)
    return scorers


def _descriptors(examples: Examples) -> np.ndarray:
    return examples.table[examples.descriptors].to_numpy(float)


def _fit_trees(values: np.ndarray, target: np.ndarray, seed: int) -> list[HistGradientBoostingRegressor]:
    """Fit boosted trees by squared error for each of the actions, which are the columns of `target` (n, A)."""
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        return [HistGradientBoostingRegressor(random_state=seed, **_TREES).fit(values, column) for column in target.T]


def action_targets(train: Examples) -> np.ndarray:
    """Return the actions of the training examples, (n, A) float64, as fractions of their ranges."""
    return np.asarray(train.arrays["target.action"], np.float64)


@dataclass(frozen=True)
class RegressorScorer:
    """A scorer of one fitted scikit-learn `regressor` for all actions; returns "action" (n, A) float32."""

    regressor: Any
    features: Features

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        if not len(examples):
            return {"action": np.empty((0, 1), np.float32)}
        action = self.regressor.predict(self.features(examples))
        return {"action": np.reshape(action, (len(examples), -1)).astype(np.float32)}


@dataclass(frozen=True)
class RegressorPerAction:
    """A scorer of one fitted scikit-learn regressor for each action; returns "action" (n, A) float32."""

    regressors: Sequence[Any]
    features: Features

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        if not len(examples):
            return {"action": np.empty((0, len(self.regressors)), np.float32)}
        columns = [regressor.predict(self.features(examples)) for regressor in self.regressors]
        return {"action": np.stack(columns, axis=1).astype(np.float32)}


@dataclass(frozen=True)
class MedianAction:
    """A scorer that always returns the median of each action in training."""

    action: np.ndarray  # (A,)

    @classmethod
    def fit(cls, train: Examples) -> Self:
        return cls(np.median(action_targets(train), axis=0).astype(np.float32))

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        return {"action": np.tile(self.action, (len(examples), 1))}
