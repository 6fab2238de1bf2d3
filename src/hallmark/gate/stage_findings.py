"""The findings that the gate judges: each stage's own, and none of a check that belongs elsewhere."""

from hallmark.contracts import checks, findings
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.layout import JUDGED_STAGES, Layout

_LISTED = 5  # foreign findings that the sentence names; the others are counted


def read_stage_findings(layout: Layout, system: str) -> list[Finding]:
    """Return the findings of a task's stages, in their order.

    Raises `InputError` where a file is missing, is no table of findings, or holds a finding of a check that isn't one
    of its stage's (`checks.CHECKS`) in this system: that stage can't have made it.
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
