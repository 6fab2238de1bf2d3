"""The tables that `dvc plots` draws of the model's answers: small, one row a point, rounded to four decimals.

Each is of one split and lies in `<split>/<name>.csv`. `hallmark.configure.plot_definitions` says how DVC draws
them.
"""

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from hallmark.evaluate.selective_prediction import measure_share

_STEPS = 50  # of a curve, between 0 and 1
_BINS = 10  # of the reliability diagram, of about as many examples each
_DECIMALS = 4


def roc_table(probabilities: np.ndarray, targets: np.ndarray, columns: list[int]) -> pd.DataFrame:
    """Return the sensitivity that is reached at each false positive rate, averaged over labels.

    probabilities: (n, K) of n examples and K labels.
    targets: (n,) the true labels, as columns of `probabilities`.
    columns: The labels that are averaged, each against the rest (see `curve_columns`).
    """
    rates = np.linspace(0, 1, _STEPS + 1) ** 2  # closer at low rates, where rare events are decided
    curves = []
    for column in columns:
        false_positive_rate, true_positive_rate, _ = roc_curve(targets == column, probabilities[:, column])
        last_within = np.searchsorted(false_positive_rate, rates, side="right") - 1
        curves.append(true_positive_rate[last_within])
    return pd.DataFrame({"false_positive_rate": rates, "sensitivity": np.mean(curves, axis=0)}).round(_DECIMALS)


def precision_recall_table(probabilities: np.ndarray, targets: np.ndarray, columns: list[int]) -> pd.DataFrame:
    """Return the highest precision at which each recall is reached, averaged over labels; arguments as in `roc_table`.

    It is the interpolated precision of Manning, Raghavan and Schütze 2008, Introduction to
    Information Retrieval, section 8.4.
    """
    recalls = np.linspace(0, 1, _STEPS + 1)
    curves = []
    for column in columns:
        precision, recall, _ = precision_recall_curve(targets == column, probabilities[:, column])
        # Ascending in recall; the point at recall 0, which belongs to no threshold, is left out.
        recall = recall[-2::-1]
        best_precision_from = np.maximum.accumulate(precision[:-1])[::-1]
        curves.append(best_precision_from[np.searchsorted(recall, recalls, side="left")])
    return pd.DataFrame({"recall": recalls, "precision": np.mean(curves, axis=0)}).round(_DECIMALS)


def curve_columns(targets: np.ndarray, n_labels: int, positive: int | None) -> list[int]:
    """Return the labels that curves are drawn of: the positive one, or all that some examples have and others not."""
    counts = np.bincount(targets, minlength=n_labels)
    has_both_sides = (counts > 0) & (counts < len(targets))
    candidates = range(n_labels) if positive is None else [positive]
    return [column for column in candidates if has_both_sides[column]]


def calibration_table(rows: pd.DataFrame, *, positive: str | None) -> pd.DataFrame:
    """Return a row for each bin: mean predicted probability, observed fraction with its 95 % limits, and examples.

    The event is the positive label or, without one, that the answer is right. Bins hold about as
    many examples each; equal probabilities are in one bin.

    rows: The model's rows of a split, as `selective_prediction.rows_with_mistakes` returns them.
    """
    if positive is None:
        predicted = rows["certainty"].to_numpy(float)
        happened = ~rows["mistake"].to_numpy(bool)
    else:
        predicted = rows["confidence"].to_numpy(float)
        happened = (rows["label"] == positive).to_numpy()

    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, _BINS + 1)))
    bins = np.searchsorted(edges[1:-1], predicted, side="right")
    entities = rows["entity"].to_numpy()

    records = []
    for bin_number in np.unique(bins):
        is_in_bin = bins == bin_number
        share = measure_share(happened, among=is_in_bin, entities=entities)
        records.append((predicted[is_in_bin].mean(), share.estimate, share.low, share.high, int(is_in_bin.sum())))
    return pd.DataFrame(records, columns=["predicted", "observed", "low", "high", "examples"]).round(_DECIMALS)


def confusion_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many examples have each true label and prediction; pairs without an example are left out.

    rows: The model's rows of a split, whose examples have labels.
    """
    labels = rows[["label", "prediction"]].set_axis(["true_label", "predicted_label"], axis=1)
    return labels.value_counts(sort=False).rename("examples").reset_index()
