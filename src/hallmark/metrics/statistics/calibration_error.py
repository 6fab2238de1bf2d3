"""Expected calibration error without the upward bias that noise in its bins gives, and with limits that cover.

The plain estimate, the sum over bins of |mean outcome - mean confidence| by mass, is positive even for a perfect model
(Bröcker 2012; Roelofs et al. 2022), and more so in small groups, so that groups could not be compared by it. Here the
vector of bin gaps is taken as normal about the true one, with its covariance by entity; the true one as t times the
direction of the observed one; and t is solved for such that the observed sum would be the expected one (estimate), or
would lie at the edge of what is likely (limits). Where (nearly) all outcomes are alike, the gaps show no spread and
such limits would be far too narrow: the upper one is then at least what Wilson's limits of the outcomes' share allow.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from hallmark.metrics.statistics.influence import (
    Estimate,
    InfluenceEstimate,
    degrees_of_freedom,
    effective_rows,
    entity_shares,
    sum_by_entity,
)
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, score_limits
from hallmark.metrics.statistics.means import weighted_mean
from hallmark.metrics.statistics.normal_draws import draw_normal

_BINS = 10  # of equal mass (Nixon et al. 2019)
_ROWS = 10  # in each bin: there are fewer bins where they would hold fewer rows
_FEW = 5.0  # effective outcomes of the rarer kind; with fewer their share is not yet normal
_DECIMALS = 12  # of a gap, by which it is told from none: a rounding error has no sign
_DRAWS = 1000  # of the bins' noise; the error of the limits is about 3 % of their distance from the estimate


@dataclass(frozen=True)
class CalibrationEstimate(Estimate):
    """A calibration error, and what its limits are made of.

    gaps: (bins,) share of the weight times (mean outcome - mean confidence).
    noise: (draws, bins) with the covariance of the gaps.
    outcome_share: The mean outcome.
    mean_confidence: The mean of the stated probabilities.
    """

    gaps: np.ndarray
    noise: np.ndarray
    outcome_share: Estimate
    mean_confidence: float


def equal_mass_bins(confidence: np.ndarray) -> np.ndarray:
    """Return the bin (n,) of each row; equal confidences share a bin."""
    if not len(confidence):
        return np.zeros(0, int)
    count = int(np.clip(len(confidence) // _ROWS, 1, _BINS))
    edges = np.quantile(confidence, np.arange(1, count) / count)
    return np.searchsorted(np.unique(edges), confidence, side="right")


def calibration_error(
    bins: np.ndarray,
    outcomes: np.ndarray,
    stated: np.ndarray,
    weights: np.ndarray,
    codes: np.ndarray,
    *,
    size: int,
    generator: np.random.Generator,
) -> InfluenceEstimate | None:
    """Measure the sum over bins of |Σ weight * (outcome - confidence)| / Σ weight, about the signs of the gaps.

    `outcomes` (n,) are 0 or 1, `stated` (n,) the confidences. The estimate is a `CalibrationEstimate`. None where no
    row has weight.
    """
    outcome_share = weighted_mean(outcomes, weights, codes, size=size)
    if outcome_share is None:
        return None

    total = weights.sum()
    residuals = outcomes - stated
    shares = entity_shares(weights, codes, size)
    gaps = np.bincount(bins, weights=weights * residuals) / total
    deviations = np.stack(
        [
            sum_by_entity(weights * ((bins == number) * residuals - gap) / total, codes, shares)
            for number, gap in enumerate(gaps)
        ],
        axis=1,
    )  # (G, bins)
    noise = _draw_noise(deviations, generator)

    measured = InfluenceEstimate.of(
        _solve_error(gaps, noise, 0.0),
        deviations @ np.sign(gaps.round(_DECIMALS)),
        shares,
        rows=effective_rows(weights),
        degrees=degrees_of_freedom(shares),
    )
    estimate = CalibrationEstimate(
        **vars(measured.estimate),
        gaps=gaps,
        noise=noise,
        outcome_share=outcome_share.estimate,
        mean_confidence=float(stated @ weights / total),
    )
    return measured.with_estimate(estimate)


def calibration_limits(estimate: CalibrationEstimate, confidence: float) -> Limits:
    """Return the errors at which the observed sum of gaps would lie at the edge of what is likely."""
    if estimate.entities < 2:
        return UNKNOWN
    critical = estimate.critical(confidence)
    low = _solve_error(estimate.gaps, estimate.noise, critical)
    high = _solve_error(estimate.gaps, estimate.noise, -critical)

    nearest, farthest = _possible_distances(estimate, confidence)
    return min(low, nearest), max(high, farthest)


def _draw_noise(deviations: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw (draws, bins) with the covariance of the bin gaps, in ± pairs so that their mean is 0."""
    covariance = np.nan_to_num(deviations.T @ deviations)
    half = draw_normal(covariance, _DRAWS // 2, generator)
    return np.concatenate([half, -half])


def _possible_distances(estimate: CalibrationEstimate, confidence: float) -> tuple[float, float]:
    """Return the least and the largest distance of the outcomes' share to the mean confidence, by Wilson's limits.

    The calibration error is never less than that distance. (1, 0), which asks for nothing, where the sample holds at
    least `_FEW` effective outcomes of the rarer kind: the gaps' own noise is then better known, and leaves out what
    the confidences explain.
    """
    outcomes = estimate.outcome_share
    share = outcomes.value
    rarer = min(share, 1 - share)
    if rarer > 0 and share * (1 - share) * rarer >= _FEW * outcomes.variance:
        return 1.0, 0.0

    low, high = score_limits(outcomes, confidence)
    if low is None or high is None:
        return 1.0, 0.0
    confident = estimate.mean_confidence
    return max(low - confident, confident - high, 0.0), max(abs(confident - low), abs(confident - high))


def _solve_error(gaps: np.ndarray, noise: np.ndarray, critical: float) -> float:
    """Return the t ≥ 0 at which the observed Σ |gap| lies `critical` standard deviations above its expectation."""
    observed = np.abs(gaps).sum()
    direction = gaps / observed if observed > 0 else np.full(len(gaps), 1 / len(gaps))

    def excess(t: float) -> float:
        sums = np.abs(t * direction + noise).sum(axis=1)
        return float(observed - sums.mean() - critical * sums.std())

    if excess(0.0) <= 0:
        return 0.0
    upper = max(observed, 1e-6)
    while excess(upper) > 0:
        upper *= 2
    return min(float(brentq(excess, 0.0, upper, xtol=1e-9)), 1.0)
