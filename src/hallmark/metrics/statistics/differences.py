"""Differences of two estimates, of two scorers on the same rows or of two parts of the rows, and their limits."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate, combined_degrees, third_moment
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall, hall_limits

_CLUSTERS = 3.0  # effective number; measured: benchmarks/coverage.py


def difference(first: InfluenceEstimate, second: InfluenceEstimate) -> InfluenceEstimate:
    """Return the statistic `first` - `second` over the same entities."""
    one, other = first.estimate, second.estimate
    return InfluenceEstimate.of(
        one.value - other.value,
        first.dense_influence() - second.dense_influence(),
        (first.dense_shares() + second.dense_shares()) / 2,
        rows=min(one.rows, other.rows),
        degrees=combined_degrees(one.variance, one.degrees, other.variance, other.degrees),
    )


def correlation(first: InfluenceEstimate, second: InfluenceEstimate) -> float:
    """Return the correlation of two estimates, which comes from the entities that both have; 0 without spread."""
    spread = sqrt(first.estimate.variance * second.estimate.variance)
    if not spread > 0:
        return 0.0
    return float(first.dense_influence() @ second.dense_influence()) / spread


def paired_correlation(first: InfluenceEstimate, second: InfluenceEstimate) -> float:
    """Return the correlation of two scorers on the same rows, shrunk by (G - 1) / (G + 1).

    In the spirit of the pseudo-observations of Agresti & Min (2005): two methods that agree on every row of the sample
    are not known to agree everywhere.
    """
    entities = min(first.estimate.entities, second.estimate.entities)
    return correlation(first, second) * ((entities - 1) / (entities + 1))


def mover_limits(
    first: Estimate, second: Estimate, first_limits: Limits, second_limits: Limits, correlation: float
) -> Limits:
    """Return limits of `first` - `second` from the limits of each (Newcombe 1998; MOVER: Zou & Donner 2008).

    Each side brings its own asymmetry, and the entities that both have their correlation.
    """
    low, high = first_limits
    other_low, other_high = second_limits
    if low is None or high is None or other_low is None or other_high is None:
        return UNKNOWN

    value = first.value - second.value
    down = _joint_arm(first.value - low, other_high - second.value, correlation)
    up = _joint_arm(high - first.value, second.value - other_low, correlation)
    return value - down, value + up


def _joint_arm(first: float, second: float, correlation: float) -> float:
    """Return the arm of a difference's interval from those of both sides."""
    return sqrt(max(first**2 - 2 * correlation * first * second + second**2, 0.0))


def paired_hall_limits(change: Estimate, mover: Limits, confidence: float) -> Limits:
    """Return Hall's limits of a paired difference of means; `mover` are its MOVER limits.

    Where fewer than three effective clusters make up the difference, as with one rare large cost that only one scorer
    avoids, its own spread covers far too seldom, and the limits are the wider of both.
    """
    own = hall_limits(change, confidence)
    if change.effective_clusters >= _CLUSTERS:
        return own
    return _wider(own, mover)


@dataclass(frozen=True)
class Spread:
    """The variance and the skewness of a difference."""

    variance: float
    skewness: float


def pooled_spread(inside: InfluenceEstimate, outside: InfluenceEstimate, everyone: InfluenceEstimate) -> Spread | None:
    """Return the spread that `inside` - `outside` would have if both parts were spread as all rows are.

    For means over two parts of the rows of `everyone`. None where a part has under two entities, or all rows no spread.
    """
    if min(inside.estimate.entities, outside.estimate.entities) < 2 or not everyone.estimate.variance > 0:
        return None

    influence = everyone.dense_influence()
    shares = everyone.dense_shares()
    tilt = inside.dense_shares() - outside.dense_shares()  # by how much one unit of an entity's residual moves the gap
    variance = float(np.sum(influence**2) / np.sum(shares**2) * np.sum(tilt**2))
    third = third_moment(influence) / third_moment(shares) * third_moment(tilt)
    return Spread(variance, float(third / variance**1.5) if variance > 0 else 0.0)


def slice_hall_limits(
    change: Estimate, inside: Estimate, outside: Estimate, pooled: Spread | None, confidence: float
) -> Limits:
    """Return Hall's limits of a slice's mean minus that of the rest, the wider of two on each side.

    By the two parts' own spread, and by the `pooled` one: a small slice that happens to hold none of the rare large
    values looks as if it could hold none. Where each entity lies half in either part, the pooled spread is 0 and tells
    nothing.
    """
    if pooled is None:
        return UNKNOWN
    common = hall(change.value, pooled.variance, pooled.skewness, change.critical(confidence))
    if not min(inside.variance, outside.variance) > 0:
        return common if pooled.variance > 0 else UNKNOWN
    return _wider(hall_limits(change, confidence), common)


def _wider(first: Limits, second: Limits) -> Limits:
    """Return the lower of the low and the higher of the high limits; the second where either is unknown."""
    if first[0] is None or first[1] is None or second[0] is None or second[1] is None:
        return second
    return min(first[0], second[0]), max(first[1], second[1])
