"""Any smooth function of predictions as a metric with an interval."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.metric import Metric, PreparedMetric
from hallmark.metrics.prediction_table import PredictionTable
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall_limits, score_limits
from hallmark.metrics.statistics.jackknife import block_jackknife


@dataclass(frozen=True, kw_only=True)
class FunctionMetric(Metric):
    """A function of predictions, rows → float, with the interval of a jackknife over at most 200 blocks of entities.

    For smooth functions such as an F-score or a correlation, on any subset of the rows; `statistics.jackknife` says for
    which it isn't valid. It is called some 200 times a slice.

    function: Rows of the predictions contract → the metric; NaN where they have none, as without a positive.
    columns: That the function reads.
    """

    function: Callable[[pd.DataFrame], float]
    columns: tuple[str, ...] = ("label", "prediction")

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return set(self.columns) <= set(columns)

    def prepare(self, table: PredictionTable) -> "PreparedFunction":
        return PreparedFunction(self, table)


class PreparedFunction(PreparedMetric):
    """The columns of the rows that the function reads."""

    def __init__(self, metric: FunctionMetric, table: PredictionTable) -> None:
        missing = [name for name in metric.columns if name not in table.rows]
        if missing:
            raise InputError(f"metric {metric.name!r} reads {missing[0]!r}, which the predictions have no column of")
        self.metric = metric
        self.function = metric.function
        self.rows = table.rows[list(metric.columns)]
        self.answered = table.answered()
        self.codes = table.codes
        self.entities = table.entities
        self.seed = table.seed
        self.lowest = float("-inf") if metric.support == "real" else 0.0

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        """Estimate the metric on the rows of weight 1; a function has no other weights than 0 and 1."""
        return block_jackknife(
            lambda rows: self.function(self.rows.take(rows)),
            (weights > 0) & self.answered,
            self.codes,
            size=self.entities,
            seed=self.seed,
        )

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        """Wilson's by the effective sample size for what lies between 0 and 1, else Hall's.

        Unknown where the function has no value without some block.
        """
        if np.isnan(estimate.variance):
            return UNKNOWN
        method = score_limits if self.metric.support == "share" else hall_limits
        return method(estimate, confidence)
