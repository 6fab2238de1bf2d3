"""Scoring of classes, and their post-processing: temperature and threshold.

Training fits the post-processing on the validation split and stores it in the package as data.
Evaluation and servers apply it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hallmark.answers.classes import decoding
from hallmark.answers.temperature import fit_temperature
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs
from hallmark.errors import InputError


def log_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return log softmax(logits / temperature), (n, K) float64.

    Raises `InputError` on a logit that is not finite.
    """
    try:
        return decoding.log_probabilities(logits, temperature)
    except ValueError as error:
        raise InputError(str(error)) from error


def label_probabilities(outputs: Outputs, postprocess: Mapping[str, Any]) -> np.ndarray:
    """Return probabilities (n, K): the softmax of the logits divided by the post-processing's temperature."""
    return np.asarray(np.exp(log_probabilities(outputs["logits"], postprocess["temperature"])))


def fit_cost_threshold(positive: np.ndarray, costs: np.ndarray) -> float:
    """Return the threshold on P(positive) with the least total cost, if rows that reach it are alerts.

    `positive` (n,) are the rows' P(positive), and `costs` (n, 2) the cost of no alert and of an
    alert in each row. All n + 1 cuts of the ranked rows are compared by one cumulative sum; a cut
    never separates equal probabilities. Among equally cheap cuts, the one with the fewest alerts
    wins.

    The threshold is halfway between the two probabilities at the cut, so that rounding moves no row
    across it. It is 0 if it is cheapest always to alert, and above all probabilities if never.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    extra_costs = (costs[:, 1] - costs[:, 0])[order]  # of an alert
    totals = np.concatenate([[0.0], np.cumsum(extra_costs)])

    # Rounding in the cumulative sum must not decide between cuts that cost the same.
    totals = np.round(np.where(_parts_equals(ranked), np.inf, totals), 9)
    return _threshold_at(ranked, int(np.argmin(totals)))


def fit_specificity_threshold(positive: np.ndarray, is_positive: np.ndarray, specificity: float) -> float:
    """Return the lowest threshold on P(positive) with at least this specificity.

    Specificity: the fraction of the rows where `is_positive` (n,) is False that get no alert.
    `positive` (n,) are the rows' P(positive). The threshold is halfway between two different
    probabilities, as in `fit_cost_threshold`.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    n_false_alarms = np.concatenate([[0], np.cumsum(~is_positive[order])])  # by number of alerts
    # As a float, 1 - 0.9 is a little less than 0.1.
    most_false_alarms = np.floor((1 - specificity) * np.count_nonzero(~is_positive) + 1e-9)

    cuts = np.flatnonzero((n_false_alarms <= most_false_alarms) & ~_parts_equals(ranked))
    return _threshold_at(ranked, int(cuts[-1]))


def _parts_equals(ranked: np.ndarray) -> np.ndarray:
    """Return for the cut before each rank and after the last whether it separates equals: (n + 1,) bool."""
    return np.concatenate([[False], ranked[1:] == ranked[:-1], [False]])


def _threshold_at(ranked: np.ndarray, cut: int) -> float:
    """Return a threshold that only the first `cut` of the probabilities (n,), descending, reach."""
    if cut == len(ranked):
        return 0.0
    if cut == 0:
        highest = ranked[0]
        return float((highest + 1) / 2) if highest < 1 else float(np.nextafter(1.0, 2.0))

    lowest_alert = ranked[cut - 1]
    highest_pass = ranked[cut]
    middle = float((lowest_alert + highest_pass) / 2)
    return middle if middle > highest_pass else float(lowest_alert)


