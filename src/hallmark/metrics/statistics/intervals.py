"""Confidence limits for one statistic. None stands for a limit that data cannot give."""

from math import sqrt

import numpy as np
from scipy import stats

from hallmark.metrics.statistics.influence import Estimate

Limits = tuple[float | None, float | None]
UNKNOWN: Limits = (None, None)
_ROUNDING = 1e-9  # what differs by less does not differ
_CORRELATION = 0.2  # between rows of an entity, assumed only where all rows agree and cannot tell


def score_limits(estimate: Estimate, confidence: float) -> Limits:
    """Return Wilson's (1927) score limits for a statistic in [0, 1]: a share, ROC AUC, average precision.

    Its sample size is the effective one, p(1 - p) / variance, and its quantile Student's (Korn & Graubard 1998; Dean &
    Pagano 2015). Independent rows give Wilson's own interval. Where all rows agree nothing is known of the variance:
    the design effect is then that of a correlation of 0.2 within entities.
    """
    if estimate.entities < 2:
        return UNKNOWN
    share = estimate.value
    if estimate.independent:
        return wilson(share, estimate.rows, float(stats.norm.ppf(0.5 + confidence / 2)))
    if not estimate.degrees > 0:
        return UNKNOWN

    critical = estimate.critical(confidence)
    if min(share, 1 - share) > _ROUNDING and estimate.variance > _ROUNDING**2:
        return wilson(share, share * (1 - share) / estimate.variance, critical)
    design_effect = 1 + max(estimate.rows / estimate.entities - 1, 0) * _CORRELATION
    return wilson(share, estimate.rows / design_effect, critical)


def wilson(share: float, size: float, critical: float) -> tuple[float, float]:
    """Return Wilson's limits of a `share` of `size` independent units, which need not be whole."""
    squared = critical**2 / size
    centre = (share + squared / 2) / (1 + squared)
    half = sqrt(squared * share * (1 - share) + squared**2 / 4) / (1 + squared)
    return (centre - half if share > 0 else 0.0), (centre + half if share < 1 else 1.0)


def hall_limits(estimate: Estimate, confidence: float) -> Limits:
    """Return Student's limits for a mean of any values, corrected for skewness by Hall's (1992) cubic transformation.

    Covers as the studentised bootstrap does (`docs/statistics.md`), without its replicates and its seed.
    """
    if estimate.entities < 2 or not estimate.variance > 0:
        return UNKNOWN
    return hall(estimate.value, estimate.variance, estimate.skewness, estimate.critical(confidence))


def hall(value: float, variance: float, skewness: float, critical: float) -> tuple[float, float]:
    """Return Hall's limits of an estimate whose distribution has this `variance` and `skewness`."""
    error = sqrt(variance)
    low = value - error * _inverse_transform(critical, skewness)
    high = value + error * _inverse_transform(critical, -skewness)
    return low, high


def _inverse_transform(quantile: float, skewness: float) -> float:
    """Solve g(t) = quantile for g(t) = t + at²/3 + a²t³/27 + a/6, which is all but normal at skewness a."""
    if abs(skewness) < 1e-6:
        return quantile
    return float(3 / skewness * (np.cbrt(1 + skewness * (quantile - skewness / 6)) - 1))
