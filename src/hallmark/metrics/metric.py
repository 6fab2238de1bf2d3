"""What a metric is: its name and how people read it, what values it can have, and how it is measured with limits."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hallmark.metrics.prediction_table import PredictionTable
from hallmark.metrics.statistics import Interval
from hallmark.metrics.statistics.differences import (
    Spread,
    correlation,
    difference,
    mover_limits,
    paired_correlation,
    paired_hall_limits,
    pooled_spread,
    slice_hall_limits,
)
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall_limits, score_limits

Support = Literal["share", "non-negative", "real"]
NOT_ESTIMABLE = Interval(None, None, None, 0)


@dataclass(frozen=True)
class Metric(ABC):
    """A metric of a predictions table.

    name: In tables and configuration.
    label, unit: As people read them.
    support: The values that it can have: from 0 to 1, from 0 on, or any.
    """

    name: str
    label: str
    unit: str
    higher_is_better: bool
    support: Support

    @abstractmethod
    def is_given_by(self, columns: Collection[str], positive: str | None, /) -> bool:
        """Return whether predictions with these columns can give the metric, where `positive` is the special label."""

    @abstractmethod
    def prepare(self, table: PredictionTable) -> "PreparedMetric":
        """Read the columns that the metric needs, once for all subsets of the rows.

        Raises `InputError` where a column is missing or holds a value that the metric can't have.
        """


class PreparedMetric(ABC):
    """A metric of one table, ready to be estimated on any subset of its rows.

    lowest: No value of the metric lies below; an interval of the metric itself is cut there.
    is_skewed_mean: Whether it is a mean of values whose distribution may be skewed: limits are then Hall's.
    """

    metric: Metric
    lowest: float = float("-inf")
    is_skewed_mean: bool = False

    @abstractmethod
    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        """Estimate the metric with a weight (n,) for each row of the table; 0 leaves it out.

        None where nothing counts.
        """

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        """Return the confidence limits of an estimate that this metric made."""
        method = hall_limits if self.is_skewed_mean else score_limits
        return method(estimate, confidence)

    def interval(self, measured: InfluenceEstimate | None, confidence: float) -> Interval:
        """Return the interval of the metric itself; `n` counts entities."""
        if measured is None:
            return NOT_ESTIMABLE
        low, high = self.limits(measured.estimate, confidence)
        if low is not None:
            low = max(low, self.lowest)
        return _interval(measured.estimate.value, (low, high), measured.estimate.entities)

    def oriented(self, change: Estimate, limits: Limits, entities: int) -> Interval:
        """Return the interval of a difference, turned so that above 0 the first of the two is better."""
        if self.metric.higher_is_better:
            return _interval(change.value, limits, entities)
        low, high = limits
        flipped = UNKNOWN if low is None or high is None else (-high, -low)
        return _interval(-change.value, flipped, entities)


@dataclass(frozen=True)
class SliceDifference:
    """A metric on a slice of the rows minus that on the rest: all that its limits need, without the influences."""

    prepared: PreparedMetric
    change: Estimate
    inside: Estimate
    outside: Estimate
    correlation: float
    pooled: Spread | None  # of means of skewed values only

    def interval(self, confidence: float) -> Interval:
        """Return by how much the slice does better than the rest (> 0: better); `n` counts the slice's entities."""
        if self.prepared.is_skewed_mean:
            limits = slice_hall_limits(self.change, self.inside, self.outside, self.pooled, confidence)
        else:
            inside_limits = self.prepared.limits(self.inside, confidence)
            outside_limits = self.prepared.limits(self.outside, confidence)
            limits = mover_limits(self.inside, self.outside, inside_limits, outside_limits, self.correlation)
        return self.prepared.oriented(self.change, limits, self.inside.entities)


def slice_difference(
    prepared: PreparedMetric, inside: InfluenceEstimate, outside: InfluenceEstimate, everyone: InfluenceEstimate
) -> tuple[SliceDifference, InfluenceEstimate]:
    """Return the difference of a slice to the rest, and its influences for the family that it is part of."""
    change = difference(inside, outside)
    compared = SliceDifference(
        prepared=prepared,
        change=change.estimate,
        inside=inside.estimate,
        outside=outside.estimate,
        correlation=correlation(inside, outside),
        pooled=pooled_spread(inside, outside, everyone) if prepared.is_skewed_mean else None,
    )
    return compared, change


def paired_difference(
    prepared: PreparedMetric, first: InfluenceEstimate, second: InfluenceEstimate, confidence: float
) -> Interval:
    """Return by how much the first of two scorers is better on the same rows, paired by entity (> 0: better).

    `prepared` is the metric of either table: limits depend on the metric and the estimate alone.
    """
    change = difference(first, second).estimate
    limits = mover_limits(
        first.estimate,
        second.estimate,
        prepared.limits(first.estimate, confidence),
        prepared.limits(second.estimate, confidence),
        paired_correlation(first, second),
    )
    if prepared.is_skewed_mean:
        limits = paired_hall_limits(change, limits, confidence)
    return prepared.oriented(change, limits, change.entities)


def _interval(value: float, limits: Limits, entities: int) -> Interval:
    return Interval(value + 0.0, *limits, entities)  # + 0.0 makes -0 a plain 0
