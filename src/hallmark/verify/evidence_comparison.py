"""Comparing committed evidence with what was made again: findings, tables and verdicts, number by
number.

Two machines add in different orders (BLAS, ONNX Runtime, vector units), so their numbers differ in
the last bits: outputs of a network in single precision by about 1e-6 of their size. A prediction on
a threshold may tip, which moves a mean of n rows by 1/n. So these differences are tolerated:

- a number with an interval: 5 % of the interval's width, which is small against the sample's
  uncertainty;
- a number without one: 0.1 % of its size;
- predictions: in each column, one cell in a thousand may differ by more.

Judgements must always be equal.
"""

import re
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.summaries import Level, Summary
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.evidence_differences import Difference
from hallmark.files import require

WIDTH = 0.05  # tolerance of a number with an interval, as a fraction of the interval's width
RELATIVE, ABSOLUTE = 1e-3, 1e-6  # tolerance of a number without one: a fraction of its size, and the least
CELLS = 1e-3  # fraction of a column's cells that may differ by more
WORDS = 0.05  # tolerance of a number in a sentence, as a fraction: it is rounded, or counts missing data
ENVIRONMENT, EVIDENCE = "environment", "evidence"  # digests that differ between machines
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_MAX_LISTED = 20  # differences; further ones are counted


class EvidenceComparison:
    """Collects differences, and the largest tolerated deviation of two numbers, as a fraction of
    the tolerance.

    Each method compares one kind of thing, committed and made again; `subject` or `where` is its
    name for people.
    """

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.deviation = 0.0

    def differ(self, subject: str, committed: object, made: object) -> None:
        """Add a difference."""
        self.differences.append(Difference(subject, str(committed), str(made)))

    def same(self, subject: str, committed: object, made: object) -> None:
        """Require equality."""
        if committed != made:
            self.differ(subject, committed, made)

    def number(self, subject: str, committed: Any, made: Any, *, width: float = 0.0) -> None:
        """Require two numbers to agree within the tolerance.

        `width` is the width of the interval, 0 without one.

        A missing number (None, NaN) agrees with a missing one alone.
        """
        if _is_missing(committed) or _is_missing(made):
            if _is_missing(committed) != _is_missing(made):
                self.differ(subject, committed, made)
            return
        if not all(map(isfinite, (float(committed), float(made), width))):
            self.same(subject, committed, made)
            return

        tolerance = max(WIDTH * width, RELATIVE * abs(float(committed)), ABSOLUTE)
        deviation = abs(float(committed) - float(made)) / tolerance
        if deviation > 1:
            self.differ(subject, committed, made)
        else:
            self.deviation = max(self.deviation, deviation)

    def text(self, subject: str, committed: str, made: str) -> None:
        """Require two sentences to be equal, except for the rounding of the numbers in them."""
        if _NUMBER.sub("#", committed) != _NUMBER.sub("#", made):
            self.differ(subject, committed, made)
            return

        numbers = zip(_NUMBER.findall(committed), _NUMBER.findall(made), strict=True)
        if not all(_is_close_in_text(*pair) for pair in numbers):
            self.differ(subject, committed, made)

    def findings(self, where: str, committed: Sequence[Finding], made: Sequence[Finding]) -> None:
        """Require findings of the same checks and fields, in the same order, with equal verdicts
        and close numbers.
        """
        committed_keys = [finding.key for finding in committed]
        made_keys = [finding.key for finding in made]
        if committed_keys != made_keys:
            unpaired_keys = set(committed_keys) ^ set(made_keys)
            unpaired = [finding for finding in (*committed, *made) if finding.key in unpaired_keys]
            names = sorted(f"{finding.check} of {finding.subject}" for finding in unpaired)
            first = names[0] if names else "their order"
            self.differ(f"{where}: findings", f"{len(committed)} findings", f"{len(made)}, other: {first}")
            return

        for one, other in zip(committed, made, strict=True):
            self._finding(f"{where}: {one.check} of {one.subject}", one, other)

    def verdicts(self, committed: Verdict, made: Verdict) -> None:
        """Require equal status and judgements, and equal digests of what no machine changes."""
        self.same("the verdict's status", committed.status, made.status)

        committed_names = _names_of_judgements(committed)
        made_names = _names_of_judgements(made)
        if committed_names == made_names:
            for one, other in zip(committed.judged, made.judged, strict=True):
                self._judgement(one, other)
        else:
            judgements = f"{len(committed_names)} judgements"
            self.differ("the verdict's judgements", judgements, f"{len(made_names)}, or of others")

        for name in sorted({*committed.digests, *made.digests} - {ENVIRONMENT, EVIDENCE}):
            self.same(f"digest {name}", committed.digests.get(name, "missing"), made.digests.get(name, "missing"))

    def summaries(self, committed: Summary, made: Summary) -> None:
        """Require the same scorers, worst group, status and reasons, and close numbers."""
        self.same("the summary's task, metric and status", _identity(committed), _identity(made))

        self._level("the summary's model", committed.model, made.model)
        self._level("the summary's best simple method", committed.best_simple_method, made.best_simple_method)
        self._level("the summary's rule", committed.rule, made.rule)

        self.findings("the summary", _findings_of_summary(committed), _findings_of_summary(made))
        self.same("the summary's reasons", _counts_by_requirement(committed), _counts_by_requirement(made))

    def table(self, where: str, committed: pd.DataFrame, made: pd.DataFrame, *, share: float = 0.0) -> None:
        """Require the same columns, as many rows, and cells that agree.

        In each column, the fraction `share` of the cells may differ by more than is tolerated.
        """
        if list(committed.columns) != list(made.columns) or len(committed) != len(made):
            shapes = [f"{len(side)} rows of {', '.join(map(str, side.columns))}" for side in (committed, made)]
            self.differ(where, *shapes)
            return

        width = np.zeros(len(committed))
        if {"low", "high"} <= set(committed.columns):
            width = (committed["high"] - committed["low"]).fillna(0).to_numpy()

        for column in committed.columns:
            is_apart = self._apart(committed[column], made[column], width)
            if is_apart.sum() <= share * len(is_apart):
                continue
            row = int(np.argmax(is_apart))
            count = f"{int(is_apart.sum())} of {len(is_apart)} cells"
            subject = f"{where}: {column} ({count}, the first in row {row + 1})"
            self.differ(subject, committed[column].iloc[row], made[column].iloc[row])

    def csv(self, where: str, committed: Path, made: Path) -> None:
        """Require two CSV files to agree cell by cell.

        An empty file has no rows, as where nothing failed.
        """
        committed_bytes = require(committed, "the table").read_bytes()
        made_bytes = require(made, "the table").read_bytes()
        if committed_bytes == made_bytes:
            return
        if not committed_bytes or not made_bytes:
            self.differ(where, f"{len(committed_bytes):,} bytes", f"{len(made_bytes):,} bytes")
            return
        self.table(where, pd.read_csv(committed), pd.read_csv(made))

    def shortened(self) -> tuple[Difference, ...]:
        """Return the first differences; further ones are counted in a last one."""
        further = len(self.differences) - _MAX_LISTED
        if further <= 0:
            return tuple(self.differences)
        return (*self.differences[:_MAX_LISTED], Difference("further differences", "none", str(further)))

    def _level(self, where: str, one: Level | None, other: Level | None) -> None:
        if one is None or other is None:
            self.same(where, one, other)
            return

        self.same(f"{where}, name and n", (one.scorer, one.n), (other.scorer, other.n))
        self._interval(where, one, other)

    def _finding(self, where: str, one: Finding, other: Finding) -> None:
        for name in ("question", "n", "verdict"):
            self.same(f"{where}, {name}", getattr(one, name), getattr(other, name))
        self._interval(where, one, other)
        for name in ("requirement", "reason"):
            self.text(f"{where}, {name}", getattr(one, name), getattr(other, name))
        self.text(f"{where}, needed", str(one.needed), str(other.needed))

    def _interval(self, where: str, one: Level | Finding, other: Level | Finding) -> None:
        width = one.high - one.low if one.low is not None and one.high is not None else 0.0
        for name in ("estimate", "low", "high"):
            self.number(f"{where}, {name}", getattr(one, name), getattr(other, name), width=width)

    def _judgement(self, one: Judgement, other: Judgement) -> None:
        where = f"judgement {one.requirement}, {one.finding.check} of {one.finding.subject}"
        self.same(where, one.status, other.status)
        self._finding(where, one.finding, other.finding)
        self.text(f"{where}, reason", one.reason, other.reason)

    def _apart(self, one: pd.Series, other: pd.Series, width: np.ndarray) -> np.ndarray:
        """Return for each row (n,) whether two columns differ by more than is tolerated.

        `width` (n,) is the width of each row's interval, 0 without one.
        """
        if not (_is_numeric(one) and _is_numeric(other)):
            pairs = zip(one.astype(object), other.astype(object), strict=True)
            return np.array([not _is_equal(*pair) for pair in pairs], dtype=bool)

        committed = one.to_numpy(float, na_value=np.nan)
        made = other.to_numpy(float, na_value=np.nan)
        tolerance = np.maximum(np.maximum(WIDTH * width, RELATIVE * np.abs(committed)), ABSOLUTE)

        is_finite = np.isfinite(committed) & np.isfinite(made) & np.isfinite(tolerance)
        with np.errstate(invalid="ignore"):
            deviation = np.where(is_finite, np.abs(committed - made) / tolerance, np.inf)
        both_missing = np.isnan(committed) & np.isnan(made)
        deviation[both_missing | (committed == made)] = 0.0

        is_apart: np.ndarray = ~(deviation <= 1)
        self.deviation = max(self.deviation, float(deviation[~is_apart].max(initial=0.0)))
        return is_apart


