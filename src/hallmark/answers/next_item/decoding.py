"""Logits of a catalogue's items: the ten items to show, with the probability that the next one is among them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

SHOWN = 10


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, confidence, `item.1` … `item.10` and `probability.1` … `probability.10` for logits (n, I).

    The prediction is the title of the first item, the confidence the probability that the next item is among the ten,
    `item.<place>` a position in the catalogue (`items` of the package's encoding, from 0). Of items that score alike
    the one that stands first in the catalogue goes first. Raises `ValueError` on a logit that is not finite.
    """
    logits = outputs["logits"]
    if not np.isfinite(logits).all():
        raise ValueError(f"the logits of row {int(np.argmin(np.isfinite(logits).all(axis=1)))} are not all finite")
    shown = top(logits)
    scaled = logits.astype(np.float64) / postprocess["temperature"]
    scaled -= scaled.max(axis=1, keepdims=True)
    probability = np.take_along_axis(np.exp(scaled), shown, axis=1) / np.exp(scaled).sum(axis=1, keepdims=True)
    titles = np.asarray(postprocess["titles"], object)
    first = {"prediction": titles[shown[:, 0]], "confidence": np.minimum(probability.sum(axis=1), 1.0)}
    columns = {f"item.{place + 1}": shown[:, place].astype(np.float64) for place in range(SHOWN)}
    columns |= {f"probability.{place + 1}": probability[:, place] for place in range(SHOWN)}
    return pd.DataFrame({**first, **columns})


def numbers(postprocess: Mapping[str, Any]) -> list[str]:  # noqa: ARG001 (the contract's)
    places = range(1, SHOWN + 1)
    return ["confidence", *(f"item.{place}" for place in places), *(f"probability.{place}" for place in places)]


def top(logits: np.ndarray) -> np.ndarray:
    """Return the positions (n, SHOWN) of the highest logits (n, I), the highest first, equal ones in their order."""
    return np.asarray(np.argsort(-logits, axis=1, kind="stable")[:, :SHOWN])
