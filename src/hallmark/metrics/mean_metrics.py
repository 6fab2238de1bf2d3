"""Metrics that are means over rows, such as accuracy, losses, costs and error rates, and
exponentials of means.
"""

from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np

from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.errors import InputError
from hallmark.metrics.metric import RANGES, ROUNDING, Metric, PreparedMetric, Support
from hallmark.metrics.prediction_table import PredictionTable, require_finite
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall_limits, score_limits
from hallmark.metrics.statistics.means import weighted_mean

RowScores = Literal["binary", "graded", "skewed"]


@dataclass(frozen=True)
class MeanMetric(Metric):
    """Weighted mean of a column: Σ weight * score / Σ weight, with `score.<name>` and
    `weight.<name>`.

    row_scores: Of a share alone, the scores that a row can have, which decide the limits. "binary":
        0 or 1, with Wilson's limits. "graded": any in between, too, with Wilson's limits by their
        variance. "skewed": mostly small ones, never quite 0, with Hall's limits.

    A mean of another support has Hall's limits. All are cut at the ends of the support.
    """

    _: KW_ONLY
    row_scores: RowScores = "binary"

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return SCORE + self.name in columns

    def prepare(self, table: PredictionTable) -> "PreparedMean":
        return PreparedMean(self, table)


class PreparedMean(PreparedMetric):
    """A mean of one table: the score (n,) and the weight (n,) of each row."""

    def __init__(self, metric: Metric, table: PredictionTable) -> None:
        self.metric = metric
        self.codes = table.codes
        self.entity_count = table.entity_count

        weight_column = WEIGHT + metric.name
        self.weights = require_finite(table.column(weight_column), weight_column)

        score_column = SCORE + metric.name
        scores = np.where(self.weights > 0, table.column(score_column), 0.0)  # without weight any value is allowed
        scores = require_finite(scores, score_column)
        _require_support(scores, metric.support, score_column)
        self.scores = np.clip(scores, *RANGES[metric.support])  # moves a value that is outside by a rounding error

        row_scores = metric.row_scores if isinstance(metric, MeanMetric) and metric.support == "share" else "skewed"
        self.is_skewed_mean = row_scores == "skewed"
        self.is_binary = row_scores == "binary"

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        return weighted_mean(self.scores, self.weights * weights, self.codes, entity_count=self.entity_count)

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        if self.is_skewed_mean:
            return hall_limits(estimate, confidence)
        return score_limits(estimate, confidence, binary=self.is_binary)


def _require_support(scores: np.ndarray, support: Support, name: str) -> None:
    """Raise `InputError` where a score (n,) is outside the range of the support.

    `name` is that of its column.
    """
    lowest, highest = RANGES[support]
    is_outside = (scores < lowest - ROUNDING) | (scores > highest + ROUNDING)
    if is_outside.any():
        value = scores[is_outside][0]
        range_text = "from 0 to 1" if support == "share" else "0 or more"
        raise InputError(f"column {name!r} of the predictions holds {value}, but its values are {range_text}")


@dataclass(frozen=True)
class ExponentialMetric(Metric):
    """Exponential of a mean, such as perplexity: exp(Σ weight * score / Σ weight), columns as in
    `MeanMetric`.

    The support is that of the exponential and of the scores alike: 0 or more.
    """

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return SCORE + self.name in columns

    def prepare(self, table: PredictionTable) -> "PreparedExponential":
        return PreparedExponential(self, table)


@dataclass(frozen=True)
class ExponentialEstimate(Estimate):
    """The exponential of a mean, with the estimate of that mean: its limits are those of the mean,
    exponentiated.
    """

    mean: Estimate


class PreparedExponential(PreparedMetric):
    """An exponential of a mean of one table."""

    def __init__(self, metric: ExponentialMetric, table: PredictionTable) -> None:
        self.metric = metric
        self.mean = PreparedMean(metric, table)

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        """Estimate exp(mean).

        Its influences are those of the mean times exp(mean) (the delta method).
        """
        mean = self.mean.estimate(weights)
        if mean is None:
            return None

        value = float(np.exp(mean.estimate.value))
        exponential = InfluenceEstimate.of(
            value,
            mean.dense_influence() * value,
            mean.dense_shares(),
            effective_rows=mean.estimate.effective_rows,
            degrees=mean.estimate.degrees,
            independent=mean.estimate.independent,
        )
        return exponential.with_estimate(ExponentialEstimate(**vars(exponential.estimate), mean=mean.estimate))

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        assert isinstance(estimate, ExponentialEstimate)
        low, high = self.mean.limits(estimate.mean, confidence)
        if low is None or high is None:
            return UNKNOWN
        return float(np.exp(low)), float(np.exp(high))
