"""Confidence limits of one statistic. A limit that the data can't give is None."""

from math import sqrt

import numpy as np
from scipy import stats

from hallmark.metrics.statistics.influence import Estimate

Limits = tuple[float | None, float | None]  # low, high
UNKNOWN: Limits = (None, None)
_ROUNDING = 1e-9  # a share nearer to 0 or 1, or a standard deviation below it, counts as 0 or 1
_ASSUMED_CORRELATION = 0.2  # between rows of an entity; used only where all rows are equal and can't show it


def score_limits(estimate: Estimate, confidence: float, *, binary: bool = True) -> Limits:
    """Wilson's (1927) score limits for a statistic in [0, 1]: a share, ROC AUC, average precision.

    `binary`: whether a mean is one of zeros and ones alone, so that p gives their variance.

    The sample size is the effective one, p (1 - p) / variance, and the quantile is Student's (Korn
    & Graubard 1998; Dean & Pagano 2015). Three cases differ:
    - independent binary rows: Wilson's own interval, with the number of rows and the normal
      quantile;
    - all rows equal: the variance is unknown, so the sample size is the effective number of rows
      divided by the design effect 1 + (rows per entity - 1) * 0.2;
    - fewer than two entities: unknown.
    """
    if estimate.entity_count < 2:
        return UNKNOWN

    share = estimate.value
    if estimate.independent and binary:
        normal_quantile = float(stats.norm.ppf(0.5 + confidence / 2))
        return wilson(share, estimate.effective_rows, normal_quantile)
    if not estimate.degrees > 0:
        return UNKNOWN

    critical = estimate.critical(confidence)
    if min(share, 1 - share) > _ROUNDING and estimate.variance > _ROUNDING**2:
        effective_size = share * (1 - share) / estimate.variance
        return wilson(share, effective_size, critical)

    rows_per_entity = estimate.effective_rows / estimate.entity_count
    design_effect = 1 + max(rows_per_entity - 1, 0) * _ASSUMED_CORRELATION
    return wilson(share, estimate.effective_rows / design_effect, critical)


def wilson(share: float, size: float, critical: float) -> tuple[float, float]:
    """Wilson's (1927) score limits of a `share` among `size` independent units.

    `size` may be a fraction.

    `critical` is the two-sided quantile, such as 1.96 for 95 %.
    """
    squared = critical**2 / size
    centre = (share + squared / 2) / (1 + squared)
    half_width = sqrt(squared * share * (1 - share) + squared**2 / 4) / (1 + squared)

    low = centre - half_width if share > 0 else 0.0
    high = centre + half_width if share < 1 else 1.0
    return low, high


def hall_limits(estimate: Estimate, confidence: float) -> Limits:
    """Student's limits of a mean, corrected for skewness by Hall's (1992) cubic transformation.

    They cover as the studentised bootstrap does (`docs/statistics.md`), but need no replicates and
    no seed. Unknown with fewer than two entities, or without variance.
    """
    if estimate.entity_count < 2 or not estimate.variance > 0:
        return UNKNOWN
    return hall(estimate.value, estimate.variance, estimate.skewness, estimate.critical(confidence))


def hall(value: float, variance: float, skewness: float, critical: float) -> tuple[float, float]:
    """Hall's (1992) limits of an estimate `value` with this variance and skewness.

    `critical` is the two-sided quantile of the studentised estimate.
    """
    error = sqrt(variance)
    low = value - error * _inverse_transform(critical, skewness)
    high = value + error * _inverse_transform(critical, -skewness)
    return low, high


def _inverse_transform(quantile: float, skewness: float) -> float:
    """Return the t with g(t) = quantile, for Hall's g(t) = t + a t² / 3 + a² t³ / 27 + a / 6.

    a is the skewness; g of the studentised estimate is nearly normal.
    """
    if abs(skewness) < 1e-6:
        return quantile
    return float(3 / skewness * (np.cbrt(1 + skewness * (quantile - skewness / 6)) - 1))
