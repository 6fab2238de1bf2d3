"""From findings and requirements to a verdict: judged on intervals, not on points; what is unknown does not pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from hallmark.contracts import checks
from hallmark.contracts.findings import Finding, judge
from hallmark.contracts.verdicts import SIGNATURE, Follows, Judgement, Status, Verdict, interval, status_of
from hallmark.errors import InputError

Consequence = Literal["blocked", "review"]
UNSIGNED = Finding(
    SIGNATURE,
    10,
    "a person",
    verdict="unresolved",
    why="The stakes are high: a person must have seen this evidence, and sign the verdict before it is promoted.",
)


@dataclass(frozen=True)
class Requirement:
    """What is asked of the findings that match the shell patterns `check` and `subject`.

    With neither bound the finding's own verdict counts, and findings that were only measured don't match.
    """

    check: str
    subject: str = "*"
    at_least: float | None = None
    at_most: float | None = None
    failed: Consequence = "blocked"
    unresolved: Consequence = "review"

    def __post_init__(self) -> None:
        for key, value in (("failed", self.failed), ("unresolved", self.unresolved)):
            if value not in ("blocked", "review"):
                raise InputError(f"gate.requirements: {key} of {self.check!r} is {value!r}, must be blocked or review")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise InputError(
                f"gate.requirements: {self.check!r} asks for ≥ {self.at_least:g} and ≤ {self.at_most:g} at once"
            )

    @property
    def bounded(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    def met_by(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def matches(self, finding: Finding) -> bool:
        named = fnmatchcase(finding.check, self.check) and fnmatchcase(finding.subject, self.subject)
        judgeable = finding.verdict not in ("measured", "not applicable")
        return named and (judgeable or (self.bounded and finding.verdict == "measured"))


def requirements(configured: Any) -> dict[str, Requirement]:
    """Return the requirements of a configuration's section: by name, the keys of `Requirement`."""
    return {name: Requirement(**keys) for name, keys in configured.items()}


def decide(
    findings: Iterable[Finding],
    requirements: Mapping[str, Requirement],
    digests: Mapping[str, str],
    *,
    system: str | None = None,
) -> Verdict:
    """Apply every requirement to every finding that it matches; the worst consequence is the verdict's status.

    A requirement that matches no finding blocks: what nobody measured cannot be cleared. Where a finding says that the
    answer has nothing to check, or `system` offers no such check, it is not applicable instead. A signature, where it
    is required, is always missing here: it is given under the verdict, and promotion looks for it.
    """
    everything = [*findings, UNSIGNED]
    judged = tuple(
        judgement
        for name, requirement in requirements.items()
        for judgement in _apply(name, requirement, everything, system)
    )
    return Verdict(status_of(judged), judged, dict(digests))


def conclusions(verdict: Verdict) -> list[Finding]:
    """Return the gate's findings: the verdict, which answers "does a human need to review it?", and the judged ones."""
    outcome: dict[Status, Literal["pass", "fail", "unresolved"]] = {
        "eligible": "pass",
        "needs review": "unresolved",
        "blocked": "fail",
    }
    signs = {
        "eligible": "no signature is needed before promotion",
        "needs review": "a person must settle what is unresolved before this can be promoted",
        "blocked": "nobody can sign this off: the model, the data or the requirement must change",
    }[verdict.status]
    if verdict.awaits_signature:
        signs = "a person must sign before this can be promoted, and nothing else is missing"
    summary = Finding(
        check="gate.verdict",
        question=10,
        subject=verdict.status,
        n=len(verdict.judged),
        verdict=outcome[verdict.status],
        why=f"{signs} ({verdict.sentence}).",
    )
    return [summary, *(judgement.finding for judgement in verdict.judged)]


def _apply(name: str, requirement: Requirement, findings: Sequence[Finding], system: str | None) -> list[Judgement]:
    matched = [finding for finding in findings if requirement.matches(finding)]
    if matched:
        return [_judged(name, requirement, finding) for finding in matched]

    of_the_check = [finding for finding in findings if fnmatchcase(finding.check, requirement.check)]
    if of_the_check and all(finding.verdict == "not applicable" for finding in of_the_check):
        return [_inapplicable(name, requirement, of_the_check[0].check, of_the_check[0].why)]
    if system is not None and not checks.offered(requirement.check, system):
        return [_inapplicable(name, requirement, requirement.check, f"The system {system} has no such check.")]
    return [_missing(name, requirement)]


def _judged(name: str, requirement: Requirement, finding: Finding) -> Judgement:
    if requirement.bounded:
        finding = judge(finding, at_least=requirement.at_least, at_most=requirement.at_most)
    consequence = {"pass": "eligible", "fail": requirement.failed}.get(finding.verdict, requirement.unresolved)
    reason = (
        _reason(requirement, finding) if requirement.bounded else finding.why or f"its own check says {finding.verdict}"
    )
    follows: Follows = (
        "needs review" if consequence == "review" else "blocked" if consequence == "blocked" else "eligible"
    )
    return Judgement(name, finding, reason, follows)


def _inapplicable(name: str, requirement: Requirement, check: str, why: str) -> Judgement:
    asked = _bounds(requirement)
    finding = Finding(check, 10, requirement.subject, requirement=asked, verdict="not applicable", why=why)
    return Judgement(name, finding, why, "not applicable")


def _missing(name: str, requirement: Requirement) -> Judgement:
    reason = f"no finding matches check {requirement.check!r} and subject {requirement.subject!r}"
    if not requirement.bounded:
        reason += " with a verdict of its own"
    nothing = Finding(
        requirement.check, 10, requirement.subject, requirement=_bounds(requirement), verdict="fail", why=reason
    )
    return Judgement(name, nothing, reason, "blocked")


def _bounds(requirement: Requirement) -> str:
    return judge(Finding("", 10, ""), at_least=requirement.at_least, at_most=requirement.at_most).requirement


def _reason(requirement: Requirement, finding: Finding) -> str:
    """Say how the interval lies to the requirement, and what would settle it."""
    number, asked = interval(finding), finding.requirement
    if finding.verdict == "pass":
        return f"all of {number} is {asked}"
    if finding.verdict == "fail":
        return f"none of {number} is {asked}"
    if finding.estimate is None or finding.low is None:
        return f"{asked} is asked, and nothing could be estimated" + (f": {finding.why}" if finding.why else "")
    if finding.needed is None:
        return f"{number} straddles {asked}, with its estimate on the bound or next to it: more data need not settle it"
    likely = "" if requirement.met_by(finding.estimate) else ", as a failure if the estimate stays"
    return f"{number} straddles {asked}: about {finding.needed:,} more would settle it{likely}"
