"""What a network for images has to beat: logistic regression on the pixels, and the most frequent label."""

import math
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from hallmark.answers.classes.baselines import MostFrequentLabel, require_two_labels
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_ITERATIONS = 50  # of L-BFGS; more make no better classifier of unseen pictures
_INVERSE_PENALTY = 0.1  # scikit-learn's C; its default, 1, is no better on digits and worse on garments
_MIN_DEVIATION_SHARE = 0.2  # of all pixels' deviation: pixels that hardly ever change must not be blown up
_MIN_DEVIATION = 1 / 255  # one level of 8 bits
_MISSING_LABEL_LOGIT = -30.0  # of a label that no training example has: as good as never, and finite


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "logistic regression" and "rule", fitted on `train`; each gives {"logits": float32 (n, K)}.

    Raises `InputError` where the training examples have one label only.
    """
    targets = require_two_labels(train)
    return {
        "logistic regression": _fit_logistic_regression(train, targets, seed),
        "rule": MostFrequentLabel.fit(train, targets),
    }


def _fit_logistic_regression(train: Examples, targets: np.ndarray, seed: int) -> Predict:
    pixels = _pixels(train)
    mean = pixels.mean(axis=0)
    min_deviation = max(_MIN_DEVIATION_SHARE * float(pixels.std()), _MIN_DEVIATION)
    deviation = np.maximum(pixels.std(axis=0), min_deviation)

    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=_ITERATIONS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        model.fit((pixels - mean) / deviation, targets)

    # The scaling goes into the weights, so that prediction is one product.
    weights = model.coef_ / deviation
    bias = model.intercept_ - weights @ mean
    if len(weights) == 1:  # two labels have one row of weights: the second label's against the first's
        weights = np.vstack([0 * weights, weights])
        bias = np.concatenate([[0.0], bias])

    classes = model.classes_
    label_count = len(train.labels)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        logits = np.full((len(examples), label_count), _MISSING_LABEL_LOGIT, np.float32)
        logits[:, classes] = _pixels(examples) @ weights.T.astype(np.float32) + bias.astype(np.float32)
        return {"logits": logits}

    return predict


def _pixels(examples: Examples) -> np.ndarray:
    """Return float32 (n, C·H·W), from 0 to 1."""
    images = np.asarray(examples.arrays["image"])
    values_each = math.prod(images.shape[1:])
    return images.reshape(len(images), values_each).astype(np.float32) / np.float32(255)
