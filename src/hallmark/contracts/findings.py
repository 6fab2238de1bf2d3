"""The finding: the one record of the chain of evidence. Every stage writes findings; the gate reads nothing else."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from math import ceil, inf, isfinite
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args

from hallmark.command import require
from hallmark.errors import InputError

STAGES = ("validate", "train", "evaluate", "bias", "drift")  # whose findings the gate judges
Verdict = Literal["pass", "fail", "unresolved", "measured", "not applicable"]
FARTHEST = 100  # times the entities at hand: beyond, how many would settle a finding is not said


@dataclass(frozen=True)
class Finding:
    """What one check found.

    `estimate`, `low` and `high` are None where nothing could be estimated; `n` counts entities, not rows. `verdict` is
    "measured" until something is required of it, and "not applicable" where the answer has nothing to check.
    `needed` is about how many more entities would settle an unresolved one.
    """

    check: str  # dotted, begins with the stage: evaluate.metric, bias.gap, validate.schema
    question: int  # 1-10, which of the model card's questions it answers
    subject: str  # what was checked: a metric, a group, a column
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    requirement: str = ""
    n: int = 0
    verdict: Verdict = "measured"
    needed: int | None = None
    why: str = ""  # one sentence that a person understands


def judge(finding: Finding, *, at_least: float | None = None, at_most: float | None = None) -> Finding:
    """Judge a finding's interval: pass if all of it meets the bounds, fail if none of it does, otherwise unresolved.

    `needed` is about how many more entities would settle it, either way, if the estimate stayed where it is and the
    interval shrank with the root of n. It is None where nothing was estimated, or the estimate lies on a bound or so
    near that more than FARTHEST times as many were needed: within a tenth of the interval's arm, where the estimate
    itself is not known well enough to say on which side of the bound it will stay.
    Without any bound the finding is returned as it is: its own verdict counts.
    """
    if at_least is None and at_most is None:
        return finding
    bounds = [f"≥ {at_least:g}" if at_least is not None else "", f"≤ {at_most:g}" if at_most is not None else ""]
    judged = replace(finding, requirement=" and ".join(filter(None, bounds)))
    if finding.low is None or finding.high is None or finding.estimate is None:
        return replace(judged, verdict="unresolved")
    lower, upper = at_least if at_least is not None else -inf, at_most if at_most is not None else inf
    if finding.low >= lower and finding.high <= upper:
        return replace(judged, verdict="pass")
    if finding.high < lower or finding.low > upper:
        return replace(judged, verdict="fail")
    more = _shrinkage(finding.estimate, finding.low, finding.high, lower, upper) ** 2 - 1
    needed = ceil(finding.n * more) if more <= FARTHEST else None
    return replace(judged, verdict="unresolved", needed=needed)


def _shrinkage(estimate: float, low: float, high: float, lower: float, upper: float) -> float:
    """Return by what factor the interval must shrink about its estimate to lie on one side of each bound."""
    if estimate < lower:
        return (high - estimate) / (lower - estimate)
    if estimate > upper:
        return (estimate - low) / (estimate - upper)
    if estimate in (lower, upper):
        return inf
    return max((estimate - low) / (estimate - lower), (high - estimate) / (upper - estimate))


def write(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as a JSON list. NaN is refused: what could not be estimated is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [asdict(finding) for finding in findings]
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def files(reports: Path) -> list[Path]:
    """Return the files of a task's reports that the gate judges, in the order of the stages."""
    return [reports / stage / "findings.json" for stage in STAGES]


def read(path: Path) -> list[Finding]:
    """Read what `write` wrote.

    Raises `InputError` where the file is missing, half-written, or holds anything that is no finding.
    """
    text = require(path, "the table of findings").read_text(encoding="utf-8", errors="replace")
    try:
        records = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no whole table of findings ({error}): {_cure(path)}") from error
    if not isinstance(records, list):
        raise InputError(f"{path} must hold a list of findings, and holds {type(records).__name__}: {_cure(path)}")
    return [_finding(record, number, path) for number, record in enumerate(records, start=1)]


def of(record: Any) -> Finding:
    """Return the finding of a record. Raises `ValueError` or `TypeError` where the record is none."""
    finding = Finding(**record)
    for name, (kinds, words) in _KINDS.items():
        value = getattr(finding, name)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}, must be {words}")
        if kinds is _NUMBER[0] and not _is_finite(value):
            raise ValueError(f"{name} is {value!r}, must be finite, or null where nothing could be estimated")
    if finding.low is not None and finding.high is not None and finding.low > finding.high:
        raise ValueError(f"its interval begins at low {finding.low!r}, above its end high {finding.high!r}")
    if finding.n < 0:
        raise ValueError(f"n is {finding.n!r}, must be 0 or more")
    if finding.verdict not in get_args(Verdict):
        raise ValueError(f"verdict is {finding.verdict!r}, must be one of {', '.join(get_args(Verdict))}")
    return finding


_NUMBER = ((int, float, NoneType), "a number or null")
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "check": ((str,), "text"),
    "question": ((int,), "a whole number"),
    "subject": ((str,), "text"),
    "estimate": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "requirement": ((str,), "text"),
    "n": ((int,), "a whole number"),
    "verdict": ((str,), "text"),
    "needed": ((int, NoneType), "a whole number or null"),
    "why": ((str,), "text"),
}


def _finding(record: Any, number: int, path: Path) -> Finding:
    try:
        return of(record)
    except (ValueError, TypeError) as error:
        check = record.get("check") if isinstance(record, dict) else None
        name = f" ({check})" if isinstance(check, str) else ""
        raise InputError(f"{path}, finding {number}{name}, is none ({error}): {_cure(path)}") from error


def _is_finite(value: Any) -> bool:
    """JSON's 1e999 is read as infinite, and a whole number may be too large for a float."""
    try:
        return value is None or isfinite(value)
    except OverflowError:
        return False


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _cure(path: Path) -> str:
    return f"run {path.parent.name or 'its stage'} again"
