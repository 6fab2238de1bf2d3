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

_LOWEST_PROBABILITY = 1e-9
_TREES: dict[str, Any] = {"max_iter": 120, "early_stopping": False}
_ITERATIONS = 200  # of the logistic regression; more make no better policy


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "linear policy", "boosted trees" and "rule", which read all readings of the history.

    Of numeric actions also "descriptors": trees on the descriptors alone. Raises `InputError` where the training
    examples hold one action only.
    """
    if train.labels:
        return _fit_classifiers(train, seed)
    return _fit_regressions(train, seed)


def flatten_readings(examples: Examples) -> np.ndarray:
    """Return features (n, K * D + K): the readings, the oldest first, and whether each is present."""
    readings = np.asarray(examples.arrays["observations"])
    present = np.asarray(examples.arrays["present"])
    return np.concatenate([readings.reshape(len(readings), -1), present], axis=1)


def _descriptors(examples: Examples) -> np.ndarray:
    return examples.table[examples.descriptors].to_numpy(float)


def _fit_regressions(train: Examples, seed: int) -> dict[str, Predict]:
    features = flatten_readings(train)
    target = action_targets(train)

    linear = make_pipeline(StandardScaler(), Ridge(1.0)).fit(features, target)
    trees_on_descriptors = _fit_trees(_descriptors(train), target, seed)
    trees = _fit_trees(features, target, seed)

    return {
        "linear policy": RegressorScorer(linear, flatten_readings),
        "boosted trees": RegressorPerAction(trees, flatten_readings),
        "rule": MedianAction.fit(train),
        "descriptors": RegressorPerAction(trees_on_descriptors, _descriptors),
    }


def _fit_trees(features: np.ndarray, target: np.ndarray, seed: int) -> list[HistGradientBoostingRegressor]:
    """Fit boosted trees by squared error for each of the actions, which are the columns of `target` (n, A)."""
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        return [HistGradientBoostingRegressor(random_state=seed, **_TREES).fit(features, column) for column in target.T]


def _fit_classifiers(train: Examples, seed: int) -> dict[str, Predict]:
    features = flatten_readings(train)
    target = require_two_labels(train)

    linear = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=_ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        linear.fit(features, target)

    trees = HistGradientBoostingClassifier(random_state=seed, **_TREES)
    with threadpool_limits(1):
        trees.fit(features, target)

    return {
        "linear policy": ClassifierScorer(linear, flatten_readings, floor=_LOWEST_PROBABILITY),
        "boosted trees": ClassifierScorer(trees, flatten_readings, floor=_LOWEST_PROBABILITY),
        "rule": MostFrequentLabel.fit(train, target),
    }
