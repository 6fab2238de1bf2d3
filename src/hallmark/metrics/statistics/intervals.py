"""Confidence limits for one statistic, and for the difference of two. None stands for a limit that data cannot give."""

from math import sqrt

import numpy as np
from scipy import stats

from hallmark.metrics.statistics.linear import Linear, combined_degrees

Limits = tuple[float | None, float | None]
UNKNOWN: Limits = (None, None)
_ROUNDING = 1e-9  # what differs by less does not differ
_CARRIERS = 3.0  # entities; measured: benchmarks/coverage.py
_CORRELATION = 0.2  # between rows of an entity, assumed only where all rows agree and cannot tell


def score(linear: Linear, confidence: float) -> Limits:
    """Return Wilson's (1927) score limits for a statistic in [0, 1]: a share, ROC AUC, average precision.

    Its sample size is the effective one, p(1 - p) / variance, and its quantile Student's (Korn & Graubard 1998; Dean &
    Pagano 2015). Independent rows give Wilson's own interval. Where all rows agree nothing is known of the variance:
    the design effect is then that of a correlation of 0.2 within entities.
    """
    if linear.entities < 2:
        return UNKNOWN
    share = linear.estimate
    if linear.independent:
        return wilson(share, linear.rows, float(stats.norm.ppf(0.5 + confidence / 2)))
    if not linear.degrees > 0:
        return UNKNOWN
    if min(share, 1 - share) > _ROUNDING and linear.variance > _ROUNDING**2:
        return wilson(share, share * (1 - share) / linear.variance, linear.critical(confidence))
    effect = 1 + max(linear.rows / linear.entities - 1, 0) * _CORRELATION
    return wilson(share, linear.rows / effect, linear.critical(confidence))


def wilson(share: float, size: float, critical: float) -> tuple[float, float]:
    """Return Wilson's limits of a `share` of `size` independent units, which need not be whole."""
    squared = critical**2 / size
    centre = (share + squared / 2) / (1 + squared)
    half = sqrt(squared * share * (1 - share) + squared**2 / 4) / (1 + squared)
    return (centre - half if share > 0 else 0.0), (centre + half if share < 1 else 1.0)


def skewed(linear: Linear, confidence: float) -> Limits:
    """Return Student's limits for a mean of any values, corrected for skewness by Hall's (1992) cubic transformation.

    Covers as the studentised bootstrap does (`docs/statistics.md`), without its replicates and its seed.
    """
    if linear.entities < 2 or not linear.variance > 0:
        return UNKNOWN
    skewness = _cubes(linear.influence / sqrt(linear.variance))
    return hall(linear.estimate, linear.variance, skewness, linear.critical(confidence))


def hall(estimate: float, variance: float, skewness: float, critical: float) -> tuple[float, float]:
    """Return Hall's limits of an estimate whose distribution has this `variance` and `skewness`."""
    error = sqrt(variance)
    return estimate - error * _untransformed(critical, skewness), estimate + error * _untransformed(critical, -skewness)


def _untransformed(quantile: float, skewness: float) -> float:
    """Solve g(t) = quantile for g(t) = t + at²/3 + a²t³/27 + a/6, which is all but normal at skewness a."""
    if abs(skewness) < 1e-6:
        return quantile
    return float(3 / skewness * (np.cbrt(1 + skewness * (quantile - skewness / 6)) - 1))


def _cubes(values: np.ndarray) -> float:
    return float(np.sum(values * values * values))  # numpy's power function takes many times as long


def minus(first: Linear, second: Linear) -> Linear:
    """Return the statistic `first` - `second` over the same entities."""
    return Linear(
        estimate=first.estimate - second.estimate,
        influence=first.influence - second.influence,
        shares=(first.shares + second.shares) / 2,
        rows=min(first.rows, second.rows),
        degrees=combined_degrees(first.variance, first.degrees, second.variance, second.degrees),
    )


def skewed_change(change: Linear, joined: Limits, confidence: float) -> Limits:
    """Return limits of a paired difference of means of skewed values; `joined` are those that `difference` gives.

    Where under three entities carry the difference, as with one rare large cost that only one scorer avoids, its own
    spread covers far too seldom, and the limits are the wider of both.
    """
    own = skewed(change, confidence)
    if change.carriers >= _CARRIERS:
        return own
    if own[0] is None or own[1] is None or joined[0] is None or joined[1] is None:
        return joined
    return min(own[0], joined[0]), max(own[1], joined[1])


def skewed_gap(inside: Linear, outside: Linear, everyone: Linear, confidence: float) -> Limits:
    """Return limits of `inside` - `outside` for means of skewed values on two parts of the rows of `everyone`.

    The wider, on each side, of the limits by the two parts' own spread and by that of all entities: a small part that
    happens to hold none of the rare large values looks as if it could hold none.
    """
    gap = minus(inside, outside)
    if min(inside.entities, outside.entities) < 2 or not everyone.variance > 0:
        return UNKNOWN
    critical = gap.critical(confidence)
    tilt = inside.shares - outside.shares  # by how much one unit of an entity's residual moves the gap
    variance = np.sum(everyone.influence**2) / np.sum(everyone.shares**2) * np.sum(tilt**2)
    third = _cubes(everyone.influence) / _cubes(everyone.shares) * _cubes(tilt)
    common = hall(gap.estimate, float(variance), float(third / variance**1.5), critical)
    own = skewed(gap, confidence) if min(inside.variance, outside.variance) > 0 else common
    assert own[0] is not None and own[1] is not None
    return min(own[0], common[0]), max(own[1], common[1])


def difference(first: Linear, second: Linear, limits: tuple[Limits, Limits], *, paired: bool) -> Limits:
    """Return limits of `first` - `second` from the `limits` of each (Newcombe 1998; MOVER: Zou & Donner 2008).

    Each side brings its own asymmetry, and the entities that both share their correlation. Where `paired`, it is
    shrunk by (G - 1) / (G + 1), in the spirit of the pseudo-observations of Agresti & Min (2005): two methods that
    agree on every row seen are not known to agree everywhere.
    """
    (low, high), (other_low, other_high) = limits
    if low is None or high is None or other_low is None or other_high is None:
        return UNKNOWN
    spread = sqrt(first.variance * second.variance)
    correlation = float(first.influence @ second.influence) / spread if spread > 0 else 0.0
    if paired:
        entities = min(first.entities, second.entities)
        correlation *= (entities - 1) / (entities + 1)
    estimate, down, up = first.estimate - second.estimate, first.estimate - low, high - first.estimate
    other_down, other_up = second.estimate - other_low, other_high - second.estimate
    return estimate - _joined(down, other_up, correlation), estimate + _joined(up, other_down, correlation)


def _joined(first: float, second: float, correlation: float) -> float:
    return sqrt(max(first**2 - 2 * correlation * first * second + second**2, 0.0))
