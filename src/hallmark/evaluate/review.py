"""Which predictions a person should look at: selective prediction, chosen on validation and verified on test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.findings import Finding
from hallmark.metrics import measure
from hallmark.predictions import SCORE, WEIGHT
from hallmark.statistics import Interval


@dataclass(frozen=True)
class Review:
    """The least certainty that passes without a person (None: nothing passes), and what that means on test."""

    limit: float  # the error rate that the passed may have
    cutoff: float | None
    held: Interval
    error: Interval


def certainty(rows: pd.DataFrame, positive: str | None) -> np.ndarray:
    """Return the probability of the predicted label (n,)."""
    confidence = rows["confidence"].to_numpy(float)
    if positive is None:
        return confidence
    return np.where(rows["prediction"] == positive, confidence, 1 - confidence)


def wrong(rows: pd.DataFrame) -> np.ndarray:
    """Return whether each prediction is wrong (n,)."""
    return (rows["prediction"] != rows["label"]).to_numpy()


def fit_cutoff(certain: np.ndarray, mistakes: np.ndarray, limit: float) -> float | None:
    """Return the lowest certainty such that (mistakes + 1) / (rows + 1) of the rows above it stays within `limit`.

    The added mistake is the correction of conformal risk control (Angelopoulos et al. 2024) for a cut that is chosen
    on the rows it is judged by. None where even the most certain rows are too often wrong, or too few to tell.
    """
    order = np.argsort(-certain, kind="stable")
    ranked = certain[order]
    risk = (np.cumsum(mistakes[order]) + 1) / (np.arange(len(ranked)) + 2)
    last_of_equals = np.append(ranked[1:] != ranked[:-1], True)
    allowed = np.flatnonzero((risk <= limit) & last_of_equals)
    if not len(allowed):
        return None
    last = int(allowed[-1])
    return 0.0 if last == len(ranked) - 1 else float(max((ranked[last] + ranked[last + 1]) / 2, ranked[last + 1]))


def review(validation: pd.DataFrame, test: pd.DataFrame, *, limit: float, positive: str | None) -> Review:
    """Choose the cutoff on the model's `validation` rows and measure on its `test` rows what it holds and lets pass."""
    cutoff = fit_cutoff(certainty(validation, positive), wrong(validation), limit)
    passed = np.zeros(len(test), bool) if cutoff is None else certainty(test, positive) >= cutoff
    entities = test["entity"].to_numpy()
    return Review(
        limit, cutoff, share(~passed, np.ones(len(test), bool), entities), share(wrong(test), passed, entities)
    )


def findings(found: Review) -> list[Finding]:
    """Return the share held and the error among the passed."""
    if found.cutoff is None:
        held = f"No part of the predictions is known to be wrong in at most {found.limit:.1%}: a person reviews all."
        passed = "Nothing passes without a person."
    else:
        sure = f"What the model is less than {found.cutoff:.1%} sure of goes to a person"
        held = f"{sure}: {found.held.estimate:.1%} of the test split."
        passed = f"{sure}, a cutoff chosen on validation to let at most {found.limit:.1%} mistakes pass."
    return [
        Finding("evaluate.review", 10, subject, part.estimate, part.low, part.high, n=part.n, why=why)
        for subject, part, why in (("share held", found.held, held), ("error among the passed", found.error, passed))
    ]


def share(which: np.ndarray, among: np.ndarray, entities: np.ndarray) -> Interval:
    """Return the share of `which` (n,) in the rows `among` (n,), with a 95 % interval by entity."""
    metric = "alert_rate"  # a share of rows like any other; the interval asks for no more
    rows = pd.DataFrame({"entity": entities, SCORE + metric: which.astype(float), WEIGHT + metric: among.astype(float)})
    return measure(rows, metric, positive=None, seed=0)
