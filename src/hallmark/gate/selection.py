"""Selection: which findings a requirement of the configuration is about, by their fields.

A field that is set selects the findings with that value; "*" stands for any value. `slice` selects
the slices of exactly these groups. With bounds, a finding's whole interval is judged. Without, its
own verdict counts, and findings that were only measured are not selected.
"""

from collections.abc import Mapping
from typing import Any

from hallmark.config.stages import Requirement
from hallmark.contracts import checks, findings
from hallmark.contracts.findings import Finding

ANY = "*"  # any value of a field, where the field is set


def selects(requirement: Requirement, finding: Finding) -> bool:
    """Return whether the finding is of the check, has the values asked for, and can be judged.

    A finding that was only measured has no verdict, so that only bounds can judge it. One that is
    not applicable is never selected.
    """
    if not is_about_check_of(requirement, finding):
        return False
    if not all(_matches(wanted, getattr(finding, name)) for name, wanted in _wanted_fields(requirement).items()):
        return False
    if finding.verdict == "measured":
        return is_bounded(requirement)
    return finding.verdict != "not applicable"


def is_about_check_of(requirement: Requirement, finding: Finding) -> bool:
    """Return whether the finding is of the check, or the stage, that the requirement names."""
    if checks.is_whole_stage(requirement.check):
        is_of_stage = checks.stage_of(finding.check) == checks.stage_of(requirement.check)
        return is_of_stage and not checks.find(finding.check).apart
    return finding.check == requirement.check


def is_bounded(requirement: Requirement) -> bool:
    return requirement.at_least is not None or requirement.at_most is not None


def is_met_by(requirement: Requirement, value: float) -> bool:
    is_high_enough = requirement.at_least is None or value >= requirement.at_least
    is_low_enough = requirement.at_most is None or value <= requirement.at_most
    return is_high_enough and is_low_enough


def bounds_in_words(requirement: Requirement) -> str:
    """Return the bounds: "≥ 0.9"."""
    return findings.bounds_text(at_least=requirement.at_least, at_most=requirement.at_most)


def selection_in_words(requirement: Requirement) -> str:
    """Return what is selected: "evaluate.gain, metric accuracy, against rule"."""
    fields = [f"{name} {_text(value)}" for name, value in _wanted_fields(requirement).items()]
    return ", ".join([requirement.check, *fields])


def _wanted_fields(requirement: Requirement) -> dict[str, Any]:
    """Return the fields that are set, by name."""
    values = {name: getattr(requirement, name) for name in checks.FIELDS}
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def _matches(wanted: Any, value: Any) -> bool:
    """Return whether a finding's field has the wanted value.

    "*" stands for any value, but the field must be set.
    """
    if isinstance(wanted, Mapping):
        return wanted.keys() == value.keys() and all(_matches(wanted[group], value[group]) for group in wanted)
    if isinstance(wanted, list):
        return set(wanted) == set(value)
    return value is not None and wanted in (ANY, value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return " & ".join(f"{group}={each}" for group, each in value.items())
    return " & ".join(value) if isinstance(value, list) else str(value)
