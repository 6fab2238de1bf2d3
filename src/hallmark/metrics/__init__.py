"""What is measured, and how surely: every metric of a predictions table with an interval by entity.

Mean metrics come from the columns `score.<metric>` and `weight.<metric>`; ranking metrics from label and confidence,
or, where no label is special, from certainty and mistake.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.errors import InputError
from hallmark.metrics.statistics import Interval, calibration, families, intervals, means, ranking
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits
from hallmark.metrics.statistics.linear import Linear, encode


@dataclass(frozen=True)
class Metric:
    """A metric's name in tables and configuration, and how people read it."""

    name: str
    label: str
    unit: str
    higher_is_better: bool
    kind: Literal["mean", "exponential", "ranking"]  # exponential: exp of the mean of score.<name>


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "Accuracy", "share", True, "mean"),
        Metric("log_loss", "Log loss", "nats", False, "mean"),
        Metric("brier", "Brier score", "squared error", False, "mean"),
        Metric("cost", "Cost", "per decision", False, "mean"),
        Metric("sensitivity", "Sensitivity", "share of positives", True, "mean"),
        Metric("specificity", "Specificity", "share of negatives", True, "mean"),
        Metric("precision", "Precision", "share of alerts", True, "mean"),
        Metric("alert_rate", "Alert rate", "share", False, "mean"),
        Metric("word_error_rate", "Word error rate", "errors per word", False, "mean"),
        Metric("character_error_rate", "Character error rate", "errors per character", False, "mean"),
        Metric("bits_per_byte", "Bits per byte", "bits per byte", False, "mean"),
        Metric("nats_per_character", "Loss per character", "nats per character", False, "mean"),
        Metric("ndcg_at_10", "NDCG@10", "discounted gain", True, "mean"),
        Metric("recall_at_10", "Recall@10", "share of next items", True, "mean"),
        Metric("reciprocal_rank", "Reciprocal rank", "1 / rank", True, "mean"),
        Metric("action_error", "Action error", "mean absolute error", False, "mean"),
        Metric("squared_error", "Squared action error", "squared error", False, "mean"),
        Metric("return", "Return", "reward per episode", True, "mean"),
        Metric("success", "Success rate", "share of episodes", True, "mean"),
        Metric("perplexity", "Perplexity", "per token", False, "exponential"),
        Metric("roc_auc", "ROC AUC", "area", True, "ranking"),
        Metric("average_precision", "Average precision", "area", True, "ranking"),
        Metric("calibration_error", "Calibration error", "probability", False, "ranking"),
    )
}
_SHARES = {
    "accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "alert_rate",
    "recall_at_10",
    "success",
}  # values are 0 or 1
_RANKED = (("calibration_error",), ("roc_auc", "average_precision", "calibration_error"))  # without, with a positive
_CONFIDENT = ("mistake", "confidence")  # the column that these need


@dataclass(frozen=True)
class Arm:
    """One metric on some rows: statistic, limits at any confidence, whether a mean of skewed values.

    No mean lies below `floor`, the least that its values can be: an interval of the metric itself is cut there.
    """

    linear: Linear
    limits: Callable[[float], Limits]
    skewed: bool = False
    floor: float = float("-inf")

    def interval(self, confidence: float) -> Interval:
        low, high = self.limits(confidence)
        low = None if low is None else max(low, self.floor)
        return _interval(self.linear.estimate, (low, high), self.linear.entities)


Statistic = Callable[[np.ndarray], Arm | None]  # of a weight (n,) for each row of the table: 0 leaves it out


def available(rows: pd.DataFrame, *, positive: str | None) -> list[str]:
    """Return the metrics that this predictions table can give."""
    ranked = set(_RANKED[positive is not None]) if _CONFIDENT[positive is not None] in rows else set()
    return [name for name in METRICS if name in ranked or SCORE + name in rows]


def measure(rows: pd.DataFrame, metric: str, *, positive: str | None, confidence: float = 0.95, seed: int) -> Interval:
    """Measure one metric on the predictions of one scorer and split."""
    return levels(rows, {"": np.ones(len(rows), bool)}, [metric], positive=positive, confidence=confidence, seed=seed)[
        metric, ""
    ]


