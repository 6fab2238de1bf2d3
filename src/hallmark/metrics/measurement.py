"""A measurement: metrics of one scorer's predictions, overall, by slice, as differences, and against another scorer."""

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

By = dict[tuple[str, str], Interval]  # by metric and slice


@dataclass(frozen=True, eq=False)
class Measurement:
    """Metrics of the predictions of one scorer on one split, with intervals by entity.

    The words are those of fairlearn's MetricFrame: `overall`, `by_group`, `difference`. Each metric reads its columns
    once; what is held of a slice is a few numbers, not its rows.

    rows: (n) rows of the predictions contract.
    metrics: Names of the registry, or metrics.
    slices: By name, which rows: booleans (n,) or row numbers.
    positive: The label that an alert stands for; None where no label is special.
    seed: Of what is drawn for limits.
    confidence: Of each interval of `overall`, `by_group` and `against`, by itself.
    progress: Wraps the loop over metrics of `by_group`, to show how far it is.
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
        """Each metric on all rows, by its name."""
        return {
            name: prepared.interval(self._estimates[name], self.confidence) for name, prepared in self._prepared.items()
        }

    @cached_property
    def by_group(self) -> By:
        """Each metric on each slice, by (metric, slice): pointwise intervals."""
        measured: By = {}
        for metric in self.progress(list(self._prepared)):
            prepared = self._prepared[metric]
            for name in self.slices:
                estimate = prepared.estimate(self._weights(name))
                measured[metric, name] = prepared.interval(estimate, self.confidence)
        return measured

    def difference(self, metrics: Sequence[str] | None = None, *, confidence: float | None = None) -> By:
        """Measure by how much each slice does better than all other rows, by (metric, slice) (> 0: better).

        `confidence` holds for all metrics and slices together, and `n` counts the slice's entities.
        """
        names = list(self._prepared) if metrics is None else list(metrics)
        family = Family()
        differences: dict[tuple[str, str], SliceDifference | None] = {}
        for metric in names:
            for name in self.slices:
                differences[metric, name] = self._slice_difference(metric, name, family)

        pointwise = family.pointwise_confidence(
            self.confidence if confidence is None else confidence, generator=np.random.default_rng(self.seed)
        )
        return {
            key: NOT_ESTIMABLE if compared is None else compared.interval(pointwise)
            for key, compared in differences.items()
        }

    def against(self, other: "Measurement") -> dict[str, Interval]:
        """Measure by how much this scorer is better than another on the same examples, by metric (> 0: better).

        Paired by entity. Raises `InputError` where the ids of both differ or stand in another order.
        """
        if not np.array_equal(self.rows["id"], other.rows["id"]):
            raise InputError("two scorers can only be compared on the same ids in the same order")
        return {name: self._paired_difference(name, other) for name in self._prepared}

    @cached_property
    def _prepared(self) -> dict[str, PreparedMetric]:
        table = PredictionTable.of(self.rows, positive=self.positive, seed=self.seed)
        metrics = [metric_of(metric) for metric in self.metrics]
        return {metric.name: metric.prepare(table) for metric in metrics}

    @cached_property
    def _estimates(self) -> dict[str, InfluenceEstimate | None]:
        """Each metric on all rows."""
        everyone = np.ones(len(self.rows))
        return {name: prepared.estimate(everyone) for name, prepared in self._prepared.items()}

    def _slice_difference(self, metric: str, name: str, family: Family) -> SliceDifference | None:
        prepared = self._prepared[metric]
        weights = self._weights(name)
        inside = prepared.estimate(weights)
        outside = prepared.estimate(1 - weights)
        everyone = self._estimates[metric]
        if inside is None or outside is None or everyone is None:
            return None

        compared, change = slice_difference(prepared, inside, outside, everyone)
        family.add(change)
        return compared

    def _paired_difference(self, metric: str, other: "Measurement") -> Interval:
        first = self._estimates[metric]
        second = other._estimates[metric]
        if first is None or second is None:
            return NOT_ESTIMABLE
        return paired_difference(self._prepared[metric], first, second, self.confidence)

    def _weights(self, name: str) -> np.ndarray:
        """Return 1 for each row of a slice and 0 for the others (n,)."""
        chosen: np.ndarray = np.asarray(self.slices[name])
        weights = np.zeros(len(self.rows))
        if chosen.dtype == bool and len(chosen) != len(weights):
            raise InputError(f"slice {name!r} is of {len(chosen)} rows, but the predictions have {len(weights)}")
        weights[chosen] = 1.0
        return weights
