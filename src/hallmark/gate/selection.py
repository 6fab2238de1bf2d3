"""Requirements: which findings each selects, by their fields, and what it asks of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hallmark.config import stages
from hallmark.contracts import checks, findings
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError

Consequence = Literal["blocked", "review"]
ANY = "*"  # any value of a field, where the field is set


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What is asked of the findings of a check, or of all checks of a stage (`validate.*`).

    A field that is set selects the findings with that value; "*" stands for any value. `slice`
    selects the slices of exactly these groups. With bounds, a finding's whole interval is judged.
    Without, its own verdict counts, and findings that were only measured are not selected.
    """

    check: str

    metric: str | None = None
    slice: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    column: str | None = None
    label: str | None = None
    scorer: str | None = None
    against: str | None = None
    case: str | None = None

    at_least: float | None = None
    at_most: float | None = None
    failed: Consequence = "blocked"
    unresolved: Consequence = "review"

    def __post_init__(self) -> None:
        for key, value in (("failed", self.failed), ("unresolved", self.unresolved)):
            if value not in ("blocked", "review"):
                raise InputError(f"gate.requirements: {key} of {self.check!r} is {value!r}, must be blocked or review")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            bounds = f"≥ {self.at_least:g} and ≤ {self.at_most:g}"
            raise InputError(f"gate.requirements: {self.check!r} asks for {bounds} at once")

    @property
    def is_bounded(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    @property
    def bounds(self) -> str:
        """The bounds in words: "≥ 0.9"."""
        return findings.bounds_text(at_least=self.at_least, at_most=self.at_most)

    @property
    def selection(self) -> str:
        """What is selected, in words: "evaluate.gain, metric accuracy, against rule"."""
        fields = [f"{name} {_text(value)}" for name, value in self._wanted_fields().items()]
        return ", ".join([self.check, *fields])

    def is_met_by(self, value: float) -> bool:
        is_high_enough = self.at_least is None or value >= self.at_least
        is_low_enough = self.at_most is None or value <= self.at_most
        return is_high_enough and is_low_enough

    def is_about_check_of(self, finding: Finding) -> bool:
        """Return whether the finding is of the check, or the stage, that the requirement names."""
        if checks.is_whole_stage(self.check):
            return checks.stage_of(finding.check) == checks.stage_of(self.check)
        return finding.check == self.check

    def selects(self, finding: Finding) -> bool:
        """Return whether the finding is of the check, has the values asked for, and can be judged.

        A finding that was only measured has no verdict, so that only bounds can judge it. One that
        is not applicable is never selected.
        """
        if not self.is_about_check_of(finding):
            return False
        if not all(_matches(wanted, getattr(finding, name)) for name, wanted in self._wanted_fields().items()):
            return False
        if finding.verdict == "measured":
            return self.is_bounded
        return finding.verdict != "not applicable"

    def _wanted_fields(self) -> dict[str, Any]:
        """Return the fields that are set, by name."""
        values = {name: getattr(self, name) for name in checks.FIELDS}
        return {name: value for name, value in values.items() if value not in (None, (), {})}


def requirements(configured: Mapping[str, stages.Requirement]) -> dict[str, Requirement]:
    """Return the requirements of the configuration's section gate.requirements, by their names."""
    return {name: _requirement(section) for name, section in configured.items()}


def _requirement(section: stages.Requirement) -> Requirement:
    keys = section.model_dump()
    groups = tuple(keys.pop("groups"))
    return Requirement(**keys, groups=groups)


def _matches(wanted: Any, value: Any) -> bool:
    """Return whether a finding's field has the wanted value.

    "*" stands for any value, but the field must be set.
    """
    if isinstance(wanted, Mapping):
        return wanted.keys() == value.keys() and all(_matches(wanted[group], value[group]) for group in wanted)
    if isinstance(wanted, tuple):
        return set(wanted) == set(value)
    return value is not None and wanted in (ANY, value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return " & ".join(f"{group}={each}" for group, each in value.items())
    return " & ".join(value) if isinstance(value, tuple) else str(value)