def levels(
    rows: pd.DataFrame,
    members: Mapping[str, np.ndarray],
    metrics: Iterable[str],
    *,
    positive: str | None,
    confidence: float = 0.95,
    seed: int,
) -> dict[tuple[str, str], Interval]:
    """Measure metrics on subsets of the rows, given as boolean masks (n,): pointwise intervals, by (metric, member)."""
    measured = {}
    for metric in metrics:
        statistic = _statistic(rows, metric, positive=positive, seed=seed)
        for member, mask in members.items():
            arm = statistic(mask.astype(float))
            measured[metric, member] = arm.interval(confidence) if arm else _nothing()
    return measured


def compare(
    a: pd.DataFrame, b: pd.DataFrame, metric: str, *, positive: str | None, confidence: float = 0.95, seed: int
) -> Interval:
    """Measure by how much scorer `a` is better than `b` on the same examples, paired by entity (> 0: `a` is better)."""
    if not np.array_equal(a["id"], b["id"]):
        raise InputError("two scorers can only be compared on the same ids in the same order")
    everyone = np.ones(len(a))
    first, second = (_statistic(rows, metric, positive=positive, seed=seed)(everyone) for rows in (a, b))
    if first is None or second is None:
        return _nothing()
    change = intervals.minus(first.linear, second.linear)
    limits = _joined(first, second, confidence, paired=True)
    if first.skewed and second.skewed:
        limits = intervals.skewed_change(change, limits, confidence)
    return _oriented(metric, change, limits, change.entities)


def gaps(
    rows: pd.DataFrame,
    members: Mapping[str, np.ndarray],
    metrics: Iterable[str],
    *,
    positive: str | None,
    confidence: float = 0.95,
    seed: int,
) -> dict[tuple[str, str], Interval]:
    """Measure by how much each member does better than all other rows (> 0: better).

    `members` maps a name to a boolean mask (n,). `confidence` holds for all metrics and members together, and `n`
    counts the member's entities.
    """
    sides: dict[tuple[str, str], tuple[Arm, Arm, Arm] | None] = {}
    for metric in metrics:
        statistic = _statistic(rows, metric, positive=positive, seed=seed)
        everyone = statistic(np.ones(len(rows)))
        for member, mask in members.items():
            inside, outside = statistic(mask.astype(float)), statistic((~mask).astype(float))
            sides[metric, member] = (inside, outside, everyone) if inside and outside and everyone else None
    family = [intervals.minus(side[0].linear, side[1].linear) for side in sides.values() if side]
    pointwise = families.pointwise_confidence(family, confidence, generator=np.random.default_rng(seed))
    return {key: _gap(key[0], side, pointwise) if side else _nothing() for key, side in sides.items()}


def _gap(metric: str, sides: tuple[Arm, Arm, Arm], confidence: float) -> Interval:
    inside, outside, everyone = sides
    gap = intervals.minus(inside.linear, outside.linear)
    if inside.skewed:
        limits = intervals.skewed_gap(inside.linear, outside.linear, everyone.linear, confidence)
    else:
        limits = _joined(inside, outside, confidence, paired=False)
    return _oriented(metric, gap, limits, inside.linear.entities)


def _joined(first: Arm, second: Arm, confidence: float, *, paired: bool) -> Limits:
    limits = (first.limits(confidence), second.limits(confidence))
    return intervals.difference(first.linear, second.linear, limits, paired=paired)


def _oriented(metric: str, change: Linear, limits: Limits, entities: int) -> Interval:
    if METRICS[metric].higher_is_better:
        return _interval(change.estimate, limits, entities)
    low, high = limits
    flipped = UNKNOWN if low is None or high is None else (-high, -low)
    return _interval(-change.estimate, flipped, entities)


def _interval(estimate: float, limits: Limits, entities: int) -> Interval:
    return Interval(estimate + 0.0, *limits, entities)  # + 0.0 makes -0 a plain 0


def _nothing() -> Interval:
    return Interval(None, None, None, 0)


