"""From logits of all items to rankings and their scores. Every item of the catalogue is ranked, never a sample of them:
sampled metrics can order methods wrongly (Krichene & Rendle 2020, "On sampled metrics for item recommendation").
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
from hallmark.errors import InputError


def fit_postprocess(
    outputs: Mapping[str, np.ndarray],
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the contract's)
) -> dict[str, Any]:
    """Return the post-processing: a temperature fitted to the log loss of the next item, and the titles."""
    logits = _finite(outputs["logits"])
    temperature = fit_temperature(logits, _next(examples))
    return {"kind": "ranking", "temperature": temperature, "titles": list(examples.encoding["titles"])}


def score(
    outputs: Mapping[str, np.ndarray], examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision
) -> pd.DataFrame:
    """Return the answers with `certainty` (their confidence), `mistake` (the next item is not shown) and score.*:
    ndcg_at_10, recall_at_10, reciprocal_rank, log_loss (nats) and cost (the decision's, of a mistake).

    Items that score alike share their places: the first three are means over the orders that they could stand in, as
    scikit-learn's `ndcg_score` takes them, so that a method that cannot tell items apart gains nothing by their order.
    """
    logits = _finite(outputs["logits"])
    true = _next(examples)

    table = decoding.answer(outputs, postprocess)
    shown = table[[f"item.{place + 1}" for place in range(decoding.SHOWN)]].to_numpy(int)
    table = table[["prediction", "confidence"]].assign(certainty=table["confidence"])
    table["mistake"] = ~np.any(shown == true[:, None], axis=1)

    ahead, level = _standing(logits, true)
    log_probability = log_softmax(logits.astype(np.float64) / postprocess["temperature"], axis=1)
    scores = {
        **{name: _expected(gain, ahead, level) for name, gain in gains(logits.shape[1]).items()},
        "log_loss": -log_probability[np.arange(len(true)), true],
        "cost": table["mistake"] * decision.mistake,
    }
    for name, values in scores.items():
        table[f"score.{name}"] = values.astype(float)
        table[f"weight.{name}"] = 1.0
    return table


def gains(items: int) -> dict[str, np.ndarray]:
    """Return what each metric gives for the next item at each rank (items,). With one relevant item the best possible
    discounted gain is 1 (Järvelin & Kekäläinen 2002), so that NDCG is the gain itself.
    """
    rank = np.arange(1, items + 1)
    shown = rank <= decoding.SHOWN
    return {
        "ndcg_at_10": shown / np.log2(rank + 1),
        "recall_at_10": shown.astype(float),
        "reciprocal_rank": 1 / rank,
    }


def ndcg(logits: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the NDCG@10 (n,) of logits (n, I), where the item at the position `true` (n,) came next."""
    return _expected(gains(logits.shape[1])["ndcg_at_10"], *_standing(logits, true))


def _standing(logits: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many items score higher than the next one, and how many as high, itself among them; both (n,)."""
    own = logits[np.arange(len(true)), true][:, None]
    return (logits > own).sum(axis=1), (logits == own).sum(axis=1)


def _expected(gain: np.ndarray, ahead: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the mean gain (n,) over the ranks from ahead + 1 to ahead + level."""
    total = np.concatenate([[0.0], np.cumsum(gain)])
    return np.asarray((total[ahead + level] - total[ahead]) / level)


def _next(examples: Examples) -> np.ndarray:
    return np.asarray(examples.arrays["target.item"]).astype(np.int64) - 1


def _finite(logits: np.ndarray) -> np.ndarray:
    if not np.isfinite(logits).all():
        row = int(np.argmin(np.isfinite(logits).all(axis=1)))
        raise InputError(f"the scorer's logits of row {row} are not all finite")
    return logits
