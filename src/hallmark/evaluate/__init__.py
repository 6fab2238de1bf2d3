"""Evaluate: what the package, the simple methods and a rule do on the sealed test split, in one table."""

from hallmark.evaluate.evaluation import EvaluatedModel, Evaluation, TaskParts, evaluate

__all__ = ["EvaluatedModel", "Evaluation", "TaskParts", "evaluate"]
