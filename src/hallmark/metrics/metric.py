"""The interface of a metric: its name and range, and how it is estimated on a table, with
confidence limits.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass
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
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, score_limits

Support = Literal["share", "non-negative", "real"]
RANGES: dict[Support, tuple[float, float]] = {  # the lowest and the highest value of each support
    "share": (0.0, 1.0),
    "non-negative": (0.0, float("inf")),
    "real": (float("-inf"), float("inf")),
}
ROUNDING = 1e-6  # by how much a value may lie outside its support: it is computed in floats
NOT_ESTIMABLE = Interval(None, None, None, 0)  # where no row has weight


@dataclass(frozen=True)
class Metric(ABC):
    """A metric of a predictions table.

    name: By which tables and the configuration name it.
    label, unit: Its name and unit in figures and texts.
    support: The values that it can have: "share" is 0 to 1, "non-negative" 0 or more, "real" any.
    """

    name: str
    _: KW_ONLY
    label: str
    unit: str
    higher_is_better: bool
    support: Support

    @abstractmethod
    def is_given_by(self, columns: Collection[str], positive: str | None, /) -> bool:
        """Return whether the metric can be estimated from predictions with these columns.

        `positive` is the label that an alert stands for; None where no label is special.
        """

    @abstractmethod
    def prepare(self, table: PredictionTable) -> "PreparedMetric":
        """Read and check the columns that the metric needs, once for all subsets of the rows.

        Raises `InputError` where a column is missing or has a value outside the metric's range.
        """


class PreparedMetric(ABC):
    """A metric of one table of n rows, ready to be estimated on any subset of them.

    is_skewed_mean: Whether it is a mean of values that may be skewed: its limits are Hall's, not
        Wilson's.
    """

    metric: Metric
    is_skewed_mean: bool = False

    @abstractmethod
    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        """Estimate the metric with a weight (n,) for each row of the table.

        Weight 0 leaves a row out.

        Returns None where no row that the metric counts has weight.
        """

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        """Return the confidence limits of an estimate that this metric made: Wilson's, unless a subclass has others."""
        return score_limits(estimate, confidence)

    def interval(self, influence: InfluenceEstimate | None, confidence: float) -> Interval:
        """Return the interval of the metric's own value, not of a difference, within its support.

        NOT_ESTIMABLE for None.
        """
        if influence is None:
            return NOT_ESTIMABLE

        limits = self.limits(influence.estimate, confidence)
        lowest, highest = RANGES[self.metric.support]
        return _interval(influence.estimate.value, _cut(limits, lowest, highest), influence.estimate.entity_count)

    def gain_interval(self, difference: Estimate, limits: Limits, entity_count: int) -> Interval:
        """Return a difference of the metric as a gain: above 0 its first part is better.

        Where lower values of the metric are better, the signs of the difference and its limits are
        turned. No limit is further from 0 than the metric's range is wide.
        """
        lowest, highest = RANGES[self.metric.support]
        limits = _cut(limits, lowest - highest, highest - lowest)
        if self.metric.higher_is_better:
            return _interval(difference.value, limits, entity_count)

        low, high = limits
        turned_limits = UNKNOWN if low is None or high is None else (-high, -low)
        return _interval(-difference.value, turned_limits, entity_count)


@dataclass(frozen=True)
class SliceDifference:
    """A metric on a slice minus that on the rest of the rows, with what its limits need but no
    influences.

    value: The difference. Its variance allows for entities that have rows in the slice and in the
        rest.
    inside, rest: The metric on the slice, and on the rest of the rows.
    correlation: Of `inside` and `rest`, from the entities that have rows in both.
    pooled: The spread that the difference would have if the values in both parts varied as those of
        all rows do; of means of skewed values only.
    """

    estimator: PreparedMetric
    value: Estimate
    inside: Estimate
    rest: Estimate
    correlation: float
    pooled: Spread | None

    def interval(self, confidence: float) -> Interval:
        """Return by how much the slice is better than the rest (> 0: better).

        `n` counts the slice's entities.
        """
        if self.estimator.is_skewed_mean:
            limits = slice_hall_limits(self.value, self.inside, self.rest, self.pooled, confidence)
        else:
            inside_limits = self.estimator.limits(self.inside, confidence)
            rest_limits = self.estimator.limits(self.rest, confidence)
            limits = mover_limits(self.inside, self.rest, inside_limits, rest_limits, self.correlation)
        return self.estimator.gain_interval(self.value, limits, self.inside.entity_count)


def slice_difference(
    estimator: PreparedMetric, inside: InfluenceEstimate, rest: InfluenceEstimate, overall: InfluenceEstimate
) -> tuple[SliceDifference, InfluenceEstimate]:
    """Return a metric on a slice minus that on the rest, without and with influences (for a
    `Family`).

    `inside`, `rest` and `overall` are the metric on the slice, on the rest, and on all rows.
    `overall` gives the pooled spread of means of skewed values; nothing is compared with it.
    """
    influence = difference(inside, rest)
    comparison = SliceDifference(
        estimator=estimator,
        value=influence.estimate,
        inside=inside.estimate,
        rest=rest.estimate,
        correlation=correlation(inside, rest),
        pooled=pooled_spread(inside, rest, overall) if estimator.is_skewed_mean else None,
    )
    return comparison, influence


def paired_difference(
    estimator: PreparedMetric, first: InfluenceEstimate, second: InfluenceEstimate, confidence: float
) -> Interval:
    """Return by how much the first of two scorers is better on the same rows (> 0: better), paired
    by entity.

    `estimator` is the prepared metric of either scorer's table: limits depend on the metric and the
    estimates alone.
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
    return estimator.gain_interval(value, limits, value.entity_count)


def _cut(limits: Limits, lowest: float, highest: float) -> Limits:
    """Return the limits, none below `lowest` or above `highest`."""
    low, high = limits
    if low is None or high is None:
        return limits
    return max(low, lowest), min(high, highest)


def _interval(value: float, limits: Limits, entity_count: int) -> Interval:
    return Interval(value + 0.0, *limits, entity_count)  # + 0.0 turns -0.0 into 0.0
