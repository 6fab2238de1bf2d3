"""Selective prediction: predictions of low certainty are deferred to a person.

The certainty threshold is chosen on validation and measured on test.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval

CHECK = "evaluate.review"


@dataclass(frozen=True, kw_only=True)
class SelectivePrediction:
    """The certainty threshold, and what it does on the test split.

    target_risk: The error rate that accepted predictions may have.
    threshold: The lowest certainty, 0 to 1, that is accepted without a person; None: nothing is
        accepted.
    deferred: The share of the test rows that is deferred.
    selective_risk: The error rate among the accepted test rows.
    """

    target_risk: float
    threshold: float | None
    deferred: Interval
    selective_risk: Interval


def rows_with_mistakes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose answers are right or wrong, with `mistake` as booleans; none where answers are neither."""
    if "mistake" not in rows:
        return rows.head(0)
    judged = rows[rows["mistake"].notna()]
    return judged.assign(mistake=judged["mistake"].astype(bool))


def fit_threshold(certainty: np.ndarray, mistakes: np.ndarray, target_risk: float) -> float | None:
    """Return the lowest threshold at which (mistakes + 1) / (rows + 1) of the accepted rows is at most `target_risk`.

    certainty, mistakes: (n,) of each validation row; a row is accepted where its certainty is at
        least the threshold.

    The added mistake is the correction of conformal risk control (Angelopoulos et al. 2024): the
    threshold is chosen on the same rows by which it is judged. None where the most certain rows
    have too many mistakes, or are too few. 0 where all rows can be accepted.
    """
    order = np.argsort(-certainty, kind="stable")
    ranked = certainty[order]
    risks = (np.cumsum(mistakes[order]) + 1) / (np.arange(len(ranked)) + 2)
    is_last_of_equals = np.append(ranked[1:] != ranked[:-1], True)
    allowed = np.flatnonzero((risks <= target_risk) & is_last_of_equals)
    if not len(allowed):
        return None

    last = int(allowed[-1])
    if last == len(ranked) - 1:
        return 0.0
    midpoint = (ranked[last] + ranked[last + 1]) / 2
    return float(max(midpoint, ranked[last + 1]))


def select_predictions(validation: pd.DataFrame, test: pd.DataFrame, *, target_risk: float) -> SelectivePrediction:
    """Choose the threshold on the model's `validation` rows; measure deferred share and selective risk on `test`.

    Both are rows as `rows_with_mistakes` returns them.
    """
    threshold = fit_threshold(validation["certainty"].to_numpy(float), validation["mistake"].to_numpy(), target_risk)
    is_accepted = np.zeros(len(test), bool)
    if threshold is not None:
        is_accepted = test["certainty"].to_numpy(float) >= threshold

    entities = test["entity"].to_numpy()
    every_row = np.ones(len(test), bool)
    return SelectivePrediction(
        target_risk=target_risk,
        threshold=threshold,
        deferred=measure_share(~is_accepted, among=every_row, entities=entities),
        selective_risk=measure_share(test["mistake"].to_numpy(), among=is_accepted, entities=entities),
    )


def selective_prediction_findings(selection: SelectivePrediction | None) -> list[Finding]:
    """Return a finding on the deferred share and one on the selective risk.

    One finding without an estimate where `selection` is None: no single answer is right or wrong.
    """
    if selection is None:
        reason = "No answer of this kind is right or wrong by itself, so none can be accepted or deferred to a person."
        return [Finding(check=CHECK, case="share deferred", reason=reason)]

    if selection.threshold is None:
        target = f"{selection.target_risk:.1%}"
        deferred_reason = f"No part of the predictions is known to be wrong in at most {target}: a person reviews all."
        accepted_reason = "Nothing passes without a person."
    else:
        rule = f"What the model is less than {selection.threshold:.1%} sure of goes to a person"
        deferred_reason = f"{rule}: {selection.deferred.estimate:.1%} of the test split."
        accepted_reason = (
            f"{rule}, a cutoff chosen on validation to let at most {selection.target_risk:.1%} mistakes pass."
        )
    return [
        Finding.from_interval(CHECK, selection.deferred, case="share deferred", reason=deferred_reason),
        Finding.from_interval(CHECK, selection.selective_risk, case="error among the accepted", reason=accepted_reason),
    ]


def measure_share(which: np.ndarray, *, among: np.ndarray, entities: np.ndarray) -> Interval:
    """Return a share with its 95 % interval by entity: how many of the rows `among` (n,) are in `which` (n,)."""
    metric = "alert_rate"  # any metric that is a share of rows would do; its interval depends on nothing else
    rows = pd.DataFrame({"entity": entities, SCORE + metric: which.astype(float), WEIGHT + metric: among.astype(float)})
    return Measurement(rows, [metric], positive=None, seed=0).overall[metric]
