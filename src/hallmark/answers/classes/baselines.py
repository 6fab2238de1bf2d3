"""Baselines for labels: scorers of a fitted classifier, and of the most frequent label."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

Features = Callable[[Examples], np.ndarray]  # examples → (n, F)


def require_two_labels(train: Examples) -> np.ndarray:
    """Return the class indices (n,) of the training examples.

    Raises `InputError` where they have one label only: there is nothing to tell apart.
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
    """A fitted scikit-learn `classifier` as a scorer: the logarithms of its probabilities, float32 (n, K).

    `floor` is the least probability, and that of a label that no training example has: forests give exact zeros, whose
    logarithm no score survives.
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
    """The rule that always gives the same answer, with the labels' shares in training as its probabilities."""

    logits: np.ndarray  # (K,)

    @classmethod
    def fit(cls, train: Examples, targets: np.ndarray, *, added: float = 0.5) -> Self:
        """Return the rule of the training examples; `added` examples of each label keep the shares above 0."""
        counts = np.bincount(targets, minlength=len(train.labels)) + added
        return cls(np.log(counts / counts.sum()).astype(np.float32))

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        return {"logits": np.tile(self.logits, (len(examples), 1))}
