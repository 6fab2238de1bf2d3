"""Simple methods for labels: from a classifier on a system's features to a scorer, and the most frequent label."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError

Features = Callable[[Examples], np.ndarray]  # examples → (n, F)


def require_two_labels(train: Examples) -> np.ndarray:
    """Return the class indices (n,) of the training examples.

    Raises `InputError` where they have one label only: there is nothing to tell apart.
    """
    targets = train.targets()
    present = [train.labels[index] for index in np.unique(targets)]
    if len(present) == 1:
        raise InputError(
            f"the training examples have the label {present[0]!r} only: at least two labels are needed to learn from"
        )
    return targets


def scorer(classifier: Any, features: Features, *, floor: float) -> Predict:
    """Return a scorer of a fitted scikit-learn `classifier`: the logarithms of its probabilities, float32 (n, K).

    `floor` is the least probability, and that of a label that no training example has: forests give exact zeros, whose
    logarithm no score survives.
    """

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        probability = np.full((len(examples), len(examples.labels)), floor)
        if len(examples):
            given = classifier.predict_proba(features(examples))
            probability[:, classifier.classes_] = np.maximum(given, floor)
        return {"logits": np.log(probability).astype(np.float32)}

    return predict


def most_frequent(train: Examples, targets: np.ndarray, *, added: float = 0.5) -> Predict:
    """Return the rule that always gives the same answer, with the labels' shares in training as its probabilities.

    `added` examples of each label keep the shares above 0.
    """
    counts = np.bincount(targets, minlength=len(train.labels)) + added
    logits = np.log(counts / counts.sum()).astype(np.float32)
    return lambda examples: {"logits": np.tile(logits, (len(examples), 1))}
