"""Scoring of actions by their errors, and their confidence: isotonic regression on the validation split."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from hallmark.answers.action import decoding
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.predictions import PREDICTED, TRUE
from hallmark.contracts.scorers import Outputs
from hallmark.errors import InputError

_NUMBER = re.compile(r"= (-?(?:\d[\d.]*(?:e[+-]?\d+)?|inf))(?=;|$)")  # the value of an action, in a prediction
label_probabilities = None  # the answer is no label of a known set


def fit_postprocess(
    outputs: Outputs,
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the interface's: no threshold depends on a cost)
) -> dict[str, Any]:
    """Return the post-processing as data, fitted on `examples`, the validation split.

    It has the actions' names and bounds in their own units, the tolerance as a fraction of the
    range, and a curve from "room", the margin of `decoding.tolerance_margin`, to confidence. The
    curve is an isotonic regression, so that a larger margin never has less confidence. For a scorer
    without expected errors, the confidence is constant: the accuracy on the validation split.
    """
    actions = examples.encoding["actions"]
    tolerance = float(examples.encoding["tolerance"])
    postprocess: dict[str, Any] = {
        "kind": "regression",
        "actions": list(actions),
        "low": [float(bounds["low"]) for bounds in actions.values()],
        "high": [float(bounds["high"]) for bounds in actions.values()],
        "tolerance": tolerance,
    }

    is_right = _errors(outputs, examples).max(axis=1) <= tolerance
    if "expected_error" not in outputs:
        return postprocess | {"room": [0.0], "confidence": [float(is_right.mean())]}

    margin = decoding.tolerance_margin(outputs["expected_error"], tolerance)
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(margin, is_right.astype(float))
    return postprocess | {
        "room": curve.X_thresholds_.astype(float).tolist(),
        "confidence": curve.y_thresholds_.tolist(),
    }


def score(outputs: Outputs, examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision) -> pd.DataFrame:
    """Return prediction, confidence, certainty (the same), mistake, predicted.*, true.*, score.* and weight.*.

    Without known actions in the examples, the first three only. `predicted.<action>` and
    `true.<action>` are in the action's own unit. A row is a mistake if the error of any action
    exceeds the tolerance. Scores:

    - action_error, squared_error: as fractions of the ranges, averaged over the actions.
    - accuracy: 1 unless the row is a mistake.
    - cost: `decision.mistake` for a mistake, in the decision's unit.

    Raises `InputError` where the examples have other actions, bounds or another tolerance than the
    post-processing.
    """
    _require_same_actions(examples.encoding, postprocess)
    try:
        answers = decoding.answer(outputs, postprocess)
    except ValueError as error:
        raise InputError(str(error)) from error

    probability = answers["probability"]
    table = answers[["prediction"]].assign(confidence=probability, certainty=probability)
    if "target.action" not in examples.arrays:
        return table

    errors = _errors(outputs, examples)
    is_mistake = errors.max(axis=1) > postprocess["tolerance"]
    table["mistake"] = is_mistake
    for index, name in enumerate(postprocess["actions"]):
        low = postprocess["low"][index]
        high = postprocess["high"][index]
        true_share = np.asarray(examples.arrays["target.action"][:, index], np.float64)
        table[f"{PREDICTED}{name}"] = answers[f"action.{name}"]
        table[f"{TRUE}{name}"] = low + true_share * (high - low)
    scores = {
        "action_error": errors.mean(axis=1),
        "squared_error": (errors**2).mean(axis=1),
        "accuracy": ~is_mistake,
        "cost": is_mistake * decision.mistake,
    }
    for name, values in scores.items():
        table[f"score.{name}"] = values.astype(np.float64)
        table[f"weight.{name}"] = 1.0
    return table


def are_close(one: str, other: str, postprocess: Mapping[str, Any], *, relative: float, absolute: float) -> bool:
    """Return whether two predictions name the same actions, with values that are close.

    They hold rounded numbers: "steer = 0.1234; gas = -1.5". `absolute` is a share of the widest
    range of an action.
    """
    if one == other:
        return True
    if _NUMBER.sub("=", one) != _NUMBER.sub("=", other):
        return False

    values = np.array([_NUMBER.findall(one), _NUMBER.findall(other)], float)
    widest = float(np.max(np.subtract(postprocess["high"], postprocess["low"])))
    return bool(np.allclose(values[0], values[1], rtol=relative, atol=absolute * widest))


def _require_same_actions(encoding: Mapping[str, Any], postprocess: Mapping[str, Any]) -> None:
    """Raise `InputError` on other actions, another order, range or tolerance.

    The same fraction of another range would be another action.
    """
    package_bounds = zip(postprocess["low"], postprocess["high"], strict=True)
    package_actions = dict(zip(postprocess["actions"], package_bounds, strict=True))
    actions = {name: (float(bounds["low"]), float(bounds["high"])) for name, bounds in encoding["actions"].items()}

    if list(package_actions.items()) != list(actions.items()):
        raise InputError(f"the package acts by {package_actions}, the examples have {actions}")
    if postprocess["tolerance"] != float(encoding["tolerance"]):
        raise InputError(
            f"the package's tolerance is {postprocess['tolerance']:g}, the examples have {encoding['tolerance']:g}"
        )


def _errors(outputs: Outputs, examples: Examples) -> np.ndarray:
    """Return the absolute error of each action, (n, A), as a fraction of its range."""
    predicted_actions = decoding.clip_shares(outputs["action"])
    true_actions = np.asarray(examples.arrays["target.action"], np.float64)
    return np.asarray(np.abs(predicted_actions - true_actions))
