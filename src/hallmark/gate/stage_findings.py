"""The findings that the gate judges: those of each stage, of its own checks alone."""

from hallmark.contracts import checks, findings
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.layout import JUDGED_STAGES, Layout

_LISTED = 5  # foreign findings that the sentence names; the others are counted


def read_stage_findings(layout: Layout, system: str) -> list[Finding]:
    """Return the findings of all judged stages, in the order of the stages.

    Raises `InputError` where a file is missing or holds no findings, and where a finding is of a
    check that its stage does not make in this system (`checks.CHECKS`).
    """
    everything: list[Finding] = []
    foreign: list[str] = []
    for stage in JUDGED_STAGES:
        path = layout.findings(stage)
        for number, finding in enumerate(findings.read(path), start=1):
            everything.append(finding)
            if not checks.belongs(finding.check, stage, system):
                foreign.append(f"{path}, finding {number}, is of {finding.check!r} of {finding.subject!r}")

    if foreign:
        further = len(foreign) - _LISTED
        more = f" (and {further} more)" if further > 0 else ""
        named = "; ".join(foreign[:_LISTED])
        raise InputError(f"{named}{more}: no check of that stage and of the system {system}; run the stage again")
    return everything
