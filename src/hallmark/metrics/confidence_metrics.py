"""Metrics of stated probabilities: how well they rank the labels, and how far they are from what happens."""

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

Area = Callable[..., InfluenceEstimate | None]  # as `rank_areas.roc_auc`


@dataclass(frozen=True, kw_only=True)
class RankingMetric(Metric):
    """An area that depends on nothing but the order of the column `confidence`: ROC AUC, average precision."""

    area: Area

    def is_given_by(self, columns: Collection[str], positive: str | None, /) -> bool:
        return positive is not None and "confidence" in columns

    def prepare(self, table: PredictionTable) -> "PreparedRanking":
        if table.positive is None:
            raise InputError(f"metric {self.name!r} needs decision.positive, the label that an alert stands for")
        return PreparedRanking(self, table)


class PreparedRanking(PreparedMetric):
    """Ranks of the confidences and labels (n,) of the rows, sorted once."""

    def __init__(self, metric: RankingMetric, table: PredictionTable) -> None:
        self.metric = metric
        self.area = metric.area
        self.codes = table.codes
        self.entities = table.entities
        self.ranks = rank_areas.dense_ranks(table.probabilities("confidence"))
        self.is_positive = table.is_positive()
        self.answered = table.answered()

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        counted = weights * self.answered
        return self.area(self.ranks, self.is_positive, counted, self.codes, size=self.entities)


@dataclass(frozen=True)
class CalibrationError(Metric):
    """The expected calibration error in ten bins of equal mass, without the bias that noise gives it.

    Of the probability of the positive label where there is one, else of the predicted one.
    """

    def is_given_by(self, columns: Collection[str], positive: str | None, /) -> bool:
        return ("mistake" if positive is None else "confidence") in columns

    def prepare(self, table: PredictionTable) -> "PreparedCalibration":
        return PreparedCalibration(self, table)


class PreparedCalibration(PreparedMetric):
    """Stated probabilities, their bins, and what happened, 0 or 1 (n,)."""

    def __init__(self, metric: CalibrationError, table: PredictionTable) -> None:
        self.metric = metric
        self.codes = table.codes
        self.entities = table.entities
        self.seed = table.seed

        self.stated = table.probabilities("certainty" if table.positive is None else "confidence")
        outcomes = 1 - table.column("mistake") if table.positive is None else table.is_positive().astype(float)
        self.counts = table.answered() & ~np.isnan(outcomes)  # an answer that is neither right nor wrong is left out
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
            size=self.entities,
            generator=np.random.default_rng(self.seed),
        )

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        assert isinstance(estimate, CalibrationEstimate)
        return calibration_limits(estimate, confidence)
