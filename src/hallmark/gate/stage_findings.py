"""The findings that the gate judges: those of each stage, of its own checks alone."""

from hallmark.contracts import checks, findings
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.layout import JUDGED_STAGES, Layout

_MAX_LISTED = 5  # foreign findings that the sentence names; the others are counted


def read_stage_findings(layout: Layout, system: str) -> list[Finding]:
    """Return the findings of all judged stages, in the order of the stages.

    Raises `InputError` where a file is missing or is no table of findings (an empty table is one),
    and where a finding's check is not registered for its stage and system (in `checks.CHECKS`).
    """
    all_findings: list[Finding] = []
    misplaced: list[str] = []  # the findings of foreign checks, in words
    for stage in JUDGED_STAGES:
        path = layout.findings(stage)
        for number, finding in enumerate(findings.read(path), start=1):
            all_findings.append(finding)
            if not checks.belongs(finding.check, stage, system):
                misplaced.append(f"{path}, finding {number}, has the check {finding.check!r} ({finding.subject})")

    if misplaced:
        named = "; ".join(misplaced[:_MAX_LISTED])
        unlisted_count = len(misplaced) - _MAX_LISTED
        more = f" (and {unlisted_count} more)" if unlisted_count > 0 else ""
        raise InputError(f"{named}{more}: not a check of its stage in the system {system}; run that stage again")
    return all_findings
