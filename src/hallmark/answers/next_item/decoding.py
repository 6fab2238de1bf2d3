"""Decoding of rankings: the ten items of a catalogue with the highest logits, and their probabilities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

TOP_K = 10


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, probability, `item.1` … `item.10`, `probability.1` … `probability.10` of each row.

    The output "logits" is (n, I), I the number of items. The prediction is the title of the first
    item, and `probability` the probability that the next item is among the ten. `item.<place>` is
    a position in the catalogue, from 0 (`items` of the package's encoding). Items of equal logits
    keep the catalogue's order.

    Raises `ValueError` on a logit that is not finite.
    """
    logits = outputs["logits"]
    if not np.isfinite(logits).all():
        row = int(np.argmin(np.isfinite(logits).all(axis=1)))
        raise ValueError(f"the logits of row {row} are not all finite")

    items = top_items(logits)
    scaled = logits.astype(np.float64) / postprocess["temperature"]
    scaled -= scaled.max(axis=1, keepdims=True)
    exponentials = np.exp(scaled)
    probability = np.take_along_axis(exponentials, items, axis=1) / exponentials.sum(axis=1, keepdims=True)

    titles = np.asarray(postprocess["titles"], object)
    columns = {
        "prediction": titles[items[:, 0]],
        "probability": np.minimum(probability.sum(axis=1), 1.0),
    }
    for place in range(TOP_K):
        columns[f"item.{place + 1}"] = items[:, place].astype(np.float64)
    for place in range(TOP_K):
        columns[f"probability.{place + 1}"] = probability[:, place]
    return pd.DataFrame(columns)


def numbers(postprocess: Mapping[str, Any]) -> list[str]:  # noqa: ARG001 (the contract's)
    places = range(1, TOP_K + 1)
    return [
        "probability",
        *(f"item.{place}" for place in places),
        *(f"probability.{place}" for place in places),
    ]


def top_items(logits: np.ndarray) -> np.ndarray:
    """Return the positions of the ten highest logits (n, I), in descending order: (n, 10).

    Equal logits keep the order of the catalogue.
    """
    return np.asarray(np.argsort(-logits, axis=1, kind="stable")[:, :TOP_K])
