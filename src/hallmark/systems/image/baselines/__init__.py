"""Simple methods that a network for images has to beat: logistic regression, and a fixed rule."""

import math
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from hallmark.answers.classes.baselines import MostFrequentLabel, require_two_labels
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_ITERATIONS = 50  # of L-BFGS; more don't improve accuracy on unseen pictures
_INVERSE_PENALTY = 0.1  # scikit-learn's C; its default, 1, is no better on digits and worse on garments
# A pixel is divided by its deviation, but at least by this share of the deviation of all pixels
# together. Otherwise pixels that hardly ever change would be scaled up to the weight of the others.
_MIN_DEVIATION_SHARE = 0.2
_MIN_DEVIATION = 1 / 255  # one level of 8 bits, for pictures that are all alike
_MISSING_LABEL_LOGIT = -30.0  # of a label without training examples: next to impossible, but finite


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return the simple methods, fitted on `train`, by name: "logistic regression" and "rule".

    "rule" always gives the most frequent label. Each returns {"logits": float32 (n, K)} for the K
    known labels.

    Raises `InputError` if the training examples have only one label.
    """
    targets = require_two_labels(train)
    return {
        "logistic regression": _fit_logistic_regression(train, targets, seed),
        "rule": MostFrequentLabel.fit(train, targets),
    }


def _fit_logistic_regression(train: Examples, targets: np.ndarray, seed: int) -> Predict:
    """Fit logistic regression on standardised pixels. `targets` (n,) are the indices of the labels."""
    pixels = features(train)
    mean = pixels.mean(axis=0)
    min_deviation = max(_MIN_DEVIATION_SHARE * float(pixels.std()), _MIN_DEVIATION)
    deviation = np.maximum(pixels.std(axis=0), min_deviation)

    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=_ITERATIONS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is intended
        model.fit((pixels - mean) / deviation, targets)

    # Put the standardisation into weights and bias, so that prediction is one product of raw
    # pixels.
    weights = model.coef_ / deviation  # (labels in training, pixels)
    bias = model.intercept_ - weights @ mean
    if len(weights) == 1:  # two labels have one row: the second label against the first
        weights = np.vstack([0 * weights, weights])
        bias = np.concatenate([[0.0], bias])

    classes = model.classes_
    label_count = len(train.labels)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        logits = np.full((len(examples), label_count), _MISSING_LABEL_LOGIT, np.float32)
        logits[:, classes] = features(examples) @ weights.T.astype(np.float32) + bias.astype(np.float32)
        return {"logits": logits}

    return predict


def features(examples: Examples) -> np.ndarray:
    """Return the array "image" with a picture in each row, float32 (n, C · H · W), from 0 to 1."""
    images = np.asarray(examples.arrays["image"])
    values_per_picture = math.prod(images.shape[1:])
    return images.reshape(len(images), values_per_picture).astype(np.float32) / np.float32(255)
