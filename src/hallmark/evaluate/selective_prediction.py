"""Selective prediction: which predictions are deferred to a person, chosen on validation and verified on test."""

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
    """The lowest certainty that is accepted without a person, and what that means on the test split."""

    target_risk: float  # the error rate that accepted predictions may have
    threshold: float | None  # a certainty; None: nothing is accepted
    deferred: Interval  # share of the test rows
    selective_risk: Interval  # error rate among the accepted test rows


def rows_with_mistakes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose answers are right or wrong, with `mistake` as booleans; none where no answer can be."""
    if "mistake" not in rows:
        return rows.head(0)
    judged = rows[rows["mistake"].notna()]
    return judged.assign(mistake=judged["mistake"].astype(bool))


def fit_threshold(certainty: np.ndarray, mistakes: np.ndarray, target_risk: float) -> float | None:
    """Return the lowest certainty such that (mistakes + 1) / (rows + 1) of the rows above it is at most `target_risk`.

    The added mistake is the correction of conformal risk control (Angelopoulos et al. 2024) for a threshold that is
    chosen on the rows it is judged by. None where even the most certain rows are too often wrong, or too few to tell.
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
    """Choose the threshold on the model's `validation` rows, and measure on its `test` rows what it defers and accepts.

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
    """Return the deferred share and the selective risk; None: no single answer is right or wrong."""
    if selection is None:
        reason = "No answer of this kind is right or wrong by itself, so none can be passed or held for a person."
        return [Finding(check=CHECK, case="share held", reason=reason)]

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
        Finding.from_interval(CHECK, selection.deferred, case="share held", reason=deferred_reason),
        Finding.from_interval(CHECK, selection.selective_risk, case="error among the passed", reason=accepted_reason),
    ]


def measure_share(which: np.ndarray, *, among: np.ndarray, entities: np.ndarray) -> Interval:
    """Return the share of `which` (n,) in the rows `among` (n,), with a 95 % interval by entity."""
    metric = "alert_rate"  # a share of rows like any other; the interval asks for no more
    rows = pd.DataFrame({"entity": entities, SCORE + metric: which.astype(float), WEIGHT + metric: among.astype(float)})
    return Measurement(rows, [metric], positive=None, seed=0).overall[metric]
