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

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError

_ABSENT = 1e-9  # the probability of a label that no training example has, and the least of any other
_TREES: dict[str, Any] = {"max_iter": 120, "early_stopping": False}
_ITERATIONS = 200  # of the logistic regression; more make no better policy


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "linear policy", "boosted trees" and "rule", which see all readings of the history; of numeric actions
    also "descriptors", trees on these alone.

    Raises `InputError` where the training examples know one action only.
    """
    if train.labels:
        return _classifiers(train, seed)
    target = np.asarray(train.arrays["target.action"], np.float64)
    linear = make_pipeline(StandardScaler(), Ridge(1.0)).fit(flat(train), target)
    alone = _trees(_described(train), target, seed)
    trees = _trees(flat(train), target, seed)
    median = np.median(target, axis=0).astype(np.float32)
    return {
        "linear policy": lambda some: {"action": linear.predict(flat(some)).reshape(len(some), -1).astype(np.float32)},
        "boosted trees": lambda some: {"action": trees(flat(some))},
        "rule": lambda some: {"action": np.tile(median, (len(some), 1))},
        "descriptors": lambda some: {"action": alone(_described(some))},
    }


def flat(examples: Examples) -> np.ndarray:
    """Return (n, K * D + K): the readings, the oldest first, and whether each is present."""
    readings, present = (np.asarray(examples.arrays[name]) for name in ("observations", "present"))
    return np.concatenate([readings.reshape(len(readings), -1), present], axis=1)


def _described(examples: Examples) -> np.ndarray:
    return examples.table[examples.descriptors].to_numpy(float)


def _trees(features: np.ndarray, target: np.ndarray, seed: int) -> Any:
    """Fit trees for each action (n, A) by squared error."""
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        fitted = [
            HistGradientBoostingRegressor(random_state=seed, **_TREES).fit(features, column) for column in target.T
        ]
    return lambda some: np.stack([trees.predict(some) for trees in fitted], axis=1).astype(np.float32)


def _classifiers(train: Examples, seed: int) -> dict[str, Predict]:
    target = train.targets()
    if len(np.unique(target)) < 2:
        raise InputError(f"the training examples have the action {train.table['label'].iloc[0]!r} only")
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=_ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        linear.fit(flat(train), target)
    trees = HistGradientBoostingClassifier(random_state=seed, **_TREES)
    with threadpool_limits(1):
        trees.fit(flat(train), target)
    share = (np.bincount(target, minlength=len(train.labels)) + 0.5) / (len(target) + 0.5 * len(train.labels))
    usual = np.log(share).astype(np.float32)
    return {
        "linear policy": _logits(linear),
        "boosted trees": _logits(trees),
        "rule": lambda some: {"logits": np.tile(usual, (len(some), 1))},
    }


def _logits(classifier: Any) -> Predict:
    def predict(examples: Examples) -> dict[str, np.ndarray]:
        probability = np.full((len(examples), len(examples.labels)), _ABSENT)
        probability[:, classifier.classes_] = np.maximum(classifier.predict_proba(flat(examples)), _ABSENT)
        return {"logits": np.log(probability).astype(np.float32)}

    return predict
