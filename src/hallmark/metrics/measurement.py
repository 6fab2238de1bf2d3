"""Measurement: metrics of one scorer's predictions, on all rows, by slice, and as differences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.metric import (
    NOT_ESTIMABLE,
    Metric,
    PreparedMetric,
    SliceDifference,
    paired_difference,
    slice_difference,
)
from hallmark.metrics.prediction_table import PredictionTable
from hallmark.metrics.registry import metric_of
from hallmark.metrics.statistics import Interval
from hallmark.metrics.statistics.families import Family
from hallmark.metrics.statistics.influence import InfluenceEstimate

SliceIntervals = dict[tuple[str, str], Interval]  # by the names of metric and slice


@dataclass(frozen=True, eq=False)
class Measurement:
    """Metrics of the predictions of one scorer on one split, with confidence intervals.

    `overall`, `by_group` and `difference` are called as in fairlearn's MetricFrame; its groups are
    slices here, since they may overlap. Results are computed when they are first asked for. Of a
    slice a few numbers are stored, not its rows.

    rows: n rows of the predictions contract (`contracts.predictions`).
    metrics: Metrics, or names in `registry.METRICS`.
    slices: By name, the rows of each slice: booleans (n,) or row numbers.
    positive: The label that an alert stands for; None where no label is special.
    seed: Of the random numbers that some limits need.
    confidence: Of each single interval of `overall`, `by_group` and `against`, such as 0.95.
    progress: Wraps the list of metrics that `by_group` goes through, to show its progress.
    """

    rows: pd.DataFrame
    metrics: Sequence[str | Metric]
    _: KW_ONLY
    slices: Mapping[str, np.ndarray] = field(default_factory=dict)
    positive: str | None
    seed: int
    confidence: float = 0.95
    progress: Callable[[Sequence[str]], Iterable[str]] = iter

    @cached_property
    def overall(self) -> dict[str, Interval]:
        """Each metric on all rows, by the metric's name; NOT_ESTIMABLE where no row has weight."""
        return {
            name: estimator.interval(self._overall_estimates[name], self.confidence)
            for name, estimator in self._estimators.items()
        }

    @cached_property
    def by_group(self) -> SliceIntervals:
        """Each metric on each slice, by (metric, slice); NOT_ESTIMABLE where no row has weight.

        Each interval covers with `confidence` by itself, not all of them together.
        """
        intervals: SliceIntervals = {}
        for metric in self.progress(list(self._estimators)):
            estimator = self._estimators[metric]
            for slice_name in self.slices:
                estimate = estimator.estimate(self._weights(slice_name))
                intervals[metric, slice_name] = estimator.interval(estimate, self.confidence)
        return intervals

    def difference(self, metrics: Sequence[str] | None = None, *, confidence: float | None = None) -> SliceIntervals:
        """Return by how much each slice is better than the rest of the rows (> 0: better), by
        (metric, slice).

        metrics: Names of some of the measured metrics; None: all.
        confidence: With which all intervals cover together (`Family`); None: that of the
            measurement.

        Limits allow for entities that have rows in the slice and in the rest. `n` counts the
        slice's entities. NOT_ESTIMABLE where the slice or the rest has no row with weight.
        """
        metric_names = list(self._estimators) if metrics is None else list(metrics)
        family_confidence = self.confidence if confidence is None else confidence

        family = Family()
        differences: dict[tuple[str, str], SliceDifference | None] = {}
        for metric in metric_names:
            for slice_name in self.slices:
                differences[metric, slice_name] = self._slice_difference(metric, slice_name, family)

        generator = np.random.default_rng(self.seed)
        pointwise_confidence = family.pointwise_confidence(family_confidence, generator=generator)
        return {
            key: NOT_ESTIMABLE if difference is None else difference.interval(pointwise_confidence)
            for key, difference in differences.items()
        }

    def against(self, other: "Measurement") -> dict[str, Interval]:
        """Return by how much this scorer is better than another on the same examples (> 0: better),
        by metric.

        The two are paired by entity. Raises `InputError` where their ids differ or are in another
        order.
        """
        if not np.array_equal(self.rows["id"], other.rows["id"]):
            raise InputError("two scorers can only be compared on the same ids in the same order")
        return {name: self._paired_difference(name, other) for name in self._estimators}

    @cached_property
    def _estimators(self) -> dict[str, PreparedMetric]:
        """Each metric, prepared to be estimated on any subset of the rows, by the metric's name."""
        table = PredictionTable.of(self.rows, positive=self.positive, seed=self.seed)
        metrics = [metric_of(metric) for metric in self.metrics]
        return {metric.name: metric.prepare(table) for metric in metrics}

    @cached_property
    def _overall_estimates(self) -> dict[str, InfluenceEstimate | None]:
        """Each metric on all rows, by the metric's name; None where no row has weight."""
        weights = np.ones(len(self.rows))
        return {name: estimator.estimate(weights) for name, estimator in self._estimators.items()}

    def _slice_difference(self, metric: str, slice_name: str, family: Family) -> SliceDifference | None:
        """Return the metric on a slice minus that on the rest of the rows, and add the difference
        to `family`.

        Returns None where the slice or the rest has no row with weight.
        """
        estimator = self._estimators[metric]
        weights = self._weights(slice_name)
        inside = estimator.estimate(weights)
        rest = estimator.estimate(1 - weights)
        overall = self._overall_estimates[metric]
        if inside is None or rest is None or overall is None:
            return None

        difference, influence = slice_difference(estimator, inside, rest, overall)
        family.add(influence)
        return difference

    def _paired_difference(self, metric: str, other: "Measurement") -> Interval:
        """Return by how much this scorer is better than `other` in one metric (> 0: better)."""
        first = self._overall_estimates[metric]
        second = other._overall_estimates[metric]
        if first is None or second is None:
            return NOT_ESTIMABLE
        return paired_difference(self._estimators[metric], first, second, self.confidence)

    def _weights(self, slice_name: str) -> np.ndarray:
        """Return a weight for each row (n,): 1 in the slice, 0 outside it.

        Raises `InputError` where the slice is booleans of another number than n.
        """
        rows: np.ndarray = np.asarray(self.slices[slice_name])
        weights = np.zeros(len(self.rows))
        if rows.dtype == bool and len(rows) != len(weights):
            raise InputError(f"slice {slice_name!r} is of {len(rows)} rows, but the predictions have {len(weights)}")

        weights[rows] = 1.0
        return weights
