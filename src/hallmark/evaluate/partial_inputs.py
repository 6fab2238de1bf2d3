"""What a part of the input tells alone: predictors beside the scorers, compared with the model on the primary metric.

They stay out of the predictions table, which bias, drift and the figures read: there may be many of them.
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
from hallmark.evaluate.scorer_table import interval
from hallmark.evaluate.scoring import labelled
from hallmark.metrics import METRICS, Measurement
from hallmark.metrics.statistics import Interval

Outputs = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Bench:
    """What every predictor is compared on: examples by split, the model's rows on test, and the primary metric.

    `compared` is the table of all scorers, which holds the model's own estimate.
    """

    examples: Mapping[str, Examples]
    model: pd.DataFrame
    compared: pd.DataFrame
    scoring: Scoring
    decision: Decision
    primary_metric: str
    seed: int

    def goodness(self, outputs: Outputs, part: Examples) -> float:
        """Return the primary metric of a predictor on the examples `part`, the higher the better; -inf where unknown.

        Its post-processing is fitted on the same examples: enough to choose by, on validation.
        """
        rows = self._scored(outputs, part, self._postprocess(outputs, part))
        estimate = self._measure(rows).overall[self.primary_metric].estimate
        if estimate is None:
            return -np.inf
        return estimate if METRICS[self.primary_metric].higher_is_better else -estimate

    def gain(
        self, validation: tuple[Outputs, Examples], test: tuple[Outputs, Examples]
    ) -> tuple[Interval, float | None]:
        """Return by how much the model does better on the test examples, paired, and the predictor's own value."""
        theirs = self._scored(*test, self._postprocess(*validation))
        theirs = theirs.sort_values("id", ignore_index=True)
        ours = self.model[self.model["id"].isin(theirs["id"])].sort_values("id", ignore_index=True)

        measurement = self._measure(theirs)
        gain = self._measure(ours).against(measurement)[self.primary_metric]
        return gain, measurement.overall[self.primary_metric].estimate

    def finding(
        self, check: str, gain: Interval, estimate: float | None, *, what: str, column: str | None = None
    ) -> Finding:
        """Return the finding of one predictor; `what` says what it sees, `column` which one where that is a column."""
        model = interval(self.compared, MODEL, "test", self.primary_metric).estimate
        theirs = "unknown" if estimate is None else f"{estimate:.4g}"
        ours = "unknown" if model is None else f"{model:.4g}"
        label = METRICS[self.primary_metric].label
        why = f"{label} of a predictor that sees {what} alone is {theirs}, of the model {ours}."
        about: Fields = {"metric": self.primary_metric}
        if column is not None:
            about["column"] = column
        return Finding.from_interval(check, gain, reason=why, **about)

    def _measure(self, rows: pd.DataFrame) -> Measurement:
        return Measurement(rows, [self.primary_metric], positive=self.decision.positive, seed=self.seed)

    def _postprocess(self, outputs: Outputs, part: Examples) -> dict[str, Any]:
        return self.scoring.fit_postprocess(outputs, part, decision=self.decision)

    def _scored(self, outputs: Outputs, part: Examples, postprocess: Mapping[str, Any]) -> pd.DataFrame:
        scores = self.scoring.score(outputs, part, postprocess=postprocess, decision=self.decision)
        return labelled(part, scores, "alone")


def inapplicable(check: str, primary_metric: str, why: str) -> Finding:
    """Return the finding that says why this answer has nothing to check."""
    return Finding(check=check, metric=primary_metric, verdict="not applicable", reason=why)


def sample(examples: Examples, most: int, *, seed: int) -> Examples:
    """Return at most so many examples, drawn by `seed`, in their order."""
    if len(examples) <= most:
        return examples
    chosen = np.random.default_rng(seed).choice(len(examples), most, replace=False)
    return examples.take(np.sort(chosen))
