"""The registry of checks: the kinds of findings, with the fields that each has and the question
that it answers.

A check is named after its stage: `bias.gap`. The expectations that a task declares are checks with
names of its own, `validate.<name>`; the registry has one entry for all of them, FAMILY.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from hallmark.contracts.checks.all_systems import CHECKS_OF_ALL_SYSTEMS
from hallmark.contracts.checks.check import (
    FAMILY,
    FIELDS,
    INFO,
    OF_GROUPS,
    RAW,
    RAW_TYPES,
    SIGNATURE,
    SIMPLE_METHODS,
    WARNING,
    Check,
    is_whole_stage,
    stage_of,
)
from hallmark.contracts.checks.one_system import CHECKS_OF_ONE_SYSTEM

__all__ = [
    "CHECKS",
    "FAMILY",
    "FIELDS",
    "INFO",
    "OF_GROUPS",
    "RAW",
    "RAW_TYPES",
    "SIGNATURE",
    "SIMPLE_METHODS",
    "WARNING",
    "Check",
    "belongs",
    "find",
    "is_offered",
    "is_whole_stage",
    "selected",
    "stage_of",
]

CHECKS: Mapping[str, Check] = {check.name: check for check in (*CHECKS_OF_ALL_SYSTEMS, *CHECKS_OF_ONE_SYSTEM)}


def find(name: str) -> Check:
    """Return the check of a finding by its name.

    Raises `ValueError`, with the nearest registered name, where there is none.
    """
    if name in CHECKS and not is_whole_stage(name):
        return CHECKS[name]
    stage, _, own_name = name.partition(".")
    if stage == stage_of(FAMILY) and own_name and own_name != "*":
        return CHECKS[FAMILY]
    nearest = get_close_matches(name, CHECKS, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"check {name!r} is not registered{hint}")


def selected(name: str) -> list[Check]:
    """Return the checks that a requirement's `check` selects: one, or all of a stage (`bias.*`).

    Empty where no check has this name. A check that stands apart is not among those of its stage.
    """
    if is_whole_stage(name):
        return [check for check in CHECKS.values() if check.stage == stage_of(name) and not check.apart]
    try:
        return [find(name)]
    except ValueError:
        return []


def belongs(name: str, stage: str, system: str) -> bool:
    """Return whether the stage can write findings of this check in a task of the system."""
    return stage_of(name) == stage and any(check.is_offered_by(system) for check in selected(name))


def is_offered(name: str, system: str) -> bool:
    """Return whether a system offers any of the checks that a requirement's `check` selects.

    A name that selects no check counts as offered: the gate then reports that its finding is
    missing.
    """
    selected_checks = selected(name)
    return not selected_checks or any(check.is_offered_by(system) for check in selected_checks)
