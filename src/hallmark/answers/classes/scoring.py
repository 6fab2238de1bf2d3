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
from hallmark.errors import InputError


def log_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return log softmax(logits / temperature) (n, K), float64. Raises `InputError` on a logit that is not finite."""
    try:
        return decoding.log_probabilities(logits, temperature)
    except ValueError as error:
        raise InputError(str(error)) from error


def fit_threshold(positive: np.ndarray, costs: np.ndarray) -> float:
    """Return the threshold on `positive` (n,), P(positive), that minimises the cost of alerting where it is reached.

    `costs` (n, 2) is what no alert and an alert would cost in each row. All n + 1 cuts are compared by one sort and
    one cumulative sum; equal probabilities stay on one side. Among equally cheap cuts the one with the fewest alerts
    wins. The threshold lies half way between the two neighbours of the cut, so that rounding moves no row across it.
    It is 0 where alerting always is cheapest; where alerting never is, it lies above every probability seen.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    total = np.concatenate([[0.0], np.cumsum((costs[:, 1] - costs[:, 0])[order])])
    between_equals = np.concatenate([[False], ranked[1:] == ranked[:-1], [False]])
    # Rounding in the cumulative sum must not decide between cuts that cost the same.
    total = np.round(np.where(between_equals, np.inf, total), 9)
    cut = int(np.argmin(total))
    return _within(ranked, cut)


def fit_specificity(positive: np.ndarray, true: np.ndarray, least: float) -> float:
    """Return the lowest threshold on `positive` (n,), P(positive), that leaves at least the share `least` of the rows
    where `true` (n,) is False without an alert.

    Equal probabilities stay on one side, and the threshold lies half way between its neighbours, as in `fit_threshold`.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    false_alarms = np.concatenate([[0], np.cumsum(~true[order])])
    allowed = np.floor((1 - least) * np.count_nonzero(~true) + 1e-9)  # 1 - 0.9 is a little under 0.1
    between_equals = np.concatenate([[False], ranked[1:] == ranked[:-1], [False]])
    return _within(ranked, int(np.flatnonzero((false_alarms <= allowed) & ~between_equals)[-1]))


def _within(ranked: np.ndarray, cut: int) -> float:
    """Return a threshold that the first `cut` of the probabilities, in descending order, reach and no other does."""
    if cut == len(ranked):
        return 0.0
    if cut == 0:
        return float((ranked[0] + 1) / 2) if ranked[0] < 1 else float(np.nextafter(1.0, 2.0))
    middle = float((ranked[cut - 1] + ranked[cut]) / 2)
    return middle if middle > ranked[cut] else float(ranked[cut - 1])


def fit_postprocess(outputs: Mapping[str, np.ndarray], examples: Examples, *, decision: Decision) -> dict[str, Any]:
    """Return the post-processing as data, fitted on `examples`, the validation split; `outputs["logits"]` is (n, K).

    It is a temperature and, for a decision with a positive label, the threshold that keeps its specificity or, where it
    asks for none, minimises its expected cost.
    Raises `InputError` where one class alone is present (nothing can be calibrated), and where the decision's
    positive label is unknown or not one of exactly two.
    """
    logits = outputs["logits"]
    true = examples.targets()
    present = sorted({examples.labels[index] for index in np.unique(true)})
    if len(present) < 2:
        raise InputError(f"the validation split holds the labels {present} only: at least two are needed to calibrate")

    log_probability = log_probabilities(logits)
    temperature = fit_temperature(log_probability, true)
    postprocess: dict[str, Any] = {
        "kind": "softmax",
        "temperature": temperature,
        "labels": list(examples.labels),
        "positive": decision.positive,
        "threshold": None,
    }

    if decision.positive is not None:
        column = _positive_column(examples.labels, decision.positive)
        costs = decision.costs(examples.labels, examples.table, true)[:, [1 - column, column]]
        positive = np.exp(log_probabilities(logits, temperature))[:, column]
        postprocess["threshold"] = (
            fit_threshold(positive, costs)
            if decision.specificity is None
            else fit_specificity(positive, true == column, decision.specificity)
        )
    return postprocess


def score(
    outputs: Mapping[str, np.ndarray],
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
    predicted = pd.Index(labels).get_indexer(pd.Index(table["prediction"]))
    table["certainty"] = np.exp(log_probability)[np.arange(len(table)), predicted]
    if "label" not in examples.table:
        return table

    true = examples.targets()
    table["mistake"] = predicted != true
    scores = _scores(log_probability, predicted, true)
    scores["cost"] = decision.costs(labels, examples.table, true)[np.arange(len(true)), predicted]
    weights: dict[str, np.ndarray] = {}
    if postprocess["positive"] is not None:
        positive = _positive_column(labels, postprocess["positive"])
        alert = predicted == positive
        is_positive = true == positive
        scores |= {"sensitivity": alert, "specificity": ~alert, "precision": is_positive, "alert_rate": alert}
        weights |= {"sensitivity": is_positive, "specificity": ~is_positive, "precision": alert}

    for name, values in scores.items():
        table[f"score.{name}"] = values.astype(np.float64)
        table[f"weight.{name}"] = weights.get(name, np.ones(len(true))).astype(np.float64)
    return table


def _scores(log_probability: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> dict[str, np.ndarray]:
    rows = np.arange(len(true))
    difference = np.exp(log_probability)
    difference[rows, true] -= 1
    return {
        "accuracy": predicted == true,
        "log_loss": -log_probability[rows, true],
        "brier": (difference**2).sum(axis=1) / (2 if difference.shape[1] == 2 else 1),
    }


def _positive_column(labels: Sequence[str], positive: str) -> int:
    if positive not in labels:
        raise InputError(f"decision.positive is {positive!r}, which is none of the labels {list(labels)}")
    if len(labels) != 2:
        raise InputError(
            f"decision.positive is {positive!r}, but a threshold needs two labels and these are {list(labels)}"
        )
    return list(labels).index(positive)
