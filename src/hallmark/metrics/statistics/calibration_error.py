"""Expected calibration error (ECE), corrected for the bias that noise in its bins adds, with limits
that cover.

The usual estimate is Σ over bins of the bin's share of the rows * |mean outcome - mean confidence|.
It is positive even for a perfectly calibrated model (Bröcker 2012; Roelofs et al. 2022), and more
so in small groups: groups could not be compared by it.

The correction: let a bin's gap be its share times (mean outcome - mean confidence). The observed
gaps are taken as normal about the true ones, with their covariance by entity, and the true ones as
t times the direction of the observed ones. The estimate is the t at which the expected Σ |gap|
equals the observed one. A limit is the t at which the observed Σ |gap| lies at the critical value
of its distribution.

Where (nearly) all outcomes are equal, the gaps show no variance and these limits are far too
narrow. The interval then includes all errors that Wilson's limits of the mean outcome allow.
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

_MAX_BINS = 10  # of equal mass (Nixon et al. 2019)
_MIN_BIN_ROWS = 10  # there are fewer bins where they would have fewer rows
_MIN_RARER_OUTCOMES = 5.0  # effective ones; with fewer, their share is not yet normal
_DECIMALS = 12  # a gap that rounds to 0 counts as 0: the sign of a rounding error means nothing
_DRAWS = 1000  # of the bins' noise; the error of the limits is about 3 % of their distance from the estimate


@dataclass(frozen=True)
class CalibrationEstimate(Estimate):
    """A calibration error with the numbers that its limits are computed from.

    gaps: (bins,) share of the weight * (mean outcome - mean confidence).
    noise: (draws, bins) normal draws with mean 0 and the covariance of the gaps.
    outcome_share: The mean outcome.
    mean_confidence: The mean of the stated probabilities.
    """

    gaps: np.ndarray
    noise: np.ndarray
    outcome_share: Estimate
    mean_confidence: float


def equal_mass_bins(confidence: np.ndarray) -> np.ndarray:
    """Return the bin of each row (n,), 0 for the lowest confidences.

    Equal confidences share a bin.
    """
    if not len(confidence):
        return np.zeros(0, int)

    bin_count = int(np.clip(len(confidence) // _MIN_BIN_ROWS, 1, _MAX_BINS))
    inner_edges = np.quantile(confidence, np.arange(1, bin_count) / bin_count)
    return np.searchsorted(np.unique(inner_edges), confidence, side="right")


def calibration_error(
    bins: np.ndarray,
    outcomes: np.ndarray,
    stated: np.ndarray,
    weights: np.ndarray,
    codes: np.ndarray,
    *,
    entity_count: int,
    generator: np.random.Generator,
) -> InfluenceEstimate | None:
    """Corrected expected calibration error, with the influence of each entity; see the module's text.

    By row (n,): `bins` are numbered from 0, `outcomes` are 0 or 1, `stated` are the probabilities
    that a model gave the outcome 1, `weights`, and `codes` are the entities, in 0 … `entity_count`
    - 1. `generator` draws the noise of the bins.

    Influences are those of Σ |gap|, whose derivative by a gap is the gap's sign. The estimate is a
    `CalibrationEstimate`. Returns None where no row has weight.
    """
    outcome_share = weighted_mean(outcomes, weights, codes, entity_count=entity_count)
    if outcome_share is None:
        return None

    total = weights.sum()
    residuals = outcomes - stated
    shares = entity_shares(weights, codes, entity_count)
    gaps = np.bincount(bins, weights=weights * residuals) / total

    gap_influences = []
    for number, gap in enumerate(gaps):
        row_influence = weights * ((bins == number) * residuals - gap) / total
        gap_influences.append(sum_by_entity(row_influence, codes, shares))
    influence = np.stack(gap_influences, axis=1)  # (G, bins)
    noise = _draw_noise(influence, generator)

    statistic = InfluenceEstimate.of(
        _solve_error(gaps, noise, 0.0),
        influence @ np.sign(gaps.round(_DECIMALS)),
        shares,
        effective_rows=effective_rows(weights),
        degrees=degrees_of_freedom(shares),
    )
    estimate = CalibrationEstimate(
        **vars(statistic.estimate),
        gaps=gaps,
        noise=noise,
        outcome_share=outcome_share.estimate,
        mean_confidence=float(stated @ weights / total),
    )
    return statistic.with_estimate(estimate)


def calibration_limits(estimate: CalibrationEstimate, confidence: float) -> Limits:
    """Return the errors at which the observed Σ |gap| is either critical value of its distribution."""
    if estimate.entity_count < 2:
        return UNKNOWN

    critical = estimate.critical(confidence)
    low = _solve_error(estimate.gaps, estimate.noise, critical)
    high = _solve_error(estimate.gaps, estimate.noise, -critical)

    nearest, farthest = _possible_distances(estimate, confidence)
    return min(low, nearest), max(high, farthest)


def _draw_noise(influence: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw (draws, bins) with the covariance of the gaps, whose influences are (G, bins).

    Draws come in pairs x and -x, so that their mean is exactly 0.
    """
    covariance = np.nan_to_num(influence.T @ influence)
    half = draw_normal(covariance, _DRAWS // 2, generator)
    return np.concatenate([half, -half])


def _possible_distances(estimate: CalibrationEstimate, confidence: float) -> tuple[float, float]:
    """Return the least and the largest distance from the mean confidence to the true mean outcome.

    The true mean outcome is taken anywhere within Wilson's limits; the calibration error is never
    less than its distance. Where the sample has at least `_MIN_RARER_OUTCOMES` effective outcomes
    of the rarer kind, the noise of the gaps is known well enough: then (1, 0), which widens no
    interval.
    """
    outcomes = estimate.outcome_share
    share = outcomes.value
    rarer_share = min(share, 1 - share)
    # The effective number of outcomes is share * (1 - share) / variance.
    if rarer_share > 0 and share * (1 - share) * rarer_share >= _MIN_RARER_OUTCOMES * outcomes.variance:
        return 1.0, 0.0

    low, high = score_limits(outcomes, confidence)
    if low is None or high is None:
        return 1.0, 0.0

    mean_confidence = estimate.mean_confidence
    nearest = max(low - mean_confidence, mean_confidence - high, 0.0)
    farthest = max(abs(mean_confidence - low), abs(mean_confidence - high))
    return nearest, farthest


def _solve_error(gaps: np.ndarray, noise: np.ndarray, critical: float) -> float:
    """Return the error t in [0, 1] at which the observed Σ |gap| lies `critical` standard
    deviations above its mean.

    The mean and the deviation are those of Σ |t * direction + noise|; `gaps` is (bins,), `noise`
    (draws, bins).
    """
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
