"""Findings on scorers: how good the model is, by how much it beats what is simpler, and whether it only seems so."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, RULE
from hallmark.evaluate import descriptors
from hallmark.evaluate.scorer_table import ScorerRows, interval
from hallmark.metrics import METRICS, Measurement
from hallmark.metrics.statistics import Interval


@dataclass(frozen=True)
class Comparisons:
    """The model against simpler scorers, training examples and descriptors: all predictions and their table of scorers.

    `entity` is what one entity is called, in the singular; `positive` is the decision's.
    """

    rows: ScorerRows
    compared: pd.DataFrame
    primary_metric: str
    positive: str | None
    entity: str
    seed: int

    @cached_property
    def gains(self) -> dict[str, Interval]:
        """By how much the model does better than each other scorer on the primary metric, paired on the test split.

        Some scorers may have no episodes: what both have is compared.
        """
        test = {scorer: rows for (scorer, split), rows in self.rows.items() if split == "test"}
        ours = test.pop(MODEL)
        return {name: self._gain(ours[ours["id"].isin(rows["id"])], rows) for name, rows in test.items()}

    def _gain(self, ours: pd.DataFrame, theirs: pd.DataFrame) -> Interval:
        model = Measurement(ours, [self.primary_metric], positive=self.positive, seed=self.seed)
        other = Measurement(theirs, [self.primary_metric], positive=self.positive, seed=self.seed)
        return model.against(other)[self.primary_metric]

    @property
    def _simple(self) -> dict[str, Interval]:
        return {name: gain for name, gain in self.gains.items() if name != descriptors.NAME}

    @property
    def _label(self) -> str:
        return METRICS[self.primary_metric].label

    def findings(self, metrics: Sequence[str]) -> list[Finding]:
        """Return all findings, in the order in which a person would ask."""
        return [*self._metrics(), *self._gains(), *self._best_simple(), *self._gaps(metrics), self._shortcut()]

    def _metrics(self) -> list[Finding]:
        model = self.compared[(self.compared["scorer"] == MODEL) & (self.compared["split"] == "test")]
        held_out = model.set_index("metric")["rows"]
        found = []
        for metric in dict.fromkeys(self.compared["metric"]):
            measured = interval(self.compared, MODEL, "test", metric)
            said = f"{METRICS[metric].label} is {_number(measured.estimate)}"
            why = f"{said} on {_count(measured.n, self.entity)}, of {held_out[metric]:,} rows held out that count."
            found.append(Finding.from_interval("evaluate.metric", measured, metric=metric, reason=why))
        return found

    def _gains(self) -> list[Finding]:
        return [
            Finding.from_interval(
                "evaluate.gain", gain, metric=self.primary_metric, against=name, reason=self._gain_sentence(name, gain)
            )
            for name, gain in self._simple.items()
        ]

    def _best_simple(self) -> list[Finding]:
        """Return what the model gains over the best simple method: the one that did best on validation.

        It is chosen before the test. The fixed rule, which learns nothing, is no method; nothing is returned where
        there is none.
        """
        sign = 1 if METRICS[self.primary_metric].higher_is_better else -1
        methods = [name for name in self._simple if name != RULE]
        estimates = {
            name: interval(self.compared, name, "validation", self.primary_metric).estimate for name in methods
        }
        ranking = sorted((-sign * estimate, name) for name, estimate in estimates.items() if estimate is not None)
        if not ranking:
            return []

        _, best = ranking[0]
        gain = self._simple[best]
        why = f"Of the simple methods {best} did best on validation. {self._gain_sentence(best, gain)}"
        return [
            Finding.from_interval("evaluate.complexity", gain, metric=self.primary_metric, against=best, reason=why)
        ]

    def _gaps(self, metrics: Sequence[str]) -> list[Finding]:
        sides = [self.rows[MODEL, split] for split in ("train", "test") if (MODEL, split) in self.rows]
        if len(sides) < 2:
            return []
        rows = pd.concat(sides, ignore_index=True)
        train = {"train": np.arange(len(rows)) < len(sides[0])}
        measurement = Measurement(rows, metrics, slices=train, positive=self.positive, seed=self.seed)
        found = []
        for (metric, _), gap in measurement.difference().items():
            why = f"{METRICS[metric].label} {_sided(gap, 'training examples', 'test examples')}."
            found.append(Finding.from_interval("evaluate.gap", gap, metric=metric, reason=why))
        return found

    def _shortcut(self) -> Finding:
        if descriptors.NAME not in self.gains:
            why = "There are no descriptors beside the inputs, or none that this kind of answer can be told from."
            return Finding(check="evaluate.shortcut", metric=self.primary_metric, verdict="not applicable", reason=why)
        ours, theirs = (
            interval(self.compared, name, "test", self.primary_metric).estimate for name in (MODEL, descriptors.NAME)
        )
        values = f"that sees the descriptors alone is {_number(theirs)}, of the model {_number(ours)}"
        why = f"{self._label} of a predictor {values}"
        if ours and theirs is not None and METRICS[self.primary_metric].higher_is_better:
            why += f": {theirs / ours:.0%} of it needs no look at the data itself"
        gain = self.gains[descriptors.NAME]
        return Finding.from_interval("evaluate.shortcut", gain, metric=self.primary_metric, reason=f"{why}.")

    def _gain_sentence(self, name: str, gain: Interval) -> str:
        ours, theirs = (
            interval(self.compared, scorer, "test", self.primary_metric).estimate for scorer in (MODEL, name)
        )
        values = f"{_number(ours)} against {_number(theirs)}, paired on {_count(gain.n, self.entity)}"
        other = "the rule" if name == RULE else name.replace("_", " ")
        return f"{self._label} {_sided(gain, 'the model', other)}: {values}."


def _sided(gap: Interval, first: str, second: str) -> str:
    """Say in words for which of two a metric is better, where the interval (> 0: `first`) tells."""
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
