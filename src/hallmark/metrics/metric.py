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
NOT_ESTIMABLE = Interval(None, None, None, 0)  # empty: no row counts


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

    def interval(self, influence: InfluenceEstimate | None, confidence: float) -> Interval:
        """Return the interval of the metric itself, empty for None; `n` counts entities."""
        if influence is None:
            return NOT_ESTIMABLE

        low, high = self.limits(influence.estimate, confidence)
        if low is not None:
            low = max(low, self.lowest)
        return _interval(influence.estimate.value, (low, high), influence.estimate.entities)

    def oriented(self, difference: Estimate, limits: Limits, entities: int) -> Interval:
        """Return the interval of a difference, turned so that above 0 the first of the two is better."""
        if self.metric.higher_is_better:
            return _interval(difference.value, limits, entities)

        low, high = limits
        flipped = UNKNOWN if low is None or high is None else (-high, -low)
        return _interval(-difference.value, flipped, entities)


@dataclass(frozen=True)
class SliceDifference:
    """A metric on a slice of the rows minus that on the rest of them: what its limits need, without the influences.

    value: The difference, with its variance, which allows for entities that have rows on both sides.
    correlation: Of `inside` and `rest`, by the entities that have rows on both sides.
    pooled: The spread if both sides were spread as all rows are; of means of skewed values only.
    """

    estimator: PreparedMetric
    value: Estimate
    inside: Estimate
    rest: Estimate
    correlation: float
    pooled: Spread | None

    def interval(self, confidence: float) -> Interval:
        """Return by how much the slice does better than the rest (> 0: better); `n` counts the slice's entities."""
        if self.estimator.is_skewed_mean:
            limits = slice_hall_limits(self.value, self.inside, self.rest, self.pooled, confidence)
        else:
            inside_limits = self.estimator.limits(self.inside, confidence)
            rest_limits = self.estimator.limits(self.rest, confidence)
            limits = mover_limits(self.inside, self.rest, inside_limits, rest_limits, self.correlation)
        return self.estimator.oriented(self.value, limits, self.inside.entities)


def slice_difference(
    estimator: PreparedMetric, inside: InfluenceEstimate, rest: InfluenceEstimate, overall: InfluenceEstimate
) -> tuple[SliceDifference, InfluenceEstimate]:
    """Return a metric on a slice minus that on the rest, and the influences of that difference, for its family.

    `overall`, the metric on all rows, only lends its spread to means of skewed values: nothing is compared with it.
    """
    influence = difference(inside, rest)
    measured_difference = SliceDifference(
        estimator=estimator,
        value=influence.estimate,
        inside=inside.estimate,
        rest=rest.estimate,
        correlation=correlation(inside, rest),
        pooled=pooled_spread(inside, rest, overall) if estimator.is_skewed_mean else None,
    )
    return measured_difference, influence


def paired_difference(
    estimator: PreparedMetric, first: InfluenceEstimate, second: InfluenceEstimate, confidence: float
) -> Interval:
    """Return by how much the first of two scorers is better on the same rows, paired by entity (> 0: better).

    `estimator` is the metric of either table: limits depend on the metric and the estimate alone.
    """
    value = difference(first, second).estimate
    limits = mover_limits(
        first.estimate,
        second.estimate,
        estimator.limits(first.estimate, confidence),
        estimator.limits(second.estimate, confidence),
        paired_correlation(first, second),
    )
    if estimator.is_skewed_mean:
        limits = paired_hall_limits(value, limits, confidence)
    return estimator.oriented(value, limits, value.entities)


def _interval(value: float, limits: Limits, entities: int) -> Interval:
    return Interval(value + 0.0, *limits, entities)  # + 0.0 makes -0 a plain 0
