"""What is committed beside what was made anew: findings, tables and verdicts, number by number.

The tolerance. Two machines add in another order (BLAS, ONNX Runtime, vector units), so their numbers are not the same
bits: outputs of a network in single precision differ by about 1e-6 of their size, and a prediction that lies on a
threshold may tip, which moves a mean by one in n. A number with an interval may therefore differ by 5 % of that
interval's width: small against what the sample leaves open. A number without one may differ by 0.1 % of its size, and
of the table of predictions one cell in a thousand of each column may differ by more. Whatever the numbers,
judgements must be equal.
"""

import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.summaries import Level, Summary
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.verify.record import Difference

WIDTH = 0.05  # of a number's interval
RELATIVE, ABSOLUTE = 1e-3, 1e-6  # of a number without one
CELLS = 1e-3  # the share of a column's cells that may differ by more
WORDS = 0.05  # of a number within a sentence, which is rounded, or counts how much more data is needed
TAKEN = "evaluate.test_use"  # who has judged a model before can't be found out anew: its number stands
ENVIRONMENT, EVIDENCE = "environment", "evidence"  # digests that another machine has otherwise
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_MOST = 20  # differences of one table that are listed


class EvidenceComparison:
    """Gathers differences, and the largest deviation as a share of what is tolerated."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.deviation = 0.0

    def differ(self, subject: str, committed: object, seen: object) -> None:
        self.differences.append(Difference(subject, str(committed), str(seen)))

    def same(self, subject: str, committed: object, seen: object) -> None:
        """Require equality."""
        if committed != seen:
            self.differ(subject, committed, seen)

    def number(self, subject: str, committed: Any, seen: Any, *, width: float = 0.0) -> None:
        """Require two numbers to agree within the tolerance; `width` is that of the interval."""
        if _missing(committed) or _missing(seen):
            if _missing(committed) != _missing(seen):
                self.differ(subject, committed, seen)
            return
        if not all(map(isfinite, (float(committed), float(seen), width))):
            self.same(subject, committed, seen)
            return
        tolerated = max(WIDTH * width, RELATIVE * abs(float(committed)), ABSOLUTE)
        deviation = abs(float(committed) - float(seen)) / tolerated
        if deviation > 1:
            self.differ(subject, committed, seen)
        else:
            self.deviation = max(self.deviation, deviation)

    def text(self, subject: str, committed: str, seen: str) -> None:
        """Require two sentences to be the same but for the rounding of the numbers in them."""
        if _NUMBER.sub("#", committed) != _NUMBER.sub("#", seen):
            self.differ(subject, committed, seen)
            return
        for one, other in zip(_NUMBER.findall(committed), _NUMBER.findall(seen), strict=True):
            last_place = min(_last_place(one), _last_place(other))
            if not abs(_value(one) - _value(other)) <= WORDS * abs(_value(one)) + last_place:
                self.differ(subject, committed, seen)
                return

    def findings(self, where: str, committed: Sequence[Finding], seen: Sequence[Finding]) -> None:
        """Require the same checks of the same subjects, with equal verdicts and close numbers."""
        keys = [[each.key for each in side] for side in (committed, seen)]
        if keys[0] != keys[1]:
            of_one_side = set(keys[0]) ^ set(keys[1])
            names = sorted(f"{each.check} of {each.subject}" for each in (*committed, *seen) if each.key in of_one_side)
            odd = names[0] if names else "their order"
            self.differ(f"{where}: findings", f"{len(committed)} findings", f"{len(seen)}, other: {odd}")
            return
        for one, other in zip(committed, seen, strict=True):
            self._finding(f"{where}: {one.check} of {one.subject}", one, other)

    def verdicts(self, committed: Verdict, seen: Verdict) -> None:
        """Require equal status, equal judgements, and equal digests but for those of another machine."""
        self.same("the verdict's status", committed.status, seen.status)
        names = [[(each.requirement, each.finding.key) for each in v.judged] for v in (committed, seen)]
        if names[0] != names[1]:
            self.differ("the verdict's judgements", f"{len(names[0])} judgements", f"{len(names[1])}, or of others")
        else:
            for one, other in zip(committed.judged, seen.judged, strict=True):
                self._judgement(one, other)
        for name in sorted({*committed.digests, *seen.digests} - {ENVIRONMENT, EVIDENCE}):
            self.same(f"digest {name}", committed.digests.get(name, "missing"), seen.digests.get(name, "missing"))

    def summaries(self, committed: Summary, seen: Summary) -> None:
        """Require the same scorers, worst group, status and reasons, and close numbers."""
        self.same("the summary's task, metric and status", _identity(committed), _identity(seen))
        levels = [[each.model, each.best_simple_method, each.rule] for each in (committed, seen)]
        for name, one, other in zip(("model", "best simple method", "rule"), *levels, strict=True):
            self._level(f"the summary's {name}", one, other)

        findings = [
            [*filter(None, [each.worst_gap]), *(reason.finding for reason in each.reasons)]
            for each in (committed, seen)
        ]
        self.findings("the summary", *findings)
        counts = [[(reason.requirement, reason.further) for reason in each.reasons] for each in (committed, seen)]
        self.same("the summary's reasons", *counts)

    def table(self, where: str, committed: pd.DataFrame, seen: pd.DataFrame, *, share: float = 0.0) -> None:
        """Require the same columns and rows, and cells that agree, but for at most `share` of a column."""
        if list(committed.columns) != list(seen.columns) or len(committed) != len(seen):
            shapes = [f"{len(side)} rows of {', '.join(map(str, side.columns))}" for side in (committed, seen)]
            self.differ(where, *shapes)
            return
        has_interval = {"low", "high"} <= set(committed.columns)
        width = (
            (committed["high"] - committed["low"]).fillna(0).to_numpy() if has_interval else np.zeros(len(committed))
        )
        for column in committed.columns:
            apart = self._apart(committed[column], seen[column], width)
            if apart.sum() > share * len(apart):
                row = int(np.argmax(apart))
                values = committed[column].iloc[row], seen[column].iloc[row]
                count = f"{int(apart.sum())} of {len(apart)} cells"
                self.differ(f"{where}: {column} ({count}, the first in row {row + 1})", *values)

    def tree(self, where: str, committed: Any, seen: Any) -> None:
        """Require two JSON values to have the same keys, and numbers that agree."""
        if isinstance(committed, dict) and isinstance(seen, dict) and list(committed) == list(seen):
            for key, value in committed.items():
                self.tree(f"{where}: {key}", value, seen[key])
        elif isinstance(committed, float) and isinstance(seen, float):
            self.number(where, committed, seen)
        else:
            self.same(where, committed, seen)

    def shortened(self) -> tuple[Difference, ...]:
        """Return the differences, of which so many are listed, and the rest counted."""
        rest = len(self.differences) - _MOST
        more = [Difference("further differences", "none", str(rest))] if rest > 0 else []
        return (*self.differences[:_MOST], *more)

    def _level(self, where: str, one: Level | None, other: Level | None) -> None:
        if one is None or other is None:
            self.same(where, one, other)
            return
        self.same(f"{where}, name and n", (one.scorer, one.n), (other.scorer, other.n))
        width = one.high - one.low if one.low is not None and one.high is not None else 0.0
        for name in ("estimate", "low", "high"):
            self.number(f"{where}, {name}", getattr(one, name), getattr(other, name), width=width)

    def _finding(self, where: str, one: Finding, other: Finding) -> None:
        for name in ("question", "n", "verdict"):
            self.same(f"{where}, {name}", getattr(one, name), getattr(other, name))
        known = one.low is not None and one.high is not None
        width = float(one.high) - float(one.low) if known else 0.0  # type: ignore[arg-type]
        for name in ("estimate", "low", "high"):
            self.number(f"{where}, {name}", getattr(one, name), getattr(other, name), width=width)
        for name in ("requirement", "why"):
            self.text(f"{where}, {name}", getattr(one, name), getattr(other, name))
        self.text(f"{where}, needed", str(one.needed), str(other.needed))

    def _judgement(self, one: Judgement, other: Judgement) -> None:
        where = f"judgement {one.requirement}, {one.finding.check} of {one.finding.subject}"
        self.same(where, one.follows, other.follows)
        self._finding(where, one.finding, other.finding)
        self.text(f"{where}, reason", one.reason, other.reason)

    def _apart(self, one: pd.Series, other: pd.Series, width: np.ndarray) -> np.ndarray:
        """Return for each row whether two columns differ by more than is tolerated."""
        if not (_is_number(one) and _is_number(other)):
            pairs = zip(one.astype(object), other.astype(object), strict=True)
            return np.array([not _equal(*pair) for pair in pairs], dtype=bool)
        a, b = one.to_numpy(float, na_value=np.nan), other.to_numpy(float, na_value=np.nan)
        tolerated = np.maximum(np.maximum(WIDTH * width, RELATIVE * np.abs(a)), ABSOLUTE)
        finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(tolerated)
        with np.errstate(invalid="ignore"):
            share = np.where(finite, np.abs(a - b) / tolerated, np.inf)
        share[np.isnan(a) & np.isnan(b) | (a == b)] = 0.0
        apart: np.ndarray = ~(share <= 1)
        self.deviation = max(self.deviation, float(share[~apart].max(initial=0.0)))
        return apart


def _identity(summary: Summary) -> tuple[str, str, str]:
    return summary.task, summary.metric, summary.status


def with_taken_over(committed: Sequence[Finding], seen: Sequence[Finding]) -> list[Finding]:
    """Return `seen` with the ledger's finding as committed, where both have one."""
    kept = {each.key: each for each in committed if each.check == TAKEN}
    return [kept.get(each.key, each) for each in seen]


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _equal(one: object, other: object) -> bool:
    return bool(one == other) or (_missing(one) and _missing(other))


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or value != value  # NaN is not equal to itself


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _last_place(number: str) -> float:
    """Return one unit of the last digit that is shown."""
    digits, _, exponent = number.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return float(10 ** (int(exponent or 0) - decimals))
