"""Metrics of a predictions table, each with a confidence interval that allows for rows of one
entity being alike.
"""

from hallmark.metrics.function_metrics import FunctionMetric
from hallmark.metrics.measurement import Measurement
from hallmark.metrics.metric import Metric
from hallmark.metrics.registry import METRICS, available
from hallmark.metrics.statistics import Interval

__all__ = ["METRICS", "FunctionMetric", "Interval", "Measurement", "Metric", "available"]
