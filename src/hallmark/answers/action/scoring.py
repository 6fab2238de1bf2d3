"""Actions are judged by their error, and how sure they are by isotonic regression on validation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from hallmark.answers.action import decoding
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError


def fit_postprocess(
    outputs: Mapping[str, np.ndarray],
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the interface's: no threshold depends on a cost)
) -> dict[str, Any]:
    """Return the post-processing as data, fitted on `examples`, the validation split.

    It is the actions' names and bounds, the tolerance, and by how much the tolerance has to exceed
    the error that the scorer expects for it to be within (isotonic regression, so never less sure for more room). A
    scorer that expects no error is as sure of every action as validation says.
    """
    actions, tolerance = examples.encoding["actions"], float(examples.encoding["tolerance"])
    postprocess: dict[str, Any] = {
        "kind": "regression",
        "actions": list(actions),
        "low": [float(bounds["low"]) for bounds in actions.values()],
        "high": [float(bounds["high"]) for bounds in actions.values()],
        "tolerance": tolerance,
    }
    right = _errors(outputs, examples).max(axis=1) <= tolerance
    if "expected_error" not in outputs:
        return postprocess | {"room": [0.0], "confidence": [float(right.mean())]}
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    fitted.fit(decoding.room(outputs["expected_error"], tolerance), right.astype(float))
    knots = {"room": fitted.X_thresholds_.astype(float).tolist(), "confidence": fitted.y_thresholds_.tolist()}
    return postprocess | knots


def score(
    outputs: Mapping[str, np.ndarray], examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision
) -> pd.DataFrame:
    """Return prediction, confidence and certainty and, where the action taken is known, mistake and score.* with
    weight.*, row by row.

    A number is wrong where an action is off by more than the tolerance. Scores: action_error and squared_error, as
    shares of the actions' ranges and averaged over the actions; accuracy; cost (the decision's `mistake` each). Raises
    `InputError` where the examples have other actions, bounds or another tolerance than the post-processing.
    """
    _require_same_actions(examples.encoding, postprocess)
    table = _answers(outputs, postprocess)[["prediction", "confidence"]]
    table["certainty"] = table["confidence"]
    if "target.action" not in examples.arrays:
        return table
    errors = _errors(outputs, examples)
    table["mistake"] = errors.max(axis=1) > postprocess["tolerance"]
    scores = {
        "action_error": errors.mean(axis=1),
        "squared_error": (errors**2).mean(axis=1),
        "accuracy": ~table["mistake"].to_numpy(),
        "cost": table["mistake"].to_numpy() * decision.mistake,
    }
    for name, values in scores.items():
        table[f"score.{name}"] = values.astype(np.float64)
        table[f"weight.{name}"] = 1.0
    return table


def _require_same_actions(encoding: Mapping[str, Any], postprocess: Mapping[str, Any]) -> None:
    """A share of an action's range means another action where the range, or the order of the actions, is another."""
    known = zip(postprocess["actions"], postprocess["low"], postprocess["high"], strict=True)
    package = {name: (low, high) for name, low, high in known}
    today = {name: (float(bounds["low"]), float(bounds["high"])) for name, bounds in encoding["actions"].items()}
    if list(package.items()) != list(today.items()):
        raise InputError(f"the package acts by {package}, the examples have {today}")
    if postprocess["tolerance"] != float(encoding["tolerance"]):
        raise InputError(
            f"the package's tolerance is {postprocess['tolerance']:g}, the examples have {encoding['tolerance']:g}"
        )


def _answers(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    try:
        return decoding.answer(outputs, postprocess)
    except ValueError as error:
        raise InputError(str(error)) from error


def _errors(outputs: Mapping[str, np.ndarray], examples: Examples) -> np.ndarray:
    """Return (n, A): how far each action is off, as a share of its range."""
    given = decoding.shares(outputs["action"])
    return np.asarray(np.abs(given - np.asarray(examples.arrays["target.action"], np.float64)))
