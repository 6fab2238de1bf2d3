"""Scoring of rankings over the whole catalogue, and their temperature.

A sample of the catalogue could order methods wrongly (Krichene & Rendle 2020, "On sampled metrics
for item recommendation").
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from hallmark.answers.next_item import decoding
from hallmark.answers.temperature import fit_temperature
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.predictions import ITEM, PROBABILITY, TRUE
from hallmark.contracts.scorers import Outputs
from hallmark.errors import InputError

label_probabilities = None  # the answer is no label of a known set


def fit_postprocess(
    outputs: Outputs,
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the contract's)
) -> dict[str, Any]:
    """Return the post-processing: a temperature fitted to the log loss of the next item, and the titles."""
    _require_finite(outputs["logits"])
    temperature = fit_temperature(outputs["logits"], _next_items(examples))
    return {
        "kind": "ranking",
        "temperature": temperature,
        "titles": list(examples.encoding["titles"]),
    }


def score(outputs: Outputs, examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision) -> pd.DataFrame:
    """Return prediction, confidence, certainty (the same), mistake, item.*, probability.*, true.item, score.* and
    weight.* of each row.

    `item.1` to `item.10` are the ten items of the answer, and `true.item` is the next one, each a
    position in the catalogue, from 0. A row is a mistake if the next item is not among the ten.
    Scores: ndcg_at_10, recall_at_10 and
    reciprocal_rank, by the rank of the next item; log_loss, in nats; cost, `decision.mistake` for a
    mistake.

    Items of equal logits share their ranks: the first three scores are means over their possible
    orders, as in scikit-learn's `ndcg_score`. So a method that can't distinguish items gains
    nothing by their order.
    """
    logits = outputs["logits"]
    _require_finite(logits)
    targets = _next_items(examples)

    answers = decoding.answer(outputs, postprocess)
    places = range(1, decoding.TOP_K + 1)
    item_names = [f"{ITEM}{place}" for place in places]
    probability_names = [f"{PROBABILITY}{place}" for place in places]
    top_items = answers[item_names].to_numpy(np.int32)
    probability = answers["probability"]
    table = answers[["prediction"]].assign(confidence=probability, certainty=probability)
    table["mistake"] = ~np.any(top_items == targets[:, None], axis=1)
    table[item_names] = top_items
    table[probability_names] = answers[probability_names].astype(np.float32)
    table[f"{TRUE}item"] = targets.astype(np.int32)

    n_ahead, n_tied = _count_ahead_and_tied(logits, targets)
    log_probability = log_softmax(logits.astype(np.float64) / postprocess["temperature"], axis=1)
    scores = {name: _expected_gain(gains, n_ahead, n_tied) for name, gains in gains_by_rank(logits.shape[1]).items()}
    scores["log_loss"] = -log_probability[np.arange(len(targets)), targets]
    scores["cost"] = table["mistake"].to_numpy() * decision.mistake
    for name, values in scores.items():
        table[f"score.{name}"] = values.astype(float)
        table[f"weight.{name}"] = 1.0
    return table


def gains_by_rank(n_items: int) -> dict[str, np.ndarray]:
    """Return the value of each metric if the next item has rank 1, 2, … n_items: (n_items,) by metric.

    With one relevant item, the best possible discounted gain is 1, so that NDCG is the gain itself
    (Järvelin & Kekäläinen 2002).
    """
    ranks = np.arange(1, n_items + 1)
    is_top = ranks <= decoding.TOP_K
    return {
        "ndcg_at_10": is_top / np.log2(ranks + 1),
        "recall_at_10": is_top.astype(float),
        "reciprocal_rank": 1 / ranks,
    }


def ndcg_at_10(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the NDCG@10 (n,) of logits (n, I) for the next items, `targets` (n,): positions from 0."""
    n_ahead, n_tied = _count_ahead_and_tied(logits, targets)
    return _expected_gain(gains_by_rank(logits.shape[1])["ndcg_at_10"], n_ahead, n_tied)


def _count_ahead_and_tied(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many items have a higher logit than the next one, and how many an equal one; both (n,).

    The next one itself is among the equal ones.
    """
    target_logits = logits[np.arange(len(targets)), targets][:, None]
    n_ahead = (logits > target_logits).sum(axis=1)
    n_tied = (logits == target_logits).sum(axis=1)
    return n_ahead, n_tied


def _expected_gain(gains: np.ndarray, n_ahead: np.ndarray, n_tied: np.ndarray) -> np.ndarray:
    """Return the mean gain (n,) over the ranks from n_ahead + 1 to n_ahead + n_tied."""
    cumulative = np.concatenate([[0.0], np.cumsum(gains)])
    return np.asarray((cumulative[n_ahead + n_tied] - cumulative[n_ahead]) / n_tied)


def _next_items(examples: Examples) -> np.ndarray:
    """Return the catalogue position of each example's next item, from 0: (n,) int64."""
    return np.asarray(examples.arrays["target.item"]).astype(np.int64) - 1


def _require_finite(logits: np.ndarray) -> None:
    if not np.isfinite(logits).all():
        row = int(np.argmin(np.isfinite(logits).all(axis=1)))
        raise InputError(f"the scorer's logits of row {row} are not all finite")
