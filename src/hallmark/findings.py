"""The finding: the one record of the chain of evidence. Every stage writes findings; the gate reads nothing else."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from math import ceil, isfinite
from pathlib import Path
from typing import Literal

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

    `needed` assumes that the interval shrinks with the root of n about the same estimate, and is None where the
    estimate itself lies on the wrong side or on the bound, since more data would then rather confirm a failure.
    """
    bounds = [
        f"≥ {at_least:g}" if at_least is not None else "",
        f"≤ {at_most:g}" if at_most is not None else "",
    ]
    judged = replace(finding, requirement=" and ".join(filter(None, bounds)))
    if finding.low is None or finding.high is None or finding.estimate is None:
        return replace(judged, verdict="unresolved")
    low, high = (
        at_least if at_least is not None else float("-inf"),
        at_most if at_most is not None else float("inf"),
    )
    if finding.low >= low and finding.high <= high:
        return replace(judged, verdict="pass")
    if finding.high < low or finding.low > high:
        return replace(judged, verdict="fail")
    return replace(judged, verdict="unresolved", needed=_needed(finding, low, high))


def _needed(finding: Finding, low: float, high: float) -> int | None:
    assert finding.estimate is not None and finding.low is not None and finding.high is not None
    ratios = [
        side / room
        for side, room, bound in (
            (finding.estimate - finding.low, finding.estimate - low, low),
            (finding.high - finding.estimate, high - finding.estimate, high),
        )
        if isfinite(bound) and room > 0
    ]
    inside = low < finding.estimate < high
    return ceil(finding.n * (max(ratios) ** 2 - 1)) if inside and ratios else None


def write(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as a JSON list. NaN is refused: what could not be estimated is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [asdict(finding) for finding in findings]
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read(path: Path) -> list[Finding]:
    """Read what `write` wrote."""
    return [Finding(**record) for record in json.loads(path.read_text(encoding="utf-8"))]
