"""Metrics of the probabilities that a scorer states: how well they rank the labels, how well they
are calibrated.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from hallmark.errors import InputError
from hallmark.metrics.metric import Metric, PreparedMetric
from hallmark.metrics.prediction_table import PredictionTable
from hallmark.metrics.statistics import rank_areas
from hallmark.metrics.statistics.calibration_error import (
    CalibrationEstimate,
    calibration_error,
    calibration_limits,
    equal_mass_bins,
)
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import Limits

Area = Callable[..., InfluenceEstimate | None]  # with the signature of `rank_areas.roc_auc`


@dataclass(frozen=True, kw_only=True)
class RankingMetric(Metric):
    """A metric of the order of the column `confidence` alone: ROC AUC, average precision.

    area: Computes it from ranks, labels and weights.
    """

    area: Area

    def is_given_by(self, columns: Collection[str], positive: str | None, /) -> bool:
        return positive is not None and "confidence" in columns

    def prepare(self, table: PredictionTable) -> "PreparedRanking":
        if table.positive is None:
            raise InputError(f"metric {self.name!r} needs decision.positive, the label that an alert stands for")
        return PreparedRanking(self, table)


class PreparedRanking(PreparedMetric):
    """A ranking metric of one table: the rank (n,) of each row's confidence, and whether its label
    is positive (n,).
    """

    def __init__(self, metric: RankingMetric, table: PredictionTable) -> None:
        self.metric = metric
        self.area = metric.area
        self.codes = table.codes
        self.entity_count = table.entity_count
        self.ranks = rank_areas.dense_ranks(table.probabilities("confidence"))
        self.is_positive = table.is_positive()
        self.has_prediction = table.has_prediction()

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        return self.area(
            self.ranks,
            self.is_positive,
            weights * self.has_prediction,
            self.codes,
            entity_count=self.entity_count,
        )


@dataclass(frozen=True)
class CalibrationError(Metric):
    """Expected calibration error in up to ten bins of equal mass, corrected for noise
    (`statistics.calibration_error`).

    With a positive label it compares `confidence`, the stated probability of that label, with
    whether it is the true one. Without, it compares `certainty`, the stated probability that the
    prediction is right, with whether it is right.
    """

    def is_given_by(self, columns: Collection[str], positive: str | None, /) -> bool:
        needed_column = "mistake" if positive is None else "confidence"
        return needed_column in columns

    def prepare(self, table: PredictionTable) -> "PreparedCalibration":
        return PreparedCalibration(self, table)


class PreparedCalibration(PreparedMetric):
    """The calibration error of one table.

    By row (n,): stated probability, its bin, and outcome, 0 or 1.
    """

    def __init__(self, metric: CalibrationError, table: PredictionTable) -> None:
        self.metric = metric
        self.codes = table.codes
        self.entity_count = table.entity_count
        self.seed = table.seed

        if table.positive is None:
            self.stated = table.probabilities("certainty")
            outcomes = 1 - table.column("mistake")
        else:
            self.stated = table.probabilities("confidence")
            outcomes = table.is_positive().astype(float)

        # Answers that are neither right nor wrong (NaN) are left out.
        self.counts = table.has_prediction() & ~np.isnan(outcomes)
        self.outcomes = np.where(self.counts, outcomes, 0.0)
        self.bins = np.zeros(len(table), int)
        self.bins[self.counts] = equal_mass_bins(self.stated[self.counts])

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        return calibration_error(
            self.bins,
            self.outcomes,
            self.stated,
            weights * self.counts,
            self.codes,
            entity_count=self.entity_count,
            generator=np.random.default_rng(self.seed),
        )

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        assert isinstance(estimate, CalibrationEstimate)
        return calibration_limits(estimate, confidence)
