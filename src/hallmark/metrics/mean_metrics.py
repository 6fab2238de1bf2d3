"""Metrics that are means of a score over rows: accuracy, losses, costs, error rates, and the exponential of a mean."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.errors import InputError
from hallmark.metrics.metric import Metric, PreparedMetric, Support
from hallmark.metrics.prediction_table import PredictionTable, require_finite
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits
from hallmark.metrics.statistics.means import weighted_mean

_ROUNDING = 1e-6  # beyond a support, by which a computed score may miss it
_RANGES: dict[Support, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "non-negative": (0.0, float("inf")),
    "real": (float("-inf"), float("inf")),
}


@dataclass(frozen=True)
class MeanMetric(Metric):
    """The weighted mean of the column `score.<name>`, by `weight.<name>`: Σ weight * score / Σ weight.

    The support decides the limits: a share has Wilson's, any other mean Hall's, whatever values the sample holds.
    """

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return SCORE + self.name in columns

    def prepare(self, table: PredictionTable) -> "PreparedMean":
        return PreparedMean(self, table)


class PreparedMean(PreparedMetric):
    """Scores and weights (n,) of the rows."""

    def __init__(self, metric: Metric, table: PredictionTable) -> None:
        self.metric = metric
        self.codes = table.codes
        self.entities = table.entities

        score, weight = SCORE + metric.name, WEIGHT + metric.name
        self.weights = require_finite(table.column(weight), weight)
        counts = self.weights > 0
        scores = table.column(score)
        self.scores = require_finite(scores if counts.all() else np.where(counts, scores, 0.0), score)

        _require_support(self.scores, metric.support, score)
        self.is_skewed_mean = metric.support != "share"
        self.lowest = float("-inf") if metric.support == "real" else 0.0

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        return weighted_mean(self.scores, self.weights * weights, self.codes, size=self.entities)


def _require_support(scores: np.ndarray, support: Support, name: str) -> None:
    """Raise `InputError` where a score is a value that its metric can't have."""
    lowest, highest = _RANGES[support]
    outside = (scores < lowest - _ROUNDING) | (scores > highest + _ROUNDING)
    if outside.any():
        wanted = "from 0 to 1" if support == "share" else "0 or more"
        raise InputError(f"column {name!r} of the predictions holds {scores[outside][0]}, but its values are {wanted}")


@dataclass(frozen=True)
class ExponentialMetric(Metric):
    """The exponential of the weighted mean of the column `score.<name>`, such as perplexity."""

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return SCORE + self.name in columns

    def prepare(self, table: PredictionTable) -> "PreparedExponential":
        return PreparedExponential(self, table)


@dataclass(frozen=True)
class ExponentialEstimate(Estimate):
    """The exponential of a mean, and that mean, whose limits it has."""

    mean: Estimate


class PreparedExponential(PreparedMetric):
    """The mean of the rows, whose exponential is the metric: limits are mapped, influences go by the delta method."""

    def __init__(self, metric: ExponentialMetric, table: PredictionTable) -> None:
        self.metric = metric
        self.mean = PreparedMean(metric, table)

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        mean = self.mean.estimate(weights)
        if mean is None:
            return None

        value = float(np.exp(mean.estimate.value))
        measured = InfluenceEstimate.of(
            value,
            mean.dense_influence() * value,
            mean.dense_shares(),
            rows=mean.estimate.rows,
            degrees=mean.estimate.degrees,
            independent=mean.estimate.independent,
        )
        return measured.with_estimate(ExponentialEstimate(**vars(measured.estimate), mean=mean.estimate))

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        assert isinstance(estimate, ExponentialEstimate)
        low, high = self.mean.limits(estimate.mean, confidence)
        if low is None or high is None:
            return UNKNOWN
        return float(np.exp(low)), float(np.exp(high))