def fit_postprocess(outputs: Outputs, examples: Examples, *, decision: Decision) -> dict[str, Any]:
    """Return the post-processing as data, fitted on `examples`, the validation split.

    It has a temperature and, for a decision with a positive label, a threshold: the lowest with the
    decision's specificity or, if it has none, the one with the least cost. `outputs["logits"]` is
    (n, K).

    Raises `InputError` where the examples have one label only, and where the decision's positive
    label is unknown or not one of exactly two.
    """
    logits = outputs["logits"]
    targets = examples.targets()
    present_labels = sorted({examples.labels[index] for index in np.unique(targets)})
    if len(present_labels) < 2:
        raise InputError(
            f"the validation split holds the labels {present_labels} only: at least two are needed to calibrate"
        )

    temperature = fit_temperature(log_probabilities(logits), targets)
    threshold = None
    if decision.positive is not None:
        column = _positive_column(examples.labels, decision.positive)
        positive = np.exp(log_probabilities(logits, temperature))[:, column]
        if decision.specificity is not None:
            threshold = fit_specificity_threshold(positive, targets == column, decision.specificity)
        else:
            costs = decision.costs(examples.labels, examples.table, targets)
            threshold = fit_cost_threshold(positive, costs[:, [1 - column, column]])

    return {
        "kind": "softmax",
        "temperature": temperature,
        "labels": list(examples.labels),
        "positive": decision.positive,
        "threshold": threshold,
    }


def score(
    outputs: Outputs,
    examples: Examples,
    *,
    postprocess: Mapping[str, Any],
    decision: Decision,
) -> pd.DataFrame:
    """Return prediction, confidence, certainty, mistake, score.* and weight.* of each row.

    Certainty is the probability of the predicted label. Without labels in the examples, only the
    first three are returned. Scores:

    - accuracy; log_loss, in nats; brier (Brier 1950), see `_brier`.
    - cost, in the decision's unit.
    - With a positive label: sensitivity and specificity, where only rows of one true class have a
      weight; precision, where only alerts have one; and alert_rate.

    Raises `InputError` where the examples have other labels than the post-processing.
    """
    labels = tuple(postprocess["labels"])
    if labels != tuple(examples.labels):
        raise InputError(f"the package knows the labels {list(labels)}, the examples have {list(examples.labels)}")

    log_probability = log_probabilities(outputs["logits"], postprocess["temperature"])
    answers = decoding.answer(outputs, postprocess)
    confidence = answers["probability" if postprocess["positive"] is None else "score"]
    table = answers[["prediction"]].assign(confidence=confidence, certainty=answers["probability"])

    rows = np.arange(len(table))
    predicted = pd.Index(labels).get_indexer(pd.Index(table["prediction"]))
    if "label" not in examples.table:
        return table

    targets = examples.targets()
    table["mistake"] = predicted != targets
    scores = {
        "accuracy": predicted == targets,
        "log_loss": -log_probability[rows, targets],
        "brier": _brier(log_probability, targets),
        "cost": decision.costs(labels, examples.table, targets)[rows, predicted],
    }
    weights: dict[str, np.ndarray] = {}
    if postprocess["positive"] is not None:
        column = _positive_column(labels, postprocess["positive"])
        is_alert = predicted == column
        is_positive = targets == column
        scores |= {
            "sensitivity": is_alert,
            "specificity": ~is_alert,
            "precision": is_positive,
            "alert_rate": is_alert,
        }
        weights |= {"sensitivity": is_positive, "specificity": ~is_positive, "precision": is_alert}

    equal_weights = np.ones(len(table))
    for name, values in scores.items():
        table[f"score.{name}"] = values.astype(np.float64)
        table[f"weight.{name}"] = weights.get(name, equal_weights).astype(np.float64)
    return table


def _brier(log_probability: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the Brier scores (n,): squared errors of the probabilities, summed over the classes.

    They are halved for two classes, as is usual there.
    """
    error = np.exp(log_probability)
    error[np.arange(len(targets)), targets] -= 1
    n_classes = error.shape[1]
    return np.asarray((error**2).sum(axis=1) / (2 if n_classes == 2 else 1))


def _positive_column(labels: Sequence[str], positive: str) -> int:
    """Return the class index of the positive label. Raises `InputError` unless it is one of two labels."""
    if positive not in labels:
        raise InputError(f"decision.positive is {positive!r}, which is none of the labels {list(labels)}")
    if len(labels) != 2:
        raise InputError(
            f"decision.positive is {positive!r}, but a threshold needs two labels and these are {list(labels)}"
        )
    return list(labels).index(positive)
