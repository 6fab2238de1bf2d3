"""Baselines for tables: a rule, and logistic regression and boosted trees on aggregates."""

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

_VALID = HISTORY.index("valid")  # the first channel of a history
_LOG_HOURS_AGO = HISTORY.index("log_hours_ago")
_VALUE_CHANNELS = HISTORY[_VALID + 1 :]  # they describe a transaction; a task may add more
_LOG_AMOUNT_NOW = CURRENT.index("log_amount")
_WINDOWS = (1.0, 24.0, 168.0)  # hours: the last hour, day and week
_LOWEST_PROBABILITY = 1e-9
_CHUNK = 20_000  # rows aggregated at once, to bound memory


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Fit the baselines on the training examples and return them by name.

    Each returns {"logits": float32 (n, 2)}. Raises `InputError` where the training examples have
    only one label.
    """
    target = require_two_labels(train)
    values = features(train)

    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    linear.fit(values, target)
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
    with threadpool_limits(1):  # several threads would make the last bits of sums random
        trees.fit(values, target)

    return {
        "rule": _fit_rule(train, target),
        "logistic regression": ClassifierScorer(linear, features, floor=_LOWEST_PROBABILITY),
        "boosted trees": ClassifierScorer(trees, features, floor=_LOWEST_PROBABILITY),
    }


def features(examples: Examples) -> np.ndarray:
    """Return the features (n, F) of the classical methods.

    They are the columns `current`, followed, where the examples have a history, by the aggregates
    of `_aggregate_history`.
    """
    current = np.asarray(examples.arrays["current"])
    if "history" not in examples.arrays:
        return current

    chunks = []
    for start in range(0, len(current), _CHUNK):
        rows = slice(start, start + _CHUNK)
        history = np.asarray(examples.arrays["history"][rows])
        chunks.append(_aggregate_history(current[rows], history))
    return np.concatenate(chunks)


def _aggregate_history(current: np.ndarray, history: np.ndarray) -> np.ndarray:
    """Return features (n, F) of n transactions: `current`, then aggregates of the card's history.

    `current` (n, W) has W columns that describe the current transaction. `history` (n, T, C) has C
    channels of the card's T latest earlier transactions, the newest last. Channel `_VALID` is 1
    where there is a transaction and 0 in the padding, which stands in front and is zero in all
    channels. The other C - 1 channels describe the transaction; "log_hours_ago" is log(1 + hours),
    and "log_amount" is log(1 + amount).

    The aggregates, in this order: mean, standard deviation, minimum, maximum and newest value of
    each of the C - 1 channels; the number of earlier transactions, in all and within each of
    `_WINDOWS`; and the current log amount minus the card's mean log amount. Without earlier
    transactions, all are 0 but the last one, which is the current log amount.
    """
    is_valid: np.ndarray = history[:, :, _VALID] > 0
    values = history[:, :, _VALID + 1 :]
    transaction_counts = is_valid.sum(axis=1)

    # Padding is zero, so that it adds nothing to a sum. The sums of an empty history are divided by 1.
    divisor = np.maximum(transaction_counts, 1)[:, None]
    mean = values.sum(axis=1) / divisor
    variance = (values**2).sum(axis=1) / divisor - mean**2
    deviation = np.sqrt(np.maximum(variance, 0))  # rounding can make a variance slightly negative

    has_history = np.any(is_valid, axis=1, keepdims=True)
    lowest = np.where(is_valid[:, :, None], values, np.inf).min(axis=1)
    highest = np.where(is_valid[:, :, None], values, -np.inf).max(axis=1)
    lowest = np.where(has_history, lowest, 0)
    highest = np.where(has_history, highest, 0)
    newest = values[:, -1]

    log_hours_ago = history[:, :, _LOG_HOURS_AGO]
    recent_counts = []
    for hours in _WINDOWS:
        is_recent = is_valid & (log_hours_ago <= np.log1p(hours))
        recent_counts.append(is_recent.sum(axis=1))

    mean_log_amount = mean[:, _VALUE_CHANNELS.index("log_amount")]
    log_amount_above_mean = current[:, _LOG_AMOUNT_NOW] - mean_log_amount

    scalars = np.stack([transaction_counts, *recent_counts, log_amount_above_mean], axis=1)
    return np.concatenate([current, mean, deviation, lowest, highest, newest, scalars], axis=1)


def _fit_rule(train: Examples, target: np.ndarray) -> Predict:
    """Fit a decision stump, as a person would write a rule: one number and one threshold.

    The number is `descriptor.amount` or, in a flat table, the first descriptor; without any
    descriptor, the most frequent label is predicted for all. `target` (n,) is 0 or 1. The threshold
    is the percentile of the number that separates the two best: it maximises the absolute value of
    Youden's index, sensitivity + specificity - 1 (Youden 1950). The probability of label 1 is its
    share among the training examples on the same side of the threshold.
    """
    if not train.descriptors:
        return MostFrequentLabel.fit(train, target, added=1.0)

    amount = DESCRIPTOR + "amount"
    name = amount if amount in train.descriptors else train.descriptors[0]
    values = train.table[name].to_numpy(float)

    thresholds = np.unique(np.quantile(values, np.linspace(0.01, 0.99, 99)))
    is_above = np.asarray(values[:, None] > thresholds)  # (n, thresholds)
    sensitivity = np.mean(is_above[target == 1], axis=0)
    false_positive_rate = np.mean(is_above[target == 0], axis=0)
    youden_index = sensitivity - false_positive_rate
    threshold = thresholds[np.abs(youden_index).argmax()]

    probability_below = _smoothed_share(target[values <= threshold])
    probability_above = _smoothed_share(target[values > threshold])

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        is_above_threshold = examples.table[name].to_numpy(float) > threshold
        probability = np.where(is_above_threshold, probability_above, probability_below)
        logits = np.log(np.stack([1 - probability, probability], axis=1))
        return {"logits": logits.astype(np.float32)}

    return predict


def _smoothed_share(target: np.ndarray) -> float:
    """Return the share of ones in `target` (n,), with one example more of each label: never 0 or 1."""
    return float((target.sum() + 1) / (len(target) + 2))
