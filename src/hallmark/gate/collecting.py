"""The findings that the gate judges: each stage's own, and nothing that another stage would have to find."""

from pathlib import Path

from hallmark.contracts import checks, findings
from hallmark.contracts.findings import STAGES, Finding
from hallmark.errors import InputError


def collect(reports: Path, system: str) -> list[Finding]:
    """Return the findings of a task's stages, in their order.

    Raises `InputError` where a file is missing, is no table of findings, or holds a finding of a check that isn't one
    of its stage's (`checks.CHECKS`) in this system: whoever put it there, that stage can't have found it.
    """
    collected: list[Finding] = []
    foreign: list[str] = []
    for stage, path in zip(STAGES, findings.files(reports), strict=True):
        found = findings.read(path)
        collected += found
        foreign += [
            f"{path}, finding {number}, is of {each.check!r} of {each.subject!r}"
            for number, each in enumerate(found, start=1)
            if not checks.belongs(each.check, stage, system)
        ]
    if foreign:
        more = f" (and {len(foreign) - 5} more)" if len(foreign) > 5 else ""
        raise InputError(
            f"{'; '.join(foreign[:5])}{more}: no check of that stage and of the system {system}; run the stage again"
        )
    return collected