def _statistic(rows: pd.DataFrame, metric: str, *, positive: str | None, seed: int) -> Statistic:
    """Prepare a metric of the table once, so that it costs little on each subset of the rows."""
    if metric not in METRICS:
        raise InputError(f"metric {metric!r} is none of {list(METRICS)}")
    codes, size = encode(rows["entity"].to_numpy())
    if METRICS[metric].kind != "ranking":
        mean = _mean(rows, metric, codes, size)
        return mean if METRICS[metric].kind == "mean" else _exponential(mean)
    if metric == "calibration_error":
        return _calibration(rows, codes, size, positive=positive, seed=seed)
    return _ranking(rows, metric, codes, size, positive=positive)


def _mean(rows: pd.DataFrame, metric: str, codes: np.ndarray, size: int) -> Statistic:
    weights, values = _finite(_column(rows, WEIGHT + metric), WEIGHT + metric), _column(rows, SCORE + metric)
    values = np.where(weights > 0, values, 0.0)
    _finite(values, SCORE + metric)
    floor = 0.0 if values.min(initial=0.0) >= 0 else float("-inf")
    share = metric in _SHARES or set(np.unique(values[weights > 0])) == {0.0, 1.0}

    def statistic(chosen: np.ndarray) -> Arm | None:
        linear = means.weighted_mean(values, weights * chosen, codes, size=size)
        if linear is None:
            return None
        method = intervals.score if share else intervals.skewed
        return Arm(linear, lambda confidence: method(linear, confidence), skewed=not share, floor=floor)

    return statistic


def _exponential(mean: Statistic) -> Statistic:
    """The exponential of a mean: limits are those of the mean, mapped; influences by the delta method."""

    def statistic(chosen: np.ndarray) -> Arm | None:
        arm = mean(chosen)
        if arm is None:
            return None
        value = float(np.exp(arm.linear.estimate))
        linear = replace(arm.linear, estimate=value, influence=arm.linear.influence * value)

        def limits(confidence: float) -> Limits:
            low, high = arm.limits(confidence)
            return UNKNOWN if low is None or high is None else (float(np.exp(low)), float(np.exp(high)))

        return Arm(linear, limits)

    return statistic


def _ranking(rows: pd.DataFrame, metric: str, codes: np.ndarray, size: int, *, positive: str | None) -> Statistic:
    if positive is None:
        raise InputError(f"metric {metric!r} needs decision.positive, the label that an alert stands for")
    stated, present = _stated(rows, "confidence")
    ranks, truth = ranking.dense_ranks(stated), (rows["label"] == positive).to_numpy(bool)
    function = {"roc_auc": ranking.roc_auc, "average_precision": ranking.average_precision}[metric]

    def statistic(chosen: np.ndarray) -> Arm | None:
        linear = function(ranks, truth, chosen * present, codes, size=size)
        return Arm(linear, lambda confidence: intervals.score(linear, confidence)) if linear else None

    return statistic


def _calibration(rows: pd.DataFrame, codes: np.ndarray, size: int, *, positive: str | None, seed: int) -> Statistic:
    stated, present = _stated(rows, "certainty" if positive is None else "confidence")
    outcomes = 1 - _column(rows, "mistake") if positive is None else (rows["label"] == positive).to_numpy(float)
    present = present * ~np.isnan(outcomes)  # an answer that is neither right nor wrong says nothing here
    outcomes, bins = np.where(present > 0, outcomes, 0.0), np.zeros(len(rows), int)
    bins[present > 0] = calibration.equal_mass_bins(stated[present > 0])

    def statistic(chosen: np.ndarray) -> Arm | None:
        found = calibration.calibration_error(
            bins, outcomes, stated, chosen * present, codes, size=size, generator=np.random.default_rng(seed)
        )
        return Arm(found.linear, found.limits) if found else None

    return statistic


def _stated(rows: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return stated probabilities (n,), and 0 for each row that a probe added, which has none, else 1."""
    present = ~rows["prediction"].isna().to_numpy(bool)
    stated = np.where(present, _column(rows, name), 0.0)
    return _finite(stated, name), present.astype(float)


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    if name not in rows:
        raise InputError(f"the predictions have no column {name!r}")
    return rows[name].to_numpy(float)


def _finite(values: np.ndarray, name: str) -> np.ndarray:
    if not np.isfinite(values).all():
        raise InputError(
            f"column {name!r} of the predictions holds {values[~np.isfinite(values)][0]} in a row that counts"
        )
    return values
