"""Decoding of actions: from fractions of their ranges to their own units, with a calibrated probability."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_SMALLEST_ERROR = 1e-6  # fraction of a range: an expected error of 0 would have no logarithm


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, probability and `action.<name>`, a row for each example.

    The output "action" (n, A) is a fraction of each action's range, and is clipped to the range.
    The probability is that every action's error is within the tolerance. It is a function of the
    output "expected_error" (n, A), also in fractions, and constant where a scorer has no such
    output.

    Raises `ValueError` on an action that is not finite.
    """
    low = np.array(postprocess["low"])
    high = np.array(postprocess["high"])
    values = low + clip_shares(outputs["action"]) * (high - low)

    margin = np.zeros(len(values))
    if "expected_error" in outputs:
        margin = tolerance_margin(outputs["expected_error"], postprocess["tolerance"])
    probability = np.interp(margin, postprocess["room"], postprocess["confidence"])

    names = postprocess["actions"]
    columns: dict[str, Any] = {"prediction": _describe(values, names), "probability": probability}
    for index, name in enumerate(names):
        columns[f"action.{name}"] = values[:, index]
    return pd.DataFrame(columns)


def numbers(postprocess: Mapping[str, Any]) -> list[str]:
    return ["probability", *(f"action.{name}" for name in postprocess["actions"])]


def _describe(values: np.ndarray, names: list[str]) -> np.ndarray:
    """Return the actions (n, A) as texts (n,), such as "steering = 0.25; speed = 3"."""
    texts = np.full(len(values), "", object)
    for row, actions in enumerate(values):
        texts[row] = "; ".join(f"{name} = {value:.4g}" for name, value in zip(names, actions, strict=True))
    return texts


def clip_shares(action: np.ndarray) -> np.ndarray:
    """Return actions (n, A) clipped to 0 … 1, float64. Raises `ValueError` on one that is not finite."""
    if not np.isfinite(action).all():
        row = int(np.argmin(np.isfinite(action).all(axis=1)))
        raise ValueError(f"the scorer's actions of row {row} are {action[row].tolist()}: they must be finite")
    return np.clip(action.astype(np.float64), 0.0, 1.0)


def tolerance_margin(expected_error: np.ndarray, tolerance: float) -> np.ndarray:
    """Return log(tolerance / expected error) (n,), for the action with the largest expected error (n, A).

    It is a logarithm, since errors differ by orders of magnitude. A larger margin means more
    confidence.
    """
    largest = np.maximum(expected_error.max(axis=1), _SMALLEST_ERROR)
    return np.asarray(np.log(tolerance / largest), np.float64)
