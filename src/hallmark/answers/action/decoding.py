"""Actions as numbers: shares of their ranges become values in their own units, each as sure as validation says."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, confidence and `action.<name>` for outputs "action" (n, A), shares of the actions' ranges.

    An action beyond its bounds is cut to them. Confidence is the probability that no action is off by more than the
    tolerance; it hangs on "expected_error" (n, A), in shares too, where the scorer gives it. Raises `ValueError`
    on an action that is not finite.
    """
    low, high = np.array(postprocess["low"]), np.array(postprocess["high"])
    values = low + shares(outputs["action"]) * (high - low)
    there = "expected_error" in outputs
    margin = room(outputs["expected_error"], postprocess["tolerance"]) if there else np.zeros(len(values))
    names = postprocess["actions"]
    texts = ["; ".join(f"{name} = {value:.4g}" for name, value in zip(names, row, strict=True)) for row in values]
    known = np.interp(margin, postprocess["room"], postprocess["confidence"])
    table = pd.DataFrame({"prediction": np.array(texts, object), "confidence": known})
    return table.assign(**{f"action.{name}": values[:, index] for index, name in enumerate(names)})


def numbers(postprocess: Mapping[str, Any]) -> list[str]:
    return ["confidence", *(f"action.{name}" for name in postprocess["actions"])]


def shares(action: np.ndarray) -> np.ndarray:
    """Return the actions (n, A), float64, cut to 0 … 1. Raises `ValueError` on one that is not finite."""
    if not np.isfinite(action).all():
        row = int(np.argmin(np.isfinite(action).all(axis=1)))
        raise ValueError(f"the scorer's actions of row {row} are {action[row].tolist()}: they must be finite")
    return np.clip(action.astype(np.float64), 0.0, 1.0)


def room(expected: np.ndarray, tolerance: float) -> np.ndarray:
    """Return (n,): how often the expected error (n, A) fits into the tolerance, for the action where it does least.

    As a logarithm, since errors differ by orders of magnitude.
    """
    return np.asarray(np.log(tolerance / np.maximum(expected.max(axis=1), 1e-6)), np.float64)
