"""Differences of two estimates with their limits: of two scorers on the same rows, or of two parts
of the rows.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate, combined_degrees, third_moment
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall, hall_limits

_MIN_CLUSTERS = 3.0  # effective ones, for Hall's paired limits to cover; measured by benchmarks/coverage.py


def difference(first: InfluenceEstimate, second: InfluenceEstimate) -> InfluenceEstimate:
    """Return `first` - `second` with its influences; both are over the entities of one table."""
    minuend, subtrahend = first.estimate, second.estimate
    degrees = combined_degrees(
        minuend.variance,
        minuend.degrees,
        subtrahend.variance,
        subtrahend.degrees,
    )
    return InfluenceEstimate.of(
        minuend.value - subtrahend.value,
        first.dense_influence() - second.dense_influence(),
        (first.dense_shares() + second.dense_shares()) / 2,
        effective_rows=min(minuend.effective_rows, subtrahend.effective_rows),
        degrees=degrees,
    )


def correlation(first: InfluenceEstimate, second: InfluenceEstimate) -> float:
    """Return the correlation of two estimates, from the entities that influence both.

    0 where one has no variance.
    """
    spread = sqrt(first.estimate.variance * second.estimate.variance)
    if not spread > 0:
        return 0.0
    return float(first.dense_influence() @ second.dense_influence()) / spread


def paired_correlation(first: InfluenceEstimate, second: InfluenceEstimate) -> float:
    """Return the correlation of two scorers' estimates on the same rows, times (G - 1) / (G + 1)
    for G entities.

    Two methods that agree on every row of a sample need not agree on all others: so the correlation
    is shrunk, in the spirit of the pseudo-observations of Agresti & Min (2005).
    """
    entity_count = min(first.estimate.entity_count, second.estimate.entity_count)
    return correlation(first, second) * ((entity_count - 1) / (entity_count + 1))


def mover_limits(
    first: Estimate, second: Estimate, first_limits: Limits, second_limits: Limits, correlation: float
) -> Limits:
    """MOVER limits of `first` - `second`, from the limits of each (Newcombe 1998; Zou & Donner 2008).

    Each half-width of the difference joins those of both sides as standard errors of correlated
    estimates are joined: √(a² - 2 r a b + b²). So it takes over the asymmetry of both intervals.
    `correlation` is r.
    """
    first_low, first_high = first_limits
    second_low, second_high = second_limits
    if first_low is None or first_high is None or second_low is None or second_high is None:
        return UNKNOWN

    value = first.value - second.value
    below = _join_half_widths(first.value - first_low, second_high - second.value, correlation)
    above = _join_half_widths(first_high - first.value, second.value - second_low, correlation)
    return value - below, value + above


def _join_half_widths(first: float, second: float, correlation: float) -> float:
    """Return √(first² - 2 correlation first second + second²)."""
    return sqrt(max(first**2 - 2 * correlation * first * second + second**2, 0.0))


def paired_hall_limits(change: Estimate, mover: Limits, confidence: float) -> Limits:
    """Return Hall's limits of `change`, a paired difference of means; `mover` are its MOVER limits.

    Where fewer than three effective clusters contribute the variance, as with one rare large cost
    that only one scorer avoids, Hall's limits cover far too seldom: then the wider of both on each
    side.
    """
    limits = hall_limits(change, confidence)
    if change.effective_clusters >= _MIN_CLUSTERS:
        return limits
    return _wider(limits, mover)


@dataclass(frozen=True)
class Spread:
    """The variance and the skewness of a difference."""

    variance: float
    skewness: float


def pooled_spread(inside: InfluenceEstimate, outside: InfluenceEstimate, everyone: InfluenceEstimate) -> Spread | None:
    """Pooled spread: that of `inside` - `outside` if the values of both parts varied as those of
    all rows do.

    The three are means: over a slice, over the rest of the rows, and over all rows.

    Returns None where a part has fewer than two entities, or the mean over all rows has no
    variance.
    """
    smaller_part = min(inside.estimate.entity_count, outside.estimate.entity_count)
    if smaller_part < 2 or not everyone.estimate.variance > 0:
        return None

    influence = everyone.dense_influence()
    shares = everyone.dense_shares()
    leverage = inside.dense_shares() - outside.dense_shares()  # (G,) by how much an entity's mean moves the difference

    variance = float(np.sum(influence**2) / np.sum(shares**2) * np.sum(leverage**2))
    third = third_moment(influence) / third_moment(shares) * third_moment(leverage)
    skewness = float(third / variance**1.5) if variance > 0 else 0.0
    return Spread(variance, skewness)


def slice_hall_limits(
    change: Estimate, inside: Estimate, outside: Estimate, pooled: Spread | None, confidence: float
) -> Limits:
    """Return Hall's limits of `change`, a slice's mean `inside` minus the mean `outside` it.

    On each side the wider of two: by the parts' own spread, and by the `pooled` one, since a small
    slice that happens to contain none of the rare large values looks as if it could contain none.
    Where a part has no variance of its own, the pooled limits alone; where there is no pooled
    spread, unknown.

    The pooled spread is 0, and widens nothing, where each entity has half its weight in either
    part.
    """
    if pooled is None:
        return UNKNOWN

    pooled_limits = hall(change.value, pooled.variance, pooled.skewness, change.critical(confidence))
    if not min(inside.variance, outside.variance) > 0:
        return pooled_limits if pooled.variance > 0 else UNKNOWN
    return _wider(hall_limits(change, confidence), pooled_limits)


def _wider(first: Limits, second: Limits) -> Limits:
    """Return the lower of both low and the higher of both high limits.

    `second` where a limit is unknown.
    """
    first_low, first_high = first
    second_low, second_high = second
    if first_low is None or first_high is None or second_low is None or second_high is None:
        return second
    return min(first_low, second_low), max(first_high, second_high)
