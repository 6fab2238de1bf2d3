"""Decoding of labels: the most probable one, or the positive one from a threshold on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, confidence and `probability.<label>` for the output "logits" (n, K).

    Probabilities are softmax(logits / temperature). If the post-processing names a positive label,
    confidence is its probability, and it is predicted from the threshold on. Otherwise the most
    probable label is predicted, with its probability as confidence.

    Raises `ValueError` on a logit that is not finite.
    """
    labels = list(postprocess["labels"])
    positive = postprocess["positive"]
    probability = np.exp(log_probabilities(outputs["logits"], postprocess["temperature"]))

    if positive is None:
        predicted = probability.argmax(axis=1)
        confidence = probability.max(axis=1)
    else:
        column = labels.index(positive)
        confidence = probability[:, column]
        predicted = np.where(confidence >= postprocess["threshold"], column, 1 - column)

    columns = {"prediction": np.asarray(labels, object)[predicted], "confidence": confidence}
    for index, label in enumerate(labels):
        columns[f"probability.{label}"] = probability[:, index]
    return pd.DataFrame(columns)


def numbers(postprocess: Mapping[str, Any]) -> list[str]:
    return ["confidence", *(f"probability.{label}" for label in postprocess["labels"])]


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
