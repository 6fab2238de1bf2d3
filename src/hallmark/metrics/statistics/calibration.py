"""Expected calibration error without the upward bias that noise in its bins gives, and with limits that cover.

The plain estimate, the sum over bins of |mean outcome - mean confidence| by mass, is positive even for a perfect model
(Bröcker 2012; Roelofs et al. 2022), and more so in small groups, so that groups could not be compared by it. Here the
vector of bin gaps is taken as normal about the true one, with its covariance by entity; the true one as t times the
direction of the one seen; and t is found for which the sum seen would be the expected one (estimate), or would lie at
the edge of what is likely (limits). Where (nearly) all outcomes are alike, the gaps show no spread and
such limits would be far too narrow: the upper one is then at least what Wilson's limits of the outcomes' share allow.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, score
from hallmark.metrics.statistics.linear import Linear, by_entity, degrees_of_freedom, effective_rows, entity_shares
from hallmark.metrics.statistics.means import weighted_mean

_BINS, _ROWS = 10, 10  # ten bins of equal mass (Nixon et al. 2019), fewer where they would hold under ten rows each
_FEW = 5.0  # effective outcomes of the rarer kind; with fewer their share is not yet normal
_DRAWS = 1000  # of the bins' noise; the error of the limits is about 3 % of their distance from the estimate


def equal_mass_bins(confidence: np.ndarray) -> np.ndarray:
    """Return the bin (n,) of each row; equal confidences share a bin."""
    if not len(confidence):
        return np.zeros(0, int)
    count = int(np.clip(len(confidence) // _ROWS, 1, _BINS))
    edges = np.quantile(confidence, np.arange(1, count) / count)
    return np.searchsorted(np.unique(edges), confidence, side="right")


@dataclass(frozen=True)
class Calibration:
    """The estimate, as a `Linear` about the signs of the gaps, and the limits at any confidence."""

    linear: Linear
    limits: Callable[[float], Limits]


def calibration_error(
    bins: np.ndarray,
    outcomes: np.ndarray,
    stated: np.ndarray,
    weights: np.ndarray,
    codes: np.ndarray,
    *,
    size: int,
    generator: np.random.Generator,
) -> Calibration | None:
    """Measure the sum over bins of |Σ weight * (outcome - confidence)| / Σ weight.

    `outcomes` (n,) are 0 or 1, `stated` (n,) the confidences. None where no row has weight.
    """
    right = weighted_mean(outcomes, weights, codes, size=size)
    if right is None:
        return None
    total, residuals, confident = weights.sum(), outcomes - stated, float(stated @ weights / weights.sum())
    shares = entity_shares(weights, codes, size)
    gaps = np.bincount(bins, weights=weights * residuals) / total
    moved = [by_entity(weights * ((bins == b) * residuals - gap) / total, codes, shares) for b, gap in enumerate(gaps)]
    deviations = np.stack(moved, axis=1)  # (G, bins)
    noise = _noise(deviations, generator)
    linear = Linear(
        estimate=_typical(gaps, noise, 0.0),
        influence=deviations @ np.sign(gaps),
        shares=shares,
        rows=effective_rows(weights),
        degrees=degrees_of_freedom(shares),
    )

    def limits(confidence: float) -> Limits:
        low, high = _limits(linear, gaps, noise, confidence)
        if low is None or high is None:
            return UNKNOWN
        nearest, farthest = _allowed(right, confident, confidence)
        return min(low, nearest), max(high, farthest)

    return Calibration(linear, limits)


def _noise(deviations: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw (draws, bins) with the covariance of the bin gaps, in ± pairs so that their mean is 0."""
    covariance = np.nan_to_num(deviations.T @ deviations)
    values, vectors = np.linalg.eigh(covariance)
    half = generator.standard_normal((_DRAWS // 2, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    return np.concatenate([half, -half])


def _limits(linear: Linear, gaps: np.ndarray, noise: np.ndarray, confidence: float) -> Limits:
    if linear.entities < 2:
        return UNKNOWN
    critical = linear.critical(confidence)
    return _typical(gaps, noise, critical), _typical(gaps, noise, -critical)


def _allowed(right: Linear, confident: float, confidence: float) -> tuple[float, float]:
    """Return how near and how far the share of outcomes may lie to the mean confidence, where its spread is badly seen.

    The calibration error is never less than that distance. Where it is well seen nothing is asked: (1, 0). That is: at
    least `_FEW` effective outcomes of the rarer kind; the gaps' own noise then says it better, since it leaves out what
    the confidences explain.
    """
    share = right.estimate
    rarer = min(share, 1 - share)
    if rarer > 0 and share * (1 - share) * rarer >= _FEW * right.variance:
        return 1.0, 0.0
    low, high = score(right, confidence)
    if low is None or high is None:
        return 1.0, 0.0
    return max(low - confident, confident - high, 0.0), max(abs(confident - low), abs(confident - high))


def _typical(gaps: np.ndarray, noise: np.ndarray, critical: float) -> float:
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
