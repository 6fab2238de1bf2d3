"""Partial-input baselines: predictors that see one part of the input alone, compared with the model.

A baseline that does as well as the model shows that this part gives the answer away. There may be
many of them, so their predictions stay out of the predictions table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hallmark.answers.answer import Scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Fields, Finding
from hallmark.contracts.predictions import MODEL
from hallmark.evaluate.scored_predictions import label_scores
from hallmark.evaluate.scorer_table import interval
from hallmark.metrics import METRICS, Measurement
from hallmark.metrics.statistics import Interval

Outputs = Mapping[str, np.ndarray]  # raw outputs, as the network gives them


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What every partial-input baseline is compared with, and on which examples.

    examples: The examples by split.
    model_rows: The model's rows of the predictions table on the test split.
    scorer_table: The table of all scorers, of which the model's estimate on test is used.
    scoring: The answer's post-processing and scores.
    """

    examples: Mapping[str, Examples]
    model_rows: pd.DataFrame
    scorer_table: pd.DataFrame
    scoring: Scoring
    decision: Decision
    primary_metric: str
    seed: int

    def oriented_score(self, outputs: Outputs, examples: Examples) -> float:
        """Return a baseline's primary metric on `examples`, negated where lower is better; -inf where it is unknown.

        Post-processing is fitted on the same examples. That is optimistic, alike for all baselines,
        and serves only to choose among them on validation.
        """
        rows = self._score(outputs, examples, self._fit_postprocess(outputs, examples))
        estimate = self._measure(rows).overall[self.primary_metric].estimate
        if estimate is None:
            return -np.inf
        return estimate if METRICS[self.primary_metric].higher_is_better else -estimate

    def gain_over(
        self, validation: tuple[Outputs, Examples], test: tuple[Outputs, Examples]
    ) -> tuple[Interval, float | None]:
        """Return the model's gain over a baseline on test, and the baseline's own estimate of the primary metric.

        The gain is paired by example, > 0 where the model is better. `validation`, on which the
        baseline's post-processing is fitted, and `test` are each its raw outputs and the examples
        that these are of.
        """
        baseline_rows = self._score(*test, self._fit_postprocess(*validation))
        baseline_rows = baseline_rows.sort_values("id", ignore_index=True)
        is_paired = self.model_rows["id"].isin(baseline_rows["id"])
        model_rows = self.model_rows[is_paired].sort_values("id", ignore_index=True)

        baseline = self._measure(baseline_rows)
        gain = self._measure(model_rows).against(baseline)[self.primary_metric]
        return gain, baseline.overall[self.primary_metric].estimate

    def finding(
        self, check: str, gain: Interval, estimate: float | None, *, what: str, column: str | None = None
    ) -> Finding:
        """Return the finding on one baseline.

        check: The check's name.
        gain, estimate: What `gain_over` returned.
        what: What the baseline sees, for the sentence.
        column: The name of the input column that it sees, if it is one.
        """
        model_estimate = interval(self.scorer_table, MODEL, "test", self.primary_metric).estimate
        baseline_value = "unknown" if estimate is None else f"{estimate:.4g}"
        model_value = "unknown" if model_estimate is None else f"{model_estimate:.4g}"
        label = METRICS[self.primary_metric].label
        reason = f"{label} of a predictor that sees {what} alone is {baseline_value}, of the model {model_value}."

        fields: Fields = {"metric": self.primary_metric}
        if column is not None:
            fields["column"] = column
        return Finding.from_interval(check, gain, reason=reason, **fields)

    def not_applicable(self, check: str, reason: str) -> Finding:
        """Return a finding that the check does not apply, with the reason."""
        return Finding(check=check, metric=self.primary_metric, verdict="not applicable", reason=reason)

    def _measure(self, rows: pd.DataFrame) -> Measurement:
        return Measurement(rows, [self.primary_metric], positive=self.decision.positive, seed=self.seed)

    def _fit_postprocess(self, outputs: Outputs, examples: Examples) -> dict[str, Any]:
        return self.scoring.fit_postprocess(outputs, examples, decision=self.decision)

    def _score(self, outputs: Outputs, examples: Examples, postprocess: Mapping[str, Any]) -> pd.DataFrame:
        scores = self.scoring.score(outputs, examples, postprocess=postprocess, decision=self.decision)
        return label_scores(examples, scores, "alone")


def subsample(examples: Examples, max_examples: int, *, seed: int) -> Examples:
    """Return all examples or, of more, `max_examples` random ones fixed by `seed`, in their order."""
    if len(examples) <= max_examples:
        return examples
    rows = np.random.default_rng(seed).choice(len(examples), max_examples, replace=False)
    return examples.take(np.sort(rows))
