"""Decoding of next tokens: the most probable one, and the likelihood of the text before it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, probability and nats for each window.

    The prediction is the text of the most probable next token, with its probability, and nats is
    minus the log likelihood of the window's own tokens. Outputs: "logits" (n, V) of the next token,
    V the size of the vocabulary, and "log_likelihood" (n, T) of each token in the window.

    Raises `ValueError` on a value that is not finite.
    """
    probability = next_token_probabilities(outputs["logits"], postprocess["temperature"])
    nats = -outputs["log_likelihood"].sum(axis=1, dtype=np.float64)
    if not np.isfinite(nats).all():
        row = int(np.argmin(np.isfinite(nats)))
        raise ValueError(f"the scorer's log likelihood of row {row} is {-nats[row]}: it must be finite")

    vocabulary = np.asarray(postprocess["vocabulary"], object)
    return pd.DataFrame(
        {
            "prediction": vocabulary[probability.argmax(axis=1)],
            "probability": probability.max(axis=1),
            "nats": nats,
        }
    )


def numbers(postprocess: Mapping[str, Any]) -> list[str]:  # noqa: ARG001 (the same for every vocabulary)
    return ["probability", "nats"]


def next_token_probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(logits / temperature), (n, V) float64.

    Raises `ValueError` on a logit that is not finite.
    """
    if not np.isfinite(logits).all():
        row = int(np.argmin(np.isfinite(logits).all(axis=1)))
        raise ValueError(f"the scorer's logits of row {row} are not all finite")

    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
