"""What a network for images has to beat: logistic regression on the pixels, and the most frequent label."""

import math
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from hallmark.answers.classes.simple_methods import most_frequent, require_two_labels
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_ITERATIONS = 50  # of L-BFGS; more make no better classifier of unseen pictures
_INVERSE_PENALTY = 0.1  # scikit-learn's C; its default, 1, is no better on digits and worse on garments
_LEAST_DEVIATION = 0.2  # of all pixels' deviation: pixels that hardly ever change must not be blown up
_ABSENT = -30.0  # the logit of a label that no training example has: as good as never, and finite


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "logistic regression" and "rule", fitted on `train`; each gives {"logits": float32 (n, K)}.

    Raises `InputError` where the training examples have one label only.
    """
    targets = require_two_labels(train)
    return {"logistic regression": _logistic(train, targets, seed), "rule": most_frequent(train, targets)}


def _logistic(train: Examples, targets: np.ndarray, seed: int) -> Predict:
    pixels = _pixels(train)
    mean = pixels.mean(axis=0)
    deviation = np.maximum(pixels.std(axis=0), max(_LEAST_DEVIATION * float(pixels.std()), 1 / 255))
    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=_ITERATIONS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        model.fit((pixels - mean) / deviation, targets)
    # The scaling goes into the weights, so that prediction is one product.
    weights = model.coef_ / deviation
    bias = model.intercept_ - weights @ mean
    if len(weights) == 1:  # two labels have one row of weights: the second label's against the first's
        weights, bias = np.vstack([0 * weights, weights]), np.concatenate([[0.0], bias])
    classes, known = model.classes_, len(train.labels)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        logits = np.full((len(examples), known), _ABSENT, np.float32)
        logits[:, classes] = _pixels(examples) @ weights.T.astype(np.float32) + bias.astype(np.float32)
        return {"logits": logits}

    return predict


def _pixels(examples: Examples) -> np.ndarray:
    """Return float32 (n, C·H·W), from 0 to 1."""
    images = np.asarray(examples.arrays["image"])
    return images.reshape(len(images), math.prod(images.shape[1:])).astype(np.float32) / np.float32(255)
