"""Judgements: each requirement applied to the findings that it selects, and the verdict that
follows from all of them.

A bounded requirement is judged on a finding's confidence interval, not on its point estimate; one
without bounds takes the finding's own verdict. What nobody measured does not pass.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from hallmark.config.stages import Consequence, Requirement
from hallmark.contracts import checks
from hallmark.contracts.checks import SIGNATURE
from hallmark.contracts.findings import Finding, judge
from hallmark.contracts.verdicts import Judgement, JudgementStatus, Status, Verdict, interval, status_of
from hallmark.gate import selection

SIGNATURE_MISSING = Finding(  # selected where a requirement names the check, and by none otherwise
    check=SIGNATURE,
    verdict="unresolved",
    reason="The stakes are high: a person must look at this evidence and sign the verdict before promotion.",
)
_OUTCOMES: Mapping[Status, Literal["pass", "fail", "unresolved"]] = {
    "eligible": "pass",
    "needs review": "unresolved",
    "blocked": "fail",
    "not judged": "unresolved",
}
_NEXT_STEPS: Mapping[Status, str] = {
    "eligible": "no signature is needed before promotion",
    "needs review": "a person must settle what failed or is unresolved before this can be promoted",
    "blocked": "nobody can sign this off: the model, data or requirement must change, or what is missing must run",
    "not judged": "set evaluate.test to true, and run it again, for a verdict",
}
_SIGN = "a person must sign before this can be promoted, and nothing else is missing"
_STATUSES: Mapping[Consequence, JudgementStatus] = {"blocked": "blocked", "review": "needs review"}


def decide(
    findings: Iterable[Finding],
    requirements: Mapping[str, Requirement],
    digests: Mapping[str, str],
    *,
    system: str | None = None,
) -> Verdict:
    """Apply every requirement to every finding that it selects; the worst consequence is the
    verdict's status.

    A requirement that selects no finding blocks, since nobody measured it. It is not applicable
    instead where all findings of its check are, or where `system` (the kind of data, "table")
    offers no such check. Without any requirement the verdict is blocked.

    `digests` (SHA-256 by name) identify the model, data and code that the verdict is about. A
    signature is added after the verdict is written, so here it is always missing; promotion looks
    for it.
    """
    all_findings = [*findings, SIGNATURE_MISSING]
    judgements: list[Judgement] = []
    for name, requirement in requirements.items():
        judgements += _apply_requirement(name, requirement, all_findings, system)
    return Verdict(status_of(tuple(judgements)), tuple(judgements), dict(digests))


def conclusions(verdict: Verdict) -> list[Finding]:
    """Return the verdict as a finding, whose n counts judgements, followed by every finding that
    was judged.
    """
    next_step = _SIGN if verdict.awaits_signature else _NEXT_STEPS[verdict.status]
    conclusion = Finding(
        check="gate.verdict",
        case=verdict.status,
        n=len(verdict.judged),
        verdict=_OUTCOMES[verdict.status],
        reason=f"{next_step} ({verdict.sentence}).",
    )
    return [conclusion, *(judgement.finding for judgement in verdict.judged)]


def _apply_requirement(
    name: str, requirement: Requirement, findings: Sequence[Finding], system: str | None
) -> list[Judgement]:
    """Return a judgement for each selected finding or, without any, one that says why there is
    none.

    `name` is the requirement's name in the configuration.
    """
    selected = [finding for finding in findings if selection.selects(requirement, finding)]
    if selected:
        return [_judge_finding(name, requirement, finding) for finding in selected]

    same_check = [finding for finding in findings if selection.is_about_check_of(requirement, finding)]
    if same_check and all(finding.verdict == "not applicable" for finding in same_check):
        first = same_check[0]  # its reason stands for all of them
        return [
            Judgement(
                name, replace(first, requirement=selection.bounds_in_words(requirement)), first.reason, "not applicable"
            )
        ]

    if system is not None and not checks.is_offered(requirement.check, system):
        reason = f"The system {system} does not offer the check {requirement.check}."
        return [_judge_absence(name, requirement, reason, verdict="not applicable", status="not applicable")]

    kind = "finding" if selection.is_bounded(requirement) else "finding with a verdict of its own"
    reason = f"no {kind} is selected by {selection.selection_in_words(requirement)}"
    return [_judge_absence(name, requirement, reason, verdict="fail", status="blocked")]


def _judge_finding(name: str, requirement: Requirement, finding: Finding) -> Judgement:
    judged_finding = judge(finding, at_least=requirement.at_least, at_most=requirement.at_most)
    if selection.is_bounded(requirement):
        reason = _bounds_reason(requirement, judged_finding)
    else:
        reason = judged_finding.reason or f"the check's own verdict is {judged_finding.verdict}"
    return Judgement(name, judged_finding, reason, _status(requirement, judged_finding))


def _status(requirement: Requirement, judged_finding: Finding) -> JudgementStatus:
    """Return the status that follows from a finding with a verdict: pass, fail or unresolved."""
    if judged_finding.verdict == "pass":
        return "eligible"
    if judged_finding.verdict == "fail":
        return _STATUSES[requirement.failed]
    return _STATUSES[requirement.unresolved]


def _judge_absence(
    name: str,
    requirement: Requirement,
    reason: str,
    *,
    verdict: Literal["fail", "not applicable"],
    status: JudgementStatus,
) -> Judgement:
    """Return the judgement where a requirement selects no finding: it is of a finding that says
    what was looked for.
    """
    finding = Finding(
        check="gate.unmatched",
        case=selection.selection_in_words(requirement),
        requirement=selection.bounds_in_words(requirement),
        verdict=verdict,
        reason=reason,
    )
    return Judgement(name, finding, reason, status)


def _bounds_reason(requirement: Requirement, judged_finding: Finding) -> str:
    """Return where the interval lies relative to the bounds, and how much more data would settle
    it, where known.
    """
    interval_text = interval(judged_finding)
    bounds = judged_finding.requirement
    if judged_finding.verdict == "pass":
        return f"all of {interval_text} is {bounds}"
    if judged_finding.verdict == "fail":
        return f"none of {interval_text} is {bounds}"

    if judged_finding.estimate is None or judged_finding.low is None:
        because = f": {judged_finding.reason}" if judged_finding.reason else ""
        return f"{bounds} is required, and there is no estimate with an interval{because}"

    if judged_finding.needed is None:
        return f"{interval_text} straddles {bounds}, its estimate so near the bound that more data may not settle it"

    needed = f"about {judged_finding.needed:,} more entities would settle it"
    if selection.is_met_by(requirement, judged_finding.estimate):
        return f"{interval_text} straddles {bounds}: {needed}"
    return f"{interval_text} straddles {bounds}: {needed}, as not met if the estimate stays where it is"
