"""Baselines for scans: a rule, and classical methods on intensities and clinical data."""

import math
import warnings

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hallmark.answers.classes.baselines import ClassifierScorer, require_two_labels
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict

_HISTOGRAM_BINS = 16  # of each channel
_NEIGHBOUR_DISTANCES = (1, 2, 4)  # pixels between the pixels that texture compares
_LONGEST_SIDE = 14  # blocks along the longer side of an averaged scan
_TREES = 300
_LOWEST_PROBABILITY = 1e-6
_CHUNK = 1000  # scans measured at once, to bound memory


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Fit the baselines and return them by name; each returns {"logits": float32 (n, labels)}.

    Raises `InputError` where the training examples have only one label.
    """
    targets = require_two_labels(train)
    values = features(train)

    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `max_iter` stops it early on purpose
        linear.fit(values, targets)
    forest = ExtraTreesClassifier(_TREES, min_samples_leaf=2, max_features=0.1, random_state=seed)
    forest.fit(values, targets)

    return {
        "logistic regression": ClassifierScorer(linear, features, floor=_LOWEST_PROBABILITY),
        "extra trees": ClassifierScorer(forest, features, floor=_LOWEST_PROBABILITY),
        "rule": _fit_rule(train, targets),
    }


def features(examples: Examples) -> np.ndarray:
    """Return features (n, F), float32: measurements of the scans, then any clinical columns."""
    images = np.asarray(examples.arrays["image"])
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    blocks = [np.concatenate([_measure_scans(chunk) for chunk in chunks])]
    if "clinical" in examples.arrays:
        blocks.append(np.asarray(examples.arrays["clinical"]))
    return np.concatenate(blocks, axis=1).astype(np.float32)


def _measure_scans(images: np.ndarray) -> np.ndarray:
    """Return measurements (n, F) of n scans (n, C, H, W), uint8.

    For each channel: histogram, percentiles, mean and standard deviation, texture, and the means of
    blocks of pixels. Intensities are scaled to 0 to 1.
    """
    count, channels = images.shape[:2]
    bins = (images.reshape(count, channels, -1) // (256 // _HISTOGRAM_BINS)).astype(np.int64)
    histogram = np.stack([(bins == value).mean(axis=2) for value in range(_HISTOGRAM_BINS)], axis=2)

    scaled = images.astype(np.float32) / 255
    flat = scaled.reshape(count, channels, -1)
    percentiles = np.percentile(flat, [1, 10, 25, 50, 75, 90, 99], axis=2).transpose(1, 2, 0)
    moments = np.stack([flat.mean(axis=2), flat.std(axis=2)], axis=2)

    parts = [histogram, percentiles, moments, _measure_texture(scaled)]
    by_scan = [part.reshape(count, -1) for part in parts]
    return np.concatenate([*by_scan, _average_down(scaled)], axis=1)


def _measure_texture(scaled: np.ndarray) -> np.ndarray:
    """Return texture measurements (n, C, F) of scans (n, C, H, W) with values from 0 to 1.

    They are mean and standard deviation of the absolute differences between pixels, for each of
    `_NEIGHBOUR_DISTANCES` shorter than both sides: first between rows, then between columns.
    """
    count, channels, height, width = scaled.shape
    distances = [distance for distance in _NEIGHBOUR_DISTANCES if distance < min(height, width)]
    downwards = [np.abs(scaled[:, :, distance:] - scaled[:, :, :-distance]) for distance in distances]
    to_the_right = [np.abs(scaled[..., distance:] - scaled[..., :-distance]) for distance in distances]

    statistics = []
    for differences in downwards + to_the_right:
        flat = differences.reshape(count, channels, -1)
        statistics += [flat.mean(axis=2), flat.std(axis=2)]
    return np.stack(statistics, axis=2)


def _average_down(scaled: np.ndarray) -> np.ndarray:
    """Return the means (n, F) of square blocks of pixels of scans (n, C, H, W).

    There are at most `_LONGEST_SIDE` blocks along a side. Rows and columns beyond the last whole
    block are left out.
    """
    count, channels, height, width = scaled.shape
    step = max(1, math.ceil(max(height, width) / _LONGEST_SIDE))  # pixels, a block's side
    rows = height // step
    columns = width // step
    blocks = scaled[:, :, : rows * step, : columns * step].reshape(count, channels, rows, step, columns, step)
    return np.asarray(blocks.mean(axis=(3, 5)).reshape(count, -1))


def _fit_rule(train: Examples, targets: np.ndarray) -> Predict:
    """Fit one cut of one number, as a person would write it.

    The number is the first clinical one (such as age) or, where there is none, the first
    descriptor, brightness. The cut is the one with the greatest information gain about the label
    (Quinlan 1986), out of the number's percentiles; the shares of the labels on both sides are the
    probabilities.
    """
    clinical_names = train.encoding.get("clinical", ())
    clinical = [column for column in train.descriptors if column.split(".", 1)[1] in clinical_names]
    name = clinical[0] if clinical else train.descriptors[0]
    values = train.table[name].to_numpy(float)

    cuts = np.unique(np.quantile(values, np.linspace(0.05, 0.95, 19)))
    shares = []  # of the labels, below and above each cut
    entropies = []  # nats, of the label given the side
    for cut in cuts:
        sides = [targets[values <= cut], targets[values > cut]]
        shares_of_sides = [_label_shares(side, len(train.labels)) for side in sides]
        shares.append(shares_of_sides)
        entropies.append(
            sum(-len(side) * (share @ np.log(share)) for side, share in zip(sides, shares_of_sides, strict=True))
        )
    best = int(np.argmin(entropies))
    best_cut = cuts[best]
    logits = np.log(shares[best]).astype(np.float32)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        is_above = examples.table[name].to_numpy(float) > best_cut
        return {"logits": logits[is_above.astype(int)]}

    return predict


def _label_shares(targets: np.ndarray, labels: int) -> np.ndarray:
    counts = np.bincount(targets, minlength=labels) + 0.5  # half an example each keeps the shares above 0
    return np.asarray(counts / counts.sum())
