"""What the network has to beat: a rule on one number, logistic regression, and boosted trees with the history
as aggregates.
"""

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

_HOURS_AGO, _AMOUNT = HISTORY.index("log_hours_ago"), HISTORY.index("log_amount")
_WINDOWS = (1.0, 24.0, 168.0)  # hours
_FLOOR = 1e-9  # of a probability


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Fit the rule, logistic regression and boosted trees on the training examples.

    Raises `InputError` where the training examples have one label only.
    """
    target = require_two_labels(train)
    features = aggregates(train)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
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
        "rule": _rule(train, target),
        "logistic regression": ClassifierScorer(linear.fit(features, target), aggregates, floor=_FLOOR),
        "boosted trees": ClassifierScorer(trees, aggregates, floor=_FLOOR),
    }


def aggregates(examples: Examples) -> np.ndarray:
    """Return (n, F): the current columns and, of the history, mean, spread, extremes and last value of every
    channel, how many transactions fell into the last hour, day and week, and how far the amount lies from
    the card's mean.
    """
    current = np.asarray(examples.arrays["current"])
    if "history" not in examples.arrays:
        return current
    parts = [_summary(current[rows], np.asarray(examples.arrays["history"][rows])) for rows in _chunks(len(current))]
    return np.concatenate(parts)


def _summary(current: np.ndarray, history: np.ndarray) -> np.ndarray:
    valid: np.ndarray = history[:, :, 0] > 0
    channels = history[:, :, 1:]
    count = np.maximum(valid.sum(axis=1), 1)[:, None]
    mean = channels.sum(axis=1) / count
    spread = np.sqrt(np.maximum((channels**2).sum(axis=1) / count - mean**2, 0))
    some = np.any(valid, axis=1, keepdims=True)
    low = np.where(some, np.where(valid[:, :, None], channels, np.inf).min(axis=1), 0)
    high = np.where(some, np.where(valid[:, :, None], channels, -np.inf).max(axis=1), 0)
    recent = [(valid & (history[:, :, _HOURS_AGO] <= np.log1p(hours))).sum(axis=1) for hours in _WINDOWS]
    unusual = current[:, CURRENT.index("log_amount")] - mean[:, _AMOUNT - 1]
    counts = np.stack([valid.sum(axis=1), *recent, unusual], axis=1)
    return np.concatenate([current, mean, spread, low, high, channels[:, -1], counts], axis=1)


def _chunks(rows: int, size: int = 20_000) -> list[slice]:
    return [slice(start, start + size) for start in range(0, rows, size)]


def _rule(train: Examples, target: np.ndarray) -> Predict:
    """One cut of one number, as a person would write it: of `descriptor.amount` or, in a flat table, of the
    first descriptor. Without any number, the most frequent label for all.

    The side and the cut are those that tell the training labels apart best (Youden 1950: sensitivity +
    specificity - 1), out of the number's percentiles; the probability is the share of the second label on each
    side.
    """
    if not train.descriptors:
        return MostFrequentLabel.fit(train, target, added=1.0)
    name = DESCRIPTOR + "amount" if DESCRIPTOR + "amount" in train.descriptors else train.descriptors[0]
    values = train.table[name].to_numpy(float)
    cuts = np.unique(np.quantile(values, np.linspace(0.01, 0.99, 99)))
    above = np.asarray(values[:, None] > cuts)
    youden = np.mean(above[target == 1], axis=0) - np.mean(above[target == 0], axis=0)
    cut = cuts[np.abs(youden).argmax()]
    share = [(target[side].sum() + 1) / (side.sum() + 2) for side in (values <= cut, values > cut)]

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        positive = np.where(examples.table[name].to_numpy(float) > cut, share[1], share[0])
        return {"logits": np.log(np.stack([1 - positive, positive], axis=1)).astype(np.float32)}

    return predict
