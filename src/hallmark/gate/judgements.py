"""From findings and requirements to a verdict: judged on intervals, not on points; what is unknown does not pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from hallmark.contracts import checks
from hallmark.contracts.checks import SIGNATURE
from hallmark.contracts.findings import Finding, judge
from hallmark.contracts.verdicts import Follows, Judgement, Status, Verdict, interval, status_of
from hallmark.gate.selection import Requirement

UNSIGNED = Finding(
    check=SIGNATURE,
    verdict="unresolved",
    why="The stakes are high: a person must have seen this evidence, and sign the verdict before it is promoted.",
)
_OUTCOMES: Mapping[Status, Literal["pass", "fail", "unresolved"]] = {
    "eligible": "pass",
    "needs review": "unresolved",
    "blocked": "fail",
}
_WHAT_IS_ASKED: Mapping[Status, str] = {
    "eligible": "no signature is needed before promotion",
    "needs review": "a person must settle what is unresolved before this can be promoted",
    "blocked": "nobody can sign this off: the model, the data or the requirement must change",
}
_SIGNATURE_ASKED = "a person must sign before this can be promoted, and nothing else is missing"


def decide(
    findings: Iterable[Finding],
    requirements: Mapping[str, Requirement],
    digests: Mapping[str, str],
    *,
    system: str | None = None,
) -> Verdict:
    """Apply every requirement to every finding that it selects; the worst consequence is the verdict's status.

    A requirement that selects no finding blocks: what nobody measured cannot be cleared. Where a finding says that the
    answer has nothing to check, or `system` offers no such check, it is not applicable instead. A signature, where it
    is required, is always missing here: it is given under the verdict, and promotion looks for it.
    """
    everything = [*findings, UNSIGNED]
    judged: list[Judgement] = []
    for name, requirement in requirements.items():
        judged += _apply(name, requirement, everything, system)
    return Verdict(status_of(tuple(judged)), tuple(judged), dict(digests))


def conclusions(verdict: Verdict) -> list[Finding]:
    """Return the gate's findings: the verdict, which answers "does a human need to review it?", and the judged ones."""
    asked = _SIGNATURE_ASKED if verdict.awaits_signature else _WHAT_IS_ASKED[verdict.status]
    conclusion = Finding(
        check="gate.verdict",
        case=verdict.status,
        n=len(verdict.judged),
        verdict=_OUTCOMES[verdict.status],
        why=f"{asked} ({verdict.sentence}).",
    )
    return [conclusion, *(judgement.finding for judgement in verdict.judged)]


def _apply(name: str, requirement: Requirement, findings: Sequence[Finding], system: str | None) -> list[Judgement]:
    selected = [finding for finding in findings if requirement.selects(finding)]
    if selected:
        return [_judgement(name, requirement, finding) for finding in selected]

    of_the_check = [finding for finding in findings if requirement.names_check_of(finding)]
    if of_the_check and all(finding.verdict == "not applicable" for finding in of_the_check):
        finding = replace(of_the_check[0], requirement=requirement.bounds)
        return [Judgement(name, finding, finding.why, "not applicable")]
    if system is not None and not checks.is_offered(requirement.check, system):
        return [_inapplicable(name, requirement, f"The system {system} has no such check.")]
    return [_missing(name, requirement)]


def _judgement(name: str, requirement: Requirement, finding: Finding) -> Judgement:
    judged = judge(finding, at_least=requirement.at_least, at_most=requirement.at_most)
    reason = judged.why or f"its own check says {judged.verdict}"
    if requirement.is_bounded:
        reason = _bounds_reason(requirement, judged)
    return Judgement(name, judged, reason, _consequence(requirement, judged))


def _consequence(requirement: Requirement, judged: Finding) -> Follows:
    if judged.verdict == "pass":
        return "eligible"
    consequence = requirement.failed if judged.verdict == "fail" else requirement.unresolved
    return "blocked" if consequence == "blocked" else "needs review"


def _inapplicable(name: str, requirement: Requirement, why: str) -> Judgement:
    finding = Finding(
        check="gate.unmatched",
        case=requirement.selection,
        requirement=requirement.bounds,
        verdict="not applicable",
        why=why,
    )
    return Judgement(name, finding, why, "not applicable")


def _missing(name: str, requirement: Requirement) -> Judgement:
    reason = f"no finding is selected by {requirement.selection}"
    if not requirement.is_bounded:
        reason += ", with a verdict of its own"
    finding = Finding(
        check="gate.unmatched",
        case=requirement.selection,
        requirement=requirement.bounds,
        verdict="fail",
        why=reason,
    )
    return Judgement(name, finding, reason, "blocked")


def _bounds_reason(requirement: Requirement, judged: Finding) -> str:
    """Return how the interval lies to the bounds, and how much more data would settle it."""
    number = interval(judged)
    bounds = judged.requirement
    if judged.verdict == "pass":
        return f"all of {number} is {bounds}"
    if judged.verdict == "fail":
        return f"none of {number} is {bounds}"

    if judged.estimate is None or judged.low is None:
        because = f": {judged.why}" if judged.why else ""
        return f"{bounds} is asked, and nothing could be estimated{because}"
    if judged.needed is None:
        return (
            f"{number} straddles {bounds}, with its estimate on the bound or next to it: more data need not settle it"
        )
    likely = "" if requirement.is_met_by(judged.estimate) else ", as a failure if the estimate stays"
    return f"{number} straddles {bounds}: about {judged.needed:,} more would settle it{likely}"
