"""Baselines for actions: scorers of fitted regressors, and of the median action."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from hallmark.contracts.examples import Examples

Features = Callable[[Examples], np.ndarray]  # examples → (n, F)


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