def _identity(summary: Summary) -> tuple[str, str, str]:
    return summary.task, summary.metric, summary.status


def _findings_of_summary(summary: Summary) -> list[Finding]:
    worst_gap = [summary.worst_gap] if summary.worst_gap else []
    return [*worst_gap, *(reason.finding for reason in summary.reasons)]


def _counts_by_requirement(summary: Summary) -> list[tuple[str, int]]:
    return [(reason.requirement, reason.further) for reason in summary.reasons]


def _names_of_judgements(verdict: Verdict) -> list[tuple[str, str]]:
    return [(judgement.requirement, judgement.finding.key) for judgement in verdict.judged]


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _is_equal(one: object, other: object) -> bool:
    return bool(one == other) or (_is_missing(one) and _is_missing(other))


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value != value  # NaN is not equal to itself


def _is_close_in_text(one: str, other: str) -> bool:
    """Return whether two numbers in sentences agree within WORDS and one unit of the last digit."""
    value = _value(one)
    rounding = min(_last_place(one), _last_place(other))
    return abs(value - _value(other)) <= WORDS * abs(value) + rounding


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _last_place(number: str) -> float:
    """Return one unit of the last digit that is shown: 0.01 of "0.25"."""
    digits, _, exponent = number.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return float(10 ** (int(exponent or 0) - decimals))
