"""The registry of metrics: the names that configuration, tables and figures use.

A metric is built from name, label, unit, whether higher is better, and support (`Metric`).
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
        MeanMetric("accuracy", "Accuracy", "share", True, "share"),
        MeanMetric("log_loss", "Log loss", "nats", False, "non-negative"),
        MeanMetric("brier", "Brier score", "squared error", False, "non-negative"),
        MeanMetric("cost", "Cost", "per decision", False, "non-negative"),
        MeanMetric("sensitivity", "Sensitivity", "share of positives", True, "share"),
        MeanMetric("specificity", "Specificity", "share of negatives", True, "share"),
        MeanMetric("precision", "Precision", "share of alerts", True, "share"),
        MeanMetric("alert_rate", "Alert rate", "share", False, "share"),
        MeanMetric("word_error_rate", "Word error rate", "errors per word", False, "non-negative"),
        MeanMetric("character_error_rate", "Character error rate", "errors per character", False, "non-negative"),
        MeanMetric("bits_per_byte", "Bits per byte", "bits per byte", False, "non-negative"),
        MeanMetric("nats_per_character", "Loss per character", "nats per character", False, "non-negative"),
        MeanMetric("ndcg_at_10", "NDCG@10", "discounted gain", True, "non-negative"),
        MeanMetric("recall_at_10", "Recall@10", "share of next items", True, "share"),
        MeanMetric("reciprocal_rank", "Reciprocal rank", "1 / rank", True, "non-negative"),
        MeanMetric("action_error", "Action error", "mean absolute error", False, "non-negative"),
        MeanMetric("squared_error", "Squared action error", "squared error", False, "non-negative"),
        MeanMetric("return", "Return", "reward per episode", True, "real"),
        MeanMetric("success", "Success rate", "share of episodes", True, "share"),
        ExponentialMetric("perplexity", "Perplexity", "per token", False, "non-negative"),
        RankingMetric("roc_auc", "ROC AUC", "area", True, "share", area=roc_auc),
        RankingMetric("average_precision", "Average precision", "area", True, "share", area=average_precision),
        CalibrationError("calibration_error", "Calibration error", "probability", False, "share"),
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
