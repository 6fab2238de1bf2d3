"""The registry of metrics: the names that configuration, tables and figures use.

See `Metric` for what label, unit and support are.
"""

import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.confidence_metrics import CalibrationError, RankingMetric
from hallmark.metrics.mean_metrics import ExponentialMetric, MeanMetric
from hallmark.metrics.metric import Metric
from hallmark.metrics.statistics.rank_areas import average_precision, roc_auc

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        MeanMetric(
            "accuracy",
            label="Accuracy",
            unit="share",
            higher_is_better=True,
            support="share",
        ),
        MeanMetric(
            "log_loss",
            label="Log loss",
            unit="nats",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "brier",
            label="Brier score",
            unit="squared error",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "cost",
            label="Cost",
            unit="per decision",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "sensitivity",
            label="Sensitivity",
            unit="share of positives",
            higher_is_better=True,
            support="share",
        ),
        MeanMetric(
            "specificity",
            label="Specificity",
            unit="share of negatives",
            higher_is_better=True,
            support="share",
        ),
        MeanMetric(
            "precision",
            label="Precision",
            unit="share of alerts",
            higher_is_better=True,
            support="share",
        ),
        MeanMetric(
            "alert_rate",
            label="Alert rate",
            unit="share",
            higher_is_better=False,
            support="share",
        ),
        MeanMetric(
            "word_error_rate",
            label="Word error rate",
            unit="errors per word",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "character_error_rate",
            label="Character error rate",
            unit="errors per character",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "bits_per_byte",
            label="Bits per byte",
            unit="bits per byte",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "nats_per_character",
            label="Loss per character",
            unit="nats per character",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "ndcg_at_10",
            label="NDCG@10",
            unit="discounted gain",
            higher_is_better=True,
            support="share",
            row_scores="graded",
        ),
        MeanMetric(
            "recall_at_10",
            label="Recall@10",
            unit="share of next items",
            higher_is_better=True,
            support="share",
        ),
        MeanMetric(
            "reciprocal_rank",
            label="Reciprocal rank",
            unit="1 / rank",
            higher_is_better=True,
            support="share",
            row_scores="skewed",
        ),
        MeanMetric(
            "action_error",
            label="Action error",
            unit="mean absolute error",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "squared_error",
            label="Squared action error",
            unit="squared error",
            higher_is_better=False,
            support="non-negative",
        ),
        MeanMetric(
            "return",
            label="Return",
            unit="reward per episode",
            higher_is_better=True,
            support="real",
        ),
        MeanMetric(
            "success",
            label="Success rate",
            unit="share of episodes",
            higher_is_better=True,
            support="share",
        ),
        ExponentialMetric(
            "perplexity",
            label="Perplexity",
            unit="per token",
            higher_is_better=False,
            support="non-negative",
        ),
        RankingMetric(
            "roc_auc",
            label="ROC AUC",
            unit="area",
            higher_is_better=True,
            support="share",
            area=roc_auc,
        ),
        RankingMetric(
            "average_precision",
            label="Average precision",
            unit="area",
            higher_is_better=True,
            support="share",
            area=average_precision,
        ),
        CalibrationError(
            "calibration_error",
            label="Calibration error",
            unit="probability",
            higher_is_better=False,
            support="share",
        ),
    )
}


def metric_of(name: str | Metric) -> Metric:
    """Return the registered metric of a name; a `Metric` is returned unchanged.

    Raises `InputError` on a name that is not registered.
    """
    if isinstance(name, Metric):
        return name
    if name not in METRICS:
        raise InputError(f"metric {name!r} is none of {list(METRICS)}")
    return METRICS[name]


def available(rows: pd.DataFrame, *, positive: str | None) -> list[str]:
    """Return the names of the registered metrics that the columns of `rows` suffice for, in the
    registry's order.

    `positive` is the label that an alert stands for; None where no label is special.
    """
    return [name for name, metric in METRICS.items() if metric.is_given_by(rows.columns, positive)]
