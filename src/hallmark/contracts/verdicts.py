"""The verdict contract: the gate's status of a model, the judged findings, and the digests of
model, data and code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hallmark.contracts import findings
from hallmark.contracts.checks import SIGNATURE
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.files import require

Status = Literal["eligible", "needs review", "blocked", "not judged"]
JudgementStatus = Literal["eligible", "needs review", "blocked", "not applicable"]
SYMBOLS = {"pass": "✓", "fail": "✗", "unresolved": "?", "measured": "·", "not applicable": "○"}
STATUSES: Mapping[Status, str] = {"eligible": "✓", "needs review": "?", "blocked": "✗", "not judged": "○"}
SEALED = "the test split stays sealed (evaluate.test is false)"  # why nothing was judged
MAX_REASONS = 3  # in the sentence of a verdict; further ones are only counted


@dataclass(frozen=True)
class Judgement:
    """One requirement applied to one finding.

    requirement: The requirement's name in the configuration; the finding states what it requires.
    finding: The finding, with its requirement and its verdict.
    reason: Why it has this verdict: one sentence that a person understands.
    status: The model's status if this judgement were the only one: "eligible" where the requirement
        is met, "not applicable" where the system or its answer has nothing to judge, which neither
        passes nor blocks.
    """

    requirement: str
    finding: Finding
    reason: str
    status: JudgementStatus

    @property
    def sentence(self) -> str:
        """The requirement, the finding's check and subject, and the reason, as one text."""
        return f"{self.requirement} ({self.finding.check}, {self.finding.subject}): {self.reason}"


@dataclass(frozen=True)
class Verdict:
    """The gate's verdict on a model.

    judged: Every judgement, in the order of the requirements.
    digests: The SHA-256, by name, of the model, data, configuration, code and environment that were
        judged.
    """

    status: Status
    judged: tuple[Judgement, ...]
    digests: Mapping[str, str]

    @property
    def deciding(self) -> tuple[Judgement, ...]:
        """The judgements with the verdict's status, which led to it; none where it is "eligible"."""
        if self.status == "eligible":
            return ()
        return tuple(judgement for judgement in self.judged if judgement.status == self.status)

    @property
    def applicable(self) -> tuple[Judgement, ...]:
        """The judgements that are not "not applicable"."""
        return tuple(judgement for judgement in self.judged if judgement.status != "not applicable")

    @property
    def inapplicable(self) -> tuple[str, ...]:
        """The names of the requirements for which this system or its answer has nothing to judge."""
        return tuple(judgement.requirement for judgement in self.judged if judgement.status == "not applicable")

    @property
    def awaits_signature(self) -> bool:
        """Whether a person's signature is the only thing that is missing."""
        deciding_checks = {judgement.finding.check for judgement in self.deciding}
        return self.status == "needs review" and deciding_checks == {SIGNATURE}

    @property
    def sentence(self) -> str:
        """The status and at most MAX_REASONS reasons, in one line."""
        if self.status == "not judged":
            return f"not judged: {SEALED}"
        if self.status == "eligible":
            return f"eligible: all {len(self.applicable)} judged findings meet their requirements"

        reasons = [judgement.sentence for judgement in self.deciding]
        further_count = len(reasons) - MAX_REASONS
        more = f"; and {further_count} more" if further_count > 0 else ""
        return f"{self.status}: {'; '.join(reasons[:MAX_REASONS])}{more}"


def interval(finding: Finding) -> str:
    """Return estimate and limits of a finding as text, `0.931 [0.912, 0.947]`.

    A dash without an estimate.
    """
    if finding.estimate is None:
        return "-"
    if finding.low is None or finding.high is None:
        return f"{finding.estimate:.4g}"
    return f"{finding.estimate:.4g} [{finding.low:.4g}, {finding.high:.4g}]"


def not_judged(digests: Mapping[str, str]) -> Verdict:
    """Return the verdict on a model whose test split stays sealed: none. `digests` are those of a verdict."""
    return Verdict("not judged", (), digests)


def write(verdict: Verdict, path: Path) -> None:
    """Write the verdict as JSON, with sentence and deciding judgements for readers of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "status": verdict.status,
        "sentence": verdict.sentence,
        "digests": dict(verdict.digests),
        "deciding": [_record(judgement) for judgement in verdict.deciding],
        "judged": [_record(judgement) for judgement in verdict.judged],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Verdict:
    """Read what `write` wrote.

    Raises `InputError` where it is missing, half-written, or its status is not the one its
    judgements give.
    """
    text = require(path, "the gate's verdict").read_text(encoding="utf-8", errors="replace")
    try:
        content = json.loads(text)
        judged = tuple(_judgement(record) for record in content["judged"])
        verdict = Verdict(content["status"], judged, _digests(content["digests"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no verdict that the gate wrote ({error}): run the gate again") from error

    status = "not judged" if verdict.status == "not judged" and not judged else status_of(judged)
    if verdict.status != status:
        raise InputError(f"{path} says {verdict.status!r}, but its own judgements say {status!r}: run the gate again")
    return verdict


def tags(verdict: Verdict) -> dict[str, str]:
    """Return the tags of a registered version for its verdict: publishing writes them, promotion
    compares them.
    """
    digests = {f"hallmark.digest.{name}": digest for name, digest in verdict.digests.items()}
    return {"hallmark.verdict": verdict.status, **digests}


def status_of(judged: tuple[Judgement, ...]) -> Status:
    """Return the worst status among judgements, "not applicable" ones left out.

    "blocked" where none is left: without a requirement there is no evidence.
    """
    statuses = {judgement.status for judgement in judged} - {"not applicable"}
    if not statuses or "blocked" in statuses:
        return "blocked"
    return "needs review" if "needs review" in statuses else "eligible"


def _record(judgement: Judgement) -> dict[str, Any]:
    return {
        "requirement": judgement.requirement,
        "finding": findings.record(judgement.finding),
        "reason": judgement.reason,
        "status": judgement.status,
    }


def _judgement(record: Any) -> Judgement:
    status = record["follows"] if "follows" in record else record["status"]  # "follows" in files written before
    return Judgement(
        requirement=record["requirement"],
        finding=findings.of(record["finding"]),
        reason=record["reason"],
        status=status,
    )


def _digests(record: Any) -> dict[str, str]:
    if not isinstance(record, dict) or not all(isinstance(digest, str) for digest in record.values()):
        raise TypeError("its digests must be texts by name")
    return record
