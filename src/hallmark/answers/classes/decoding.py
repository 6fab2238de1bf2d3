"""Decoding of labels: the most probable one, or the positive one from a threshold on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, probability and `probability.<label>` for the output "logits" (n, K).

    Probabilities are softmax(logits / temperature); `probability` is that of the label which is
    predicted. This is the most probable label. But if the post-processing names a positive label,
    that one is predicted where its probability reaches the threshold; its probability is the
    further column `score`, whatever is predicted.

    Raises `ValueError` on a logit that is not finite.
    """
    labels = list(postprocess["labels"])
    positive = postprocess["positive"]
    probability = np.exp(log_probabilities(outputs["logits"], postprocess["temperature"]))

    if positive is None:
        predicted = probability.argmax(axis=1)
    else:
        column = labels.index(positive)
        score = probability[:, column]
        predicted = np.where(score >= postprocess["threshold"], column, 1 - column)

    columns = {
        "prediction": np.asarray(labels, object)[predicted],
        "probability": probability[np.arange(len(predicted)), predicted],
    }
    if positive is not None:
        columns["score"] = score
    for index, label in enumerate(labels):
        columns[f"probability.{label}"] = probability[:, index]
    return pd.DataFrame(columns)


def numbers(postprocess: Mapping[str, Any]) -> list[str]:
    score = [] if postprocess["positive"] is None else ["score"]
    return ["probability", *score, *(f"probability.{label}" for label in postprocess["labels"])]


def log_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return log softmax(logits / temperature), (n, K) float64.

    Raises `ValueError` on a logit that is not finite.
    """
    if not np.isfinite(logits).all():
        row = int(np.argmin(np.isfinite(logits).all(axis=1)))
        raise ValueError(f"the scorer's logits of row {row} are {logits[row].tolist()}: they must be finite")

    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))
