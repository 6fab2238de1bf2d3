"""Baselines for labels on any flat features: fitted classifiers, and the most frequent label."""

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Features, Predict
from hallmark.errors import InputError

_LOWEST_PROBABILITY = 1e-9
_TREES: dict[str, Any] = {"max_iter": 120, "early_stopping": False}
_ITERATIONS = 200  # of the logistic regression; stopping early is meant


def fit(train: Examples, features: Features, *, linear_name: str, seed: int) -> dict[str, Predict]:
    """Return logistic regression, as `linear_name`, "boosted trees" and "rule" (the most frequent label).

    Raises `InputError` where all training examples have the same label.
    """
    target = require_two_labels(train)
    values = features(train)

    linear = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=_ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        linear.fit(values, target)

    trees = HistGradientBoostingClassifier(random_state=seed, **_TREES)
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        trees.fit(values, target)

    return {
        linear_name: ClassifierScorer(linear, features, floor=_LOWEST_PROBABILITY),
        "boosted trees": ClassifierScorer(trees, features, floor=_LOWEST_PROBABILITY),
        "rule": MostFrequentLabel.fit(train, target),
    }


def require_two_labels(train: Examples) -> np.ndarray:
    """Return the class indices (n,) of the training examples.

    Raises `InputError` where all have the same label.
    """
    targets = train.targets()
    present_labels = [train.labels[index] for index in np.unique(targets)]
    if len(present_labels) == 1:
        raise InputError(
            f"the training examples have the label {present_labels[0]!r} only:"
            " at least two labels are needed to learn from"
        )
    return targets


@dataclass(frozen=True)
class ClassifierScorer:
    """A scorer of a fitted scikit-learn `classifier`; returns log-probabilities as "logits" (n, K) float32.

    `floor` is the least probability, also of labels without a training example: forests return
    exact zeros, which have no logarithm.
    """

    classifier: Any
    features: Features
    floor: float

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        probability = np.full((len(examples), len(examples.labels)), self.floor)
        if len(examples):
            estimates = self.classifier.predict_proba(self.features(examples))
            probability[:, self.classifier.classes_] = np.maximum(estimates, self.floor)
        return {"logits": np.log(probability).astype(np.float32)}


@dataclass(frozen=True)
class MostFrequentLabel:
    """A scorer that always returns the labels' frequencies in training as its probabilities."""

    logits: np.ndarray  # (K,)

    @classmethod
    def fit(cls, train: Examples, targets: np.ndarray, *, added: float = 0.5) -> Self:
        """Return the rule for class indices `targets` (n,); `added` examples of each label avoid zeros."""
        counts = np.bincount(targets, minlength=len(train.labels)) + added
        return cls(np.log(counts / counts.sum()).astype(np.float32))

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        return {"logits": np.tile(self.logits, (len(examples), 1))}
