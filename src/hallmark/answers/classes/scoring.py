"""Classification, from logits to decisions: the post-processing that a package carries as data, and the scores.

Training fits it on the validation split, evaluation applies it, and so does whatever serves the package.
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
    """Return log softmax(logits / temperature) (n, K), float64. Raises `InputError` on a logit that is not finite."""
    try:
        return decoding.log_probabilities(logits, temperature)
    except ValueError as error:
        raise InputError(str(error)) from error


def fit_cost_threshold(positive: np.ndarray, costs: np.ndarray) -> float:
    """Return the threshold on `positive` (n,), P(positive), that minimises the cost of alerting where it is reached.

    `costs` (n, 2) is what no alert and an alert would cost in each row. All n + 1 cuts are compared by one sort and
    one cumulative sum; equal probabilities stay on one side. Among equally cheap cuts the one with the fewest alerts
    wins. The threshold lies half way between the two neighbours of the cut, so that rounding moves no row across it.
    It is 0 where alerting always is cheapest; where alerting never is, it lies above every probability of the rows.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    extra_costs = (costs[:, 1] - costs[:, 0])[order]  # of an alert
    totals = np.concatenate([[0.0], np.cumsum(extra_costs)])

    # Rounding in the cumulative sum must not decide between cuts that cost the same.
    totals = np.round(np.where(_parts_equals(ranked), np.inf, totals), 9)
    return _threshold_at(ranked, int(np.argmin(totals)))


def fit_specificity_threshold(positive: np.ndarray, is_positive: np.ndarray, specificity: float) -> float:
    """Return the lowest threshold on `positive` (n,), P(positive), with at least this specificity.

    Specificity: the share of the rows where `is_positive` (n,) is False that get no alert. Equal probabilities stay on
    one side, and the threshold lies half way between its neighbours, as in `fit_cost_threshold`.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    false_alarms = np.concatenate([[0], np.cumsum(~is_positive[order])])
    allowed = np.floor((1 - specificity) * np.count_nonzero(~is_positive) + 1e-9)  # 1 - 0.9 is a little under 0.1

    cuts = np.flatnonzero((false_alarms <= allowed) & ~_parts_equals(ranked))
    return _threshold_at(ranked, int(cuts[-1]))


def _parts_equals(ranked: np.ndarray) -> np.ndarray:
    """Return (n + 1,) whether a cut before each rank, or after the last, would part equal probabilities."""
    return np.concatenate([[False], ranked[1:] == ranked[:-1], [False]])


def _threshold_at(ranked: np.ndarray, cut: int) -> float:
    """Return a threshold that the first `cut` of the probabilities, in descending order, reach and no other does."""
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
    """Return the post-processing as data, fitted on `examples`, the validation split; `outputs["logits"]` is (n, K).

    It is a temperature and, for a decision with a positive label, the threshold that keeps its specificity or, where it
    asks for none, minimises its expected cost.
    Raises `InputError` where one class alone is present (nothing can be calibrated), and where the decision's
    positive label is unknown or not one of exactly two.
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
    """Return prediction, confidence, certainty (the predicted label's probability) and, where the examples have labels,
    mistake and score.* with weight.*, row by row.

    Scores: accuracy; log_loss (nats); brier (summed over the classes, Brier 1950; halved for two, as is usual there);
    cost (in the decision's unit); with a positive label also sensitivity and specificity (the rows of one true class
    weigh, the others do not), precision (the alerts weigh) and alert_rate. Raises `InputError` where the examples
    have other labels than the post-processing.
    """
    labels = tuple(postprocess["labels"])
    if labels != tuple(examples.labels):
        raise InputError(f"the package knows the labels {list(labels)}, the examples have {list(examples.labels)}")

    log_probability = log_probabilities(outputs["logits"], postprocess["temperature"])
    table = decoding.answer(outputs, postprocess)[["prediction", "confidence"]]
    rows = np.arange(len(table))
    predicted = pd.Index(labels).get_indexer(pd.Index(table["prediction"]))
    table["certainty"] = np.exp(log_probability)[rows, predicted]
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
    """Brier score (n,): squared error of the probabilities, summed over the classes, and halved for two."""
    error = np.exp(log_probability)
    error[np.arange(len(targets)), targets] -= 1
    n_classes = error.shape[1]
    return np.asarray((error**2).sum(axis=1) / (2 if n_classes == 2 else 1))


def _positive_column(labels: Sequence[str], positive: str) -> int:
    if positive not in labels:
        raise InputError(f"decision.positive is {positive!r}, which is none of the labels {list(labels)}")
    if len(labels) != 2:
        raise InputError(
            f"decision.positive is {positive!r}, but a threshold needs two labels and these are {list(labels)}"
        )
    return list(labels).index(positive)
