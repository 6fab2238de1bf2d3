"""Findings on scorers: the model's metrics, its gains over the baselines, the generalisation gap and shortcuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, RULE
from hallmark.evaluate import descriptor_baseline as descriptors
from hallmark.evaluate.scorer_table import ScorerRows, interval
from hallmark.metrics import METRICS, Measurement
from hallmark.metrics.statistics import Interval


@dataclass(frozen=True, kw_only=True)
class Comparisons:
    """The model compared with its baselines, with itself on training examples, and with the descriptors alone.

    rows: The predictions of each scorer on each split (see `rows_by_scorer`).
    scorer_table: Each metric of each scorer on each split (see `compare_scorers`).
    entity_noun: What one entity is called, in the singular, such as "patient".
    positive: The label that an alert stands for; None where no label is special.
    """

    rows: ScorerRows
    scorer_table: pd.DataFrame
    primary_metric: str
    positive: str | None
    entity_noun: str
    seed: int

    @cached_property
    def gains(self) -> dict[str, Interval]:
        """The gain over each other scorer: how much better the model is in the primary metric, paired on test.

        > 0: better, in the metric's unit. Only rows that both scorers have are paired: some scorers
        have no episodes.
        """
        test_rows = {scorer: rows for (scorer, split), rows in self.rows.items() if split == "test"}
        model_rows = test_rows.pop(MODEL)
        gains = {}
        for scorer, rows in test_rows.items():
            paired_model_rows = model_rows[model_rows["id"].isin(rows["id"])]
            gains[scorer] = self._gain(paired_model_rows, rows)
        return gains

    def _gain(self, model_rows: pd.DataFrame, other_rows: pd.DataFrame) -> Interval:
        model = Measurement(model_rows, [self.primary_metric], positive=self.positive, seed=self.seed)
        other = Measurement(other_rows, [self.primary_metric], positive=self.positive, seed=self.seed)
        return model.against(other)[self.primary_metric]

    @property
    def _simple_gains(self) -> dict[str, Interval]:
        """The gains over simple methods and the fixed rule, without the descriptors alone, which are only a check."""
        return {scorer: gain for scorer, gain in self.gains.items() if scorer != descriptors.NAME}

    @property
    def _label(self) -> str:
        return METRICS[self.primary_metric].label

    def _estimate(self, scorer: str, split: str = "test") -> float | None:
        return interval(self.scorer_table, scorer, split, self.primary_metric).estimate

    def findings(self, metrics: Sequence[str]) -> list[Finding]:
        """Return all findings: metrics, gains, complexity, generalisation gap of `metrics`, shortcut."""
        return [
            *self._metric_findings(),
            *self._gain_findings(),
            *self._complexity_findings(),
            *self._gap_findings(metrics),
            self._shortcut_finding(),
        ]

    def _metric_findings(self) -> list[Finding]:
        """Return each metric of the model on the test split."""
        is_model = (self.scorer_table["scorer"] == MODEL) & (self.scorer_table["split"] == "test")
        row_counts = self.scorer_table[is_model].set_index("metric")["rows"]
        findings = []
        for metric in dict.fromkeys(self.scorer_table["metric"]):
            value = interval(self.scorer_table, MODEL, "test", metric)
            reason = (
                f"{METRICS[metric].label} is {_number(value.estimate)} on {_count(value.n, self.entity_noun)}, "
                f"of {row_counts[metric]:,} rows held out that count."
            )
            findings.append(Finding.from_interval("evaluate.metric", value, metric=metric, reason=reason))
        return findings

    def _gain_findings(self) -> list[Finding]:
        """Return the gain over each simple method and the fixed rule."""
        findings = []
        for scorer, gain in self._simple_gains.items():
            reason = self._gain_sentence(scorer, gain)
            findings.append(
                Finding.from_interval("evaluate.gain", gain, metric=self.primary_metric, against=scorer, reason=reason)
            )
        return findings

    def _complexity_findings(self) -> list[Finding]:
        """Return the gain over the best simple method; nothing where there is none.

        The best one is chosen on validation, so that test does not choose. The fixed rule learns
        nothing and is left out.
        """
        sign = 1 if METRICS[self.primary_metric].higher_is_better else -1
        ranking = []
        for scorer in self._simple_gains:
            estimate = self._estimate(scorer, "validation") if scorer != RULE else None
            if estimate is not None:
                ranking.append((-sign * estimate, scorer))
        if not ranking:
            return []

        _, best = min(ranking)
        gain = self._simple_gains[best]
        reason = f"Of the simple methods {best} did best on validation. {self._gain_sentence(best, gain)}"
        return [
            Finding.from_interval("evaluate.complexity", gain, metric=self.primary_metric, against=best, reason=reason)
        ]

    def _gap_findings(self, metrics: Sequence[str]) -> list[Finding]:
        """Return the generalisation gap of each metric: how much better the model is on training than on test rows.

        The intervals are simultaneous over the metrics.
        """
        if (MODEL, "train") not in self.rows or (MODEL, "test") not in self.rows:
            return []

        train_rows = self.rows[MODEL, "train"]
        rows = pd.concat([train_rows, self.rows[MODEL, "test"]], ignore_index=True)
        is_train = np.arange(len(rows)) < len(train_rows)
        measurement = Measurement(rows, metrics, slices={"train": is_train}, positive=self.positive, seed=self.seed)
        findings = []
        for (metric, _), gap in measurement.difference().items():
            reason = f"{METRICS[metric].label} {_comparison(gap, 'training examples', 'test examples')}."
            findings.append(Finding.from_interval("evaluate.gap", gap, metric=metric, reason=reason))
        return findings

    def _shortcut_finding(self) -> Finding:
        """Return the gain over a predictor that sees the descriptors alone, and its share of the model's metric."""
        check = "evaluate.shortcut"
        if descriptors.NAME not in self.gains:
            reason = "There are no descriptors beside the inputs, or none that this kind of answer can be told from."
            return Finding(check=check, metric=self.primary_metric, verdict="not applicable", reason=reason)

        model_estimate = self._estimate(MODEL)
        descriptor_estimate = self._estimate(descriptors.NAME)
        reason = (
            f"{self._label} of a predictor that sees the descriptors alone is {_number(descriptor_estimate)}, "
            f"of the model {_number(model_estimate)}"
        )
        if model_estimate and descriptor_estimate is not None and METRICS[self.primary_metric].higher_is_better:
            reason += f": {descriptor_estimate / model_estimate:.0%} of it needs no look at the data itself"
        gain = self.gains[descriptors.NAME]
        return Finding.from_interval(check, gain, metric=self.primary_metric, reason=f"{reason}.")

    def _gain_sentence(self, scorer: str, gain: Interval) -> str:
        values = f"{_number(self._estimate(MODEL))} against {_number(self._estimate(scorer))}"
        other = "the rule" if scorer == RULE else scorer.replace("_", " ")
        comparison = _comparison(gain, "the model", other)
        return f"{self._label} {comparison}: {values}, paired on {_count(gain.n, self.entity_noun)}."


def _comparison(gap: Interval, first: str, second: str) -> str:
    """Return in words for which of two a metric is better; > 0 in `gap` means better for `first`.

    Neither is called better where the interval includes 0.
    """
    if gap.low is None or gap.high is None:
        return f"cannot be compared between {first} and {second}"
    if gap.low > 0:
        return f"is better for {first} than for {second}"
    if gap.high < 0:
        return f"is worse for {first} than for {second}"
    return f"is not shown to differ between {first} and {second}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _count(number: float, noun: str) -> str:
    return f"{int(number):,} {noun}" + ("" if number == 1 else "s")
