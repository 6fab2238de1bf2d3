"""What the network has to beat: a rule on one number, and logistic regression and boosted trees on aggregates."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from hallmark.answers.classes.baselines import ClassifierScorer, MostFrequentLabel, require_two_labels
from hallmark.contracts.examples import DESCRIPTOR, Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.table.reading.history import CURRENT, HISTORY

# Places among the channels of the history.
_HOURS_AGO = HISTORY.index("log_hours_ago")
_AMOUNT = HISTORY.index("log_amount")
_WINDOWS = (1.0, 24.0, 168.0)  # hours
_LOWEST_PROBABILITY = 1e-9
_CHUNK = 20_000  # rows that are aggregated at once


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Fit the rule, logistic regression and boosted trees on the training examples.

    Raises `InputError` where the training examples have one label only.
    """
    target = require_two_labels(train)
    features = aggregate(train)

    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    linear.fit(features, target)
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=300,
        max_leaf_nodes=24,
        min_samples_leaf=80,
        l2_regularization=10.0,
        max_features=0.3,
        early_stopping=True,
        random_state=seed,
    )
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        trees.fit(features, target)

    return {
        "rule": _fit_rule(train, target),
        "logistic regression": ClassifierScorer(linear, aggregate, floor=_LOWEST_PROBABILITY),
        "boosted trees": ClassifierScorer(trees, aggregate, floor=_LOWEST_PROBABILITY),
    }


def aggregate(examples: Examples) -> np.ndarray:
    """Return features (n, F): the current columns and, of the history, aggregates.

    These are mean, standard deviation, extremes and last value of every channel, how many transactions there are, and
    how many fell into the last hour, day and week, and how far the amount lies from the card's mean.
    """
    current = np.asarray(examples.arrays["current"])
    if "history" not in examples.arrays:
        return current

    parts = []
    for start in range(0, len(current), _CHUNK):
        rows = slice(start, start + _CHUNK)
        parts.append(_aggregate_history(current[rows], np.asarray(examples.arrays["history"][rows])))
    return np.concatenate(parts)


def _aggregate_history(current: np.ndarray, history: np.ndarray) -> np.ndarray:
    """Return `current` (n, W) with the aggregates of `history` (n, T, C) beside it."""
    is_valid: np.ndarray = history[:, :, 0] > 0
    channels = history[:, :, 1:]
    count = np.maximum(is_valid.sum(axis=1), 1)[:, None]
    mean = channels.sum(axis=1) / count
    deviation = np.sqrt(np.maximum((channels**2).sum(axis=1) / count - mean**2, 0))

    has_history = np.any(is_valid, axis=1, keepdims=True)
    lowest = np.where(is_valid[:, :, None], channels, np.inf).min(axis=1)
    highest = np.where(is_valid[:, :, None], channels, -np.inf).max(axis=1)
    lowest = np.where(has_history, lowest, 0)
    highest = np.where(has_history, highest, 0)

    hours_ago = history[:, :, _HOURS_AGO]
    recent_counts = [(is_valid & (hours_ago <= np.log1p(hours))).sum(axis=1) for hours in _WINDOWS]
    above_mean_amount = current[:, CURRENT.index("log_amount")] - mean[:, _AMOUNT - 1]
    counts = np.stack([is_valid.sum(axis=1), *recent_counts, above_mean_amount], axis=1)
    return np.concatenate([current, mean, deviation, lowest, highest, channels[:, -1], counts], axis=1)


def _fit_rule(train: Examples, target: np.ndarray) -> Predict:
    """Fit one cut of one number, as a person would write it.

    The number is `descriptor.amount` or, in a flat table, the first descriptor; without any number, the most frequent
    label is predicted for all. The side and the cut are those that separate the training labels best (Youden 1950:
    sensitivity + specificity - 1), out of the number's percentiles; the probability is the share of the second label on
    each side.
    """
    if not train.descriptors:
        return MostFrequentLabel.fit(train, target, added=1.0)

    amount = DESCRIPTOR + "amount"
    name = amount if amount in train.descriptors else train.descriptors[0]
    values = train.table[name].to_numpy(float)
    cuts = np.unique(np.quantile(values, np.linspace(0.01, 0.99, 99)))
    is_above = np.asarray(values[:, None] > cuts)
    youden = np.mean(is_above[target == 1], axis=0) - np.mean(is_above[target == 0], axis=0)
    cut = cuts[np.abs(youden).argmax()]

    share_below, share_above = (
        (target[side].sum() + 1) / (side.sum() + 2)  # one more example of each label keeps the shares within 0 and 1
        for side in (values <= cut, values > cut)
    )

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        positive = np.where(examples.table[name].to_numpy(float) > cut, share_above, share_below)
        return {"logits": np.log(np.stack([1 - positive, positive], axis=1)).astype(np.float32)}

    return predict
