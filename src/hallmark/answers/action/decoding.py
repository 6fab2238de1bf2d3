"""Actions in their own units, from shares of their ranges, with the confidence that validation gives each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_SMALLEST_ERROR = 1e-6  # of a range: an expected error of 0 has no logarithm


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, confidence and `action.<name>` for outputs "action" (n, A), shares of the actions' ranges.

    An action beyond its bounds is cut to them. Confidence is the probability that no action is off by more than the
    tolerance; it follows from "expected_error" (n, A), in shares too, where the scorer gives it. Raises `ValueError`
    on an action that is not finite.
    """
    low = np.array(postprocess["low"])
    high = np.array(postprocess["high"])
    values = low + clip_shares(outputs["action"]) * (high - low)

    margin = np.zeros(len(values))
    if "expected_error" in outputs:
        margin = tolerance_margin(outputs["expected_error"], postprocess["tolerance"])
    confidence = np.interp(margin, postprocess["room"], postprocess["confidence"])

    names = postprocess["actions"]
    columns: dict[str, Any] = {"prediction": _describe(values, names), "confidence": confidence}
    for index, name in enumerate(names):
        columns[f"action.{name}"] = values[:, index]
    return pd.DataFrame(columns)


def numbers(postprocess: Mapping[str, Any]) -> list[str]:
    return ["confidence", *(f"action.{name}" for name in postprocess["actions"])]


def _describe(values: np.ndarray, names: list[str]) -> np.ndarray:
    """Return the actions (n, A) of each row as text (n,): "steering = 0.25; speed = 3"."""
    texts = np.full(len(values), "", object)
    for row, actions in enumerate(values):
        texts[row] = "; ".join(f"{name} = {value:.4g}" for name, value in zip(names, actions, strict=True))
    return texts


def clip_shares(action: np.ndarray) -> np.ndarray:
    """Return the actions (n, A), float64, cut to 0 … 1. Raises `ValueError` on one that is not finite."""
    if not np.isfinite(action).all():
        row = int(np.argmin(np.isfinite(action).all(axis=1)))
        raise ValueError(f"the scorer's actions of row {row} are {action[row].tolist()}: they must be finite")
    return np.clip(action.astype(np.float64), 0.0, 1.0)


def tolerance_margin(expected_error: np.ndarray, tolerance: float) -> np.ndarray:
    """Return (n,) log(tolerance / expected error) of the action whose expected error (n, A) is the largest.

    It is a logarithm, since errors differ by orders of magnitude. The larger it is, the surer the action.
    """
    largest = np.maximum(expected_error.max(axis=1), _SMALLEST_ERROR)
    return np.asarray(np.log(tolerance / largest), np.float64)
