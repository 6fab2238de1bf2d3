"""Any smooth function of predictions as a metric, with an interval."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.metric import Metric, PreparedMetric
from hallmark.metrics.prediction_table import PredictionTable
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall_limits, score_limits
from hallmark.metrics.statistics.jackknife import block_jackknife, divide_entities


@dataclass(frozen=True, kw_only=True)
class FunctionMetric(Metric):
    """A function of predictions as a metric.

    Its interval is that of a jackknife over at most 200 blocks of entities. The blocks of a table
    follow from its ids and the seed: other names of the entities, or another order of the rows,
    change no limit.

    For smooth functions such as an F-score or a correlation; `statistics.jackknife` says for which
    functions it isn't valid. The function is called up to 201 times for each slice.

    function: Takes any subset of the predictions' rows, and returns the metric; NaN where these
        rows have none, such as a recall without a positive row.
    columns: The columns of the predictions that it reads; it gets no others.
    """

    function: Callable[[pd.DataFrame], float]
    columns: tuple[str, ...] = ("label", "prediction")

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return set(self.columns) <= set(columns)

    def prepare(self, table: PredictionTable) -> "PreparedFunction":
        return PreparedFunction(self, table)


class PreparedFunction(PreparedMetric):
    """A function metric of one table."""

    def __init__(self, metric: FunctionMetric, table: PredictionTable) -> None:
        missing_columns = [name for name in metric.columns if name not in table.rows]
        if missing_columns:
            raise InputError(
                f"metric {metric.name!r} reads {missing_columns[0]!r}, which the predictions have no column of"
            )

        self.metric = metric
        self.function = metric.function
        self.rows = table.rows[list(metric.columns)]
        self.has_prediction = table.has_prediction()
        self.codes = table.codes
        self.block_of_entity = divide_entities(table.entities_by_id(), seed=table.seed)
        self.lowest = float("-inf") if metric.support == "real" else 0.0

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        """Estimate the metric on the rows whose weight (n,) is above 0.

        A function knows no other weights than 0 and 1.

        Returns None where no row with a prediction has weight, or the function gives NaN.
        """
        return block_jackknife(
            lambda rows: self.function(self.rows.take(rows)),
            (weights > 0) & self.has_prediction,
            self.codes,
            block_of_entity=self.block_of_entity,
        )

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        """Return Wilson's limits for a metric between 0 and 1, else Hall's.

        Unknown where the function gives NaN once a block is left out: then the variance is NaN.
        """
        if np.isnan(estimate.variance):
            return UNKNOWN
        method = score_limits if self.metric.support == "share" else hall_limits
        return method(estimate, confidence)
