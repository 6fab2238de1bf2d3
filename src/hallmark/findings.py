"""The finding: the one record of the chain of evidence. Every stage writes findings; the gate reads nothing else."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from math import ceil, inf, isfinite
from pathlib import Path
from typing import Literal

from hallmark.command import require

STAGES = ("validate", "train", "evaluate", "bias", "drift")  # whose findings the gate judges
Verdict = Literal["pass", "fail", "unresolved", "measured"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    `estimate`, `low` and `high` are None where nothing could be estimated; `n` counts entities, not rows. `verdict` is
    "measured" until something is required of it. `needed` is about how many more entities would
    settle an unresolved one.
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
    interval shrank with the root of n. It is None where nothing was estimated, or the estimate lies on a bound.
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
    ratio = _shrinkage(finding.estimate, finding.low, finding.high, lower, upper)
    return replace(judged, verdict="unresolved", needed=ceil(finding.n * (ratio**2 - 1)) if isfinite(ratio) else None)


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


def read(path: Path) -> list[Finding]:
    """Read what `write` wrote. Raises `InputError` where the file is missing."""
    text = require(path, "the table of findings").read_text(encoding="utf-8")
    return [Finding(**record) for record in json.loads(text)]
