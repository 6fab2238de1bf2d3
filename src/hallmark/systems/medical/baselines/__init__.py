"""What a network for scans has to beat: a cut of one number, and classical methods on intensity and clinical data."""

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

_BINS = 16  # of the histogram of each channel
_STEPS = (1, 2, 4)  # pixels, over which neighbours are compared
_SMALL = 14  # pixels: a scan is averaged down until no side is longer
_TREES = 300
_FLOOR = 1e-6  # of a probability


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "logistic regression", "extra trees" and "rule", fitted on `train`; each gives {"logits": float32 (n, K)}.

    Raises `InputError` where the training examples have one label only.
    """
    targets = require_two_labels(train)
    measured = features(train)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    forest = ExtraTreesClassifier(_TREES, min_samples_leaf=2, max_features=0.1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        linear.fit(measured, targets)
    return {
        "logistic regression": ClassifierScorer(linear, features, floor=_FLOOR),
        "extra trees": ClassifierScorer(forest.fit(measured, targets), features, floor=_FLOOR),
        "rule": _rule(train, targets),
    }


def features(examples: Examples) -> np.ndarray:
    """Return float32 (n, F): of each channel the histogram, percentiles, texture (how much neighbours differ, at three
    distances) and pixels averaged down; and the clinical columns.
    """
    images = np.asarray(examples.arrays["image"])
    parts = [_intensity(images[start : start + 1000]) for start in range(0, len(images), 1000)]
    told = [np.asarray(examples.arrays["clinical"])] if "clinical" in examples.arrays else []
    return np.concatenate([np.concatenate(parts), *told], axis=1).astype(np.float32)


def _intensity(images: np.ndarray) -> np.ndarray:
    count, channels = images.shape[:2]
    scaled = images.astype(np.float32) / 255
    flat = scaled.reshape(count, channels, -1)
    bins = (images.reshape(count, channels, -1) // (256 // _BINS)).astype(np.int64)
    histogram = np.stack([(bins == value).mean(axis=2) for value in range(_BINS)], axis=2)
    percentiles = np.percentile(flat, [1, 10, 25, 50, 75, 90, 99], axis=2).transpose(1, 2, 0)
    moments = np.stack([flat.mean(axis=2), flat.std(axis=2)], axis=2)
    steps = [step for step in _STEPS if step < min(images.shape[2:])]
    down = [np.abs(scaled[:, :, step:] - scaled[:, :, :-step]) for step in steps]
    right = [np.abs(scaled[..., step:] - scaled[..., :-step]) for step in steps]
    texture = [part.reshape(count, channels, -1) for part in down + right]
    spreads = np.stack([value(part, axis=2) for part in texture for value in (np.mean, np.std)], axis=2)
    parts = [histogram, percentiles, moments, spreads]
    return np.concatenate([*(part.reshape(count, -1) for part in parts), _reduced(scaled)], axis=1)


def _reduced(scaled: np.ndarray) -> np.ndarray:
    """Average blocks of pixels until no side is longer than `_SMALL`; a rest at the border is left out."""
    count, channels, height, width = scaled.shape
    step = max(1, -(-max(height, width) // _SMALL))
    rows, columns = height // step, width // step
    blocks = scaled[:, :, : rows * step, : columns * step].reshape(count, channels, rows, step, columns, step)
    return np.asarray(blocks.mean(axis=(3, 5)).reshape(count, -1))


def _rule(train: Examples, targets: np.ndarray) -> Predict:
    """One cut of one number, as a person would write it: of the first clinical one (such as age) or, where there is
    none, of brightness.

    It parts the patients where the labels' shares on both sides tell most of the label (the information gain of
    Quinlan 1986), out of the number's percentiles; these shares are the probabilities.
    """
    told = [column for column in train.descriptors if column.split(".", 1)[1] in train.encoding.get("clinical", ())]
    name = told[0] if told else train.descriptors[0]
    values = train.table[name].to_numpy(float)
    cuts = np.unique(np.quantile(values, np.linspace(0.05, 0.95, 19)))
    shares = [[_shares(targets[side], len(train.labels)) for side in (values <= cut, values > cut)] for cut in cuts]
    counts = [[np.count_nonzero(values <= cut), np.count_nonzero(values > cut)] for cut in cuts]
    left = [
        sum(-count * (share @ np.log(share)) for count, share in zip(*pair, strict=True))
        for pair in zip(counts, shares, strict=True)
    ]
    cut, logits = cuts[int(np.argmin(left))], np.log(shares[int(np.argmin(left))]).astype(np.float32)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        return {"logits": logits[(examples.table[name].to_numpy(float) > cut).astype(int)]}

    return predict


def _shares(targets: np.ndarray, classes: int) -> np.ndarray:
    counts = np.bincount(targets, minlength=classes) + 0.5  # half an example each keeps the shares above 0
    return np.asarray(counts / counts.sum())
