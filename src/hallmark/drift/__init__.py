"""Drift: is the recent window still what the model was made from? `docs/drift.md` has the rule and its error rates."""

from hallmark.drift.report import DriftReport, measure_drift

__all__ = ["DriftReport", "measure_drift"]
