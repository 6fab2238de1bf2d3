"""What the network has to beat: a linear policy, boosted trees, and one action whatever happens."""

import warnings
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from hallmark.answers.action.baselines import MedianAction, RegressorPerAction, RegressorScorer, action_targets
from hallmark.answers.classes.baselines import ClassifierScorer, MostFrequentLabel, require_two_labels
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_FLOOR = 1e-9  # of a probability
_TREES: dict[str, Any] = {"max_iter": 120, "early_stopping": False}
_ITERATIONS = 200  # of the logistic regression; more make no better policy


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "linear policy", "boosted trees" and "rule", which see all readings of the history; of numeric actions
    also "descriptors", trees on these alone.

    Raises `InputError` where the training examples know one action only.
    """
    return _of_labels(train, seed) if train.labels else _of_numbers(train, seed)


def flat(examples: Examples) -> np.ndarray:
    """Return (n, K * D + K): the readings, the oldest first, and whether each is present."""
    readings, present = (np.asarray(examples.arrays[name]) for name in ("observations", "present"))
    return np.concatenate([readings.reshape(len(readings), -1), present], axis=1)


def _described(examples: Examples) -> np.ndarray:
    return examples.table[examples.descriptors].to_numpy(float)


def _of_numbers(train: Examples, seed: int) -> dict[str, Predict]:
    target = action_targets(train)
    linear = make_pipeline(StandardScaler(), Ridge(1.0)).fit(flat(train), target)
    alone = _trees(_described(train), target, seed)
    trees = _trees(flat(train), target, seed)
    return {
        "linear policy": RegressorScorer(linear, flat),
        "boosted trees": RegressorPerAction(trees, flat),
        "rule": MedianAction.fit(train),
        "descriptors": RegressorPerAction(alone, _described),
    }


def _trees(features: np.ndarray, target: np.ndarray, seed: int) -> list[HistGradientBoostingRegressor]:
    """Fit trees for each action (n, A) by squared error."""
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        return [HistGradientBoostingRegressor(random_state=seed, **_TREES).fit(features, column) for column in target.T]


def _of_labels(train: Examples, seed: int) -> dict[str, Predict]:
    target = require_two_labels(train)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=_ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        linear.fit(flat(train), target)

    trees = HistGradientBoostingClassifier(random_state=seed, **_TREES)
    with threadpool_limits(1):
        trees.fit(flat(train), target)

    return {
        "linear policy": ClassifierScorer(linear, flat, floor=_FLOOR),
        "boosted trees": ClassifierScorer(trees, flat, floor=_FLOOR),
        "rule": MostFrequentLabel.fit(train, target),
    }
