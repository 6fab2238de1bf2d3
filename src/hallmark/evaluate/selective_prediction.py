"""Which predictions a person should look at: selective prediction, chosen on validation and verified on test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval


@dataclass(frozen=True)
class Review:
    """The least certainty that passes without a person (None: nothing passes), and what that means on test."""

    limit: float  # the error rate that the passed may have
    cutoff: float | None
    held: Interval
    error: Interval


def answered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose answers are right or wrong, with `mistake` as booleans; none where no answer can be."""
    if "mistake" not in rows:
        return rows.head(0)
    kept = rows[rows["mistake"].notna()]
    return kept.assign(mistake=kept["mistake"].astype(bool))


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


def review(validation: pd.DataFrame, test: pd.DataFrame, *, limit: float) -> Review:
    """Choose the cutoff on the model's answered `validation` rows, and measure on its `test` rows what it holds back.

    Both are rows as `answered` returns them.
    """
    cutoff = fit_cutoff(validation["certainty"].to_numpy(float), validation["mistake"].to_numpy(), limit)
    passed = np.zeros(len(test), bool) if cutoff is None else test["certainty"].to_numpy(float) >= cutoff
    entities, wrong = test["entity"].to_numpy(), test["mistake"].to_numpy()
    return Review(limit, cutoff, share(~passed, np.ones(len(test), bool), entities), share(wrong, passed, entities))


def findings(found: Review | None) -> list[Finding]:
    """Return the share held and the error among the passed; None: no single answer is right or wrong."""
    if found is None:
        why = "No answer of this kind is right or wrong by itself, so none can be passed or held for a person."
        return [Finding(check="evaluate.review", case="share held", reason=why)]
    if found.cutoff is None:
        held = f"No part of the predictions is known to be wrong in at most {found.limit:.1%}: a person reviews all."
        passed = "Nothing passes without a person."
    else:
        sure = f"What the model is less than {found.cutoff:.1%} sure of goes to a person"
        held = f"{sure}: {found.held.estimate:.1%} of the test split."
        passed = f"{sure}, a cutoff chosen on validation to let at most {found.limit:.1%} mistakes pass."
    return [
        Finding.from_interval("evaluate.review", part, case=case, reason=why)
        for case, part, why in (("share held", found.held, held), ("error among the passed", found.error, passed))
    ]


def share(which: np.ndarray, among: np.ndarray, entities: np.ndarray) -> Interval:
    """Return the share of `which` (n,) in the rows `among` (n,), with a 95 % interval by entity."""
    metric = "alert_rate"  # a share of rows like any other; the interval asks for no more
    rows = pd.DataFrame({"entity": entities, SCORE + metric: which.astype(float), WEIGHT + metric: among.astype(float)})
    return Measurement(rows, [metric], positive=None, seed=0).overall[metric]
