"""The finding: the result of one check.

Every stage writes findings, and the gate judges nothing else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import ceil, inf
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict, Unpack, cast, get_args

from hallmark.contracts import checks
from hallmark.contracts.checks import Check
from hallmark.contracts.finding_kinds import KINDS, require_finite, require_kind
from hallmark.contracts.slices import AND, slice_name
from hallmark.errors import InputError
from hallmark.files import require

Verdict = Literal["pass", "fail", "unresolved", "measured", "not applicable"]
MODEL = "model"  # the scorer of a finding that names no other
FORMER_NAMES = {"why": "reason"}  # fields of older files → their present names
FORMER_CASES = {  # a check and its case in older files → the present case
    ("evaluate.review", "share held"): "share deferred",
    ("evaluate.review", "error among the passed"): "error among the accepted",
}
MAX_NEEDED_RATIO = 100  # of `needed` to n; a larger `needed` is not given


class Interval(Protocol):
    """An estimate with its limits, each None where it can't be estimated; `n` counts entities."""

    @property
    def estimate(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def n(self) -> int: ...


class Fields(TypedDict, total=False):
    """The fields that say what a finding is about (`checks.FIELDS`); each check has some of them."""

    metric: str
    slice: Mapping[str, str]
    groups: tuple[str, ...]
    column: str
    label: str
    scorer: str
    against: str
    case: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    The fields from `metric` to `case` say what it is about. `estimate`, `low` and `high` are None
    where they can't be estimated. `verdict` is "measured" until a requirement judges the finding,
    and "not applicable" where the system's answer has nothing to check.

    Raises `ValueError` where it is no finding: the check is not registered; other fields or values
    are set than it allows; a field has another type, or is NaN; the verdict is none of `Verdict`;
    `low` is above `high`; `n` is below 0. Limits may be infinite, but can't be written then.
    """

    check: str  # a registered name (`checks.CHECKS`), which begins with the stage: bias.gap

    metric: str | None = None
    slice: Mapping[str, str] = field(default_factory=dict)  # value by group: {"age": "under 35"}
    groups: tuple[str, ...] = ()
    column: str | None = None  # of the examples' table, with its prefix: descriptor.amount
    label: str | None = None
    scorer: str = MODEL
    against: str | None = None  # the scorer that `scorer` is compared with
    case: str | None = None  # what the check is about, in its own words: "temperature 0.8"

    estimate: float | None = None
    low: float | None = None  # limits of the 95 % interval
    high: float | None = None
    n: int = 0  # entities, not rows
    requirement: str = ""  # what the check or the gate requires: "≥ 0.9"
    verdict: Verdict = "measured"
    needed: int | None = None  # about how many more entities would settle an unresolved finding
    reason: str = ""  # why this verdict, or what was measured: one sentence that a person understands

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            is_unset = value is None and each.default is None
            if not is_unset:
                require_kind(each.name, value)
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"verdict is {self.verdict!r}, must be one of {', '.join(get_args(Verdict))}")

        check = checks.find(self.check)
        if self._filled(check) not in check.subjects:
            filled = ", ".join(self.about) or "none"
            allowed = " or ".join(", ".join(names) or "none" for names in check.subjects)
            raise ValueError(f"a finding of {self.check} has the fields {allowed}, not {filled}")
        self._require_known_values(check)

        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"its interval begins at low {self.low!r}, above its end high {self.high!r}")
        if self.n < 0:
            raise ValueError(f"n is {self.n!r}, must be 0 or more")

    @classmethod
    def from_interval(cls, check: str, interval: Interval, *, reason: str = "", **about: Unpack[Fields]) -> "Finding":
        """Return the finding of a check whose estimate and limits are those of `interval`."""
        return cls(
            check=check,
            estimate=interval.estimate,
            low=interval.low,
            high=interval.high,
            n=interval.n,
            reason=reason,
            **about,
        )

    @property
    def about(self) -> Fields:
        """The fields that are set, in the order of `checks.FIELDS`."""
        values = {name: getattr(self, name) for name in checks.FIELDS}
        if self.scorer == MODEL:
            del values["scorer"]
        return cast("Fields", {name: value for name, value in values.items() if value not in (None, (), {})})

    @property
    def key(self) -> str:
        """The check and `about` as canonical JSON: equal keys mean the same check of the same thing."""
        return json.dumps({"check": self.check, **self.about}, sort_keys=True, ensure_ascii=False)

    @property
    def question(self) -> int:
        """The number of the question of the model card that it answers, 1-10."""
        check = checks.find(self.check)
        return check.question_by_metric.get(self.metric or "", check.question)

    @property
    def subject(self) -> str:
        """What it is about, as text for people. Code never parses it: it reads the fields."""
        check = checks.find(self.check)
        texts = {
            "metric": self.metric,
            "slice": slice_name(self.slice),
            "slice_words": AND.join(f"{group} {value}" for group, value in self.slice.items()),
            "groups": AND.join(self.groups),
            "column": self.column,
            "label": self.label,
            "scorer": self.scorer,
            "against": self.against,
            "case": self.case,
        }
        return check.subjects[self._filled(check)].format_map(texts)

    def _require_known_values(self, check: Check) -> None:
        """Raise `ValueError` where the case, or a group of the slice, is none that the check can have."""
        if check.cases and self.case is not None and self.case not in check.cases:
            raise ValueError(f"case of {self.check} is {self.case!r}, must be one of {', '.join(check.cases)}")
        unknown_groups = [group for group in self.slice if check.groups and group not in check.groups]
        if unknown_groups:
            raise ValueError(
                f"the slice of {self.check} is by {unknown_groups[0]!r}, must be by {', '.join(check.groups)}"
            )

    def _filled(self, check: Check) -> tuple[str, ...]:
        """Return the names of the fields that are set.

        Among them is the scorer where the check has findings of several scorers, even if it is the
        model.
        """
        names = set(self.about)
        if "scorer" in check.fields:
            names.add("scorer")
        return tuple(name for name in checks.FIELDS if name in names)


def judge(finding: Finding, *, at_least: float | None = None, at_most: float | None = None) -> Finding:
    """Judge an interval: pass if all of it is within the bounds, fail if none is, else unresolved.

    A finding without estimate or limits is unresolved. Without a bound it is returned unchanged,
    with the verdict of its check.

    An unresolved finding gets `needed`: about how many more entities would settle it, if the
    estimate stayed the same and the interval's width fell with √n. It is None beyond
    MAX_NEEDED_RATIO * n: the estimate is then so near a bound that nobody can say on which side of
    it it will end.
    """
    if at_least is None and at_most is None:
        return finding

    judged = replace(finding, requirement=bounds_text(at_least=at_least, at_most=at_most))
    if finding.low is None or finding.high is None or finding.estimate is None:
        return replace(judged, verdict="unresolved")

    least = -inf if at_least is None else at_least
    most = inf if at_most is None else at_most
    if finding.low >= least and finding.high <= most:
        return replace(judged, verdict="pass")
    if finding.high < least or finding.low > most:
        return replace(judged, verdict="fail")

    times_narrower = _times_narrower(finding.estimate, finding.low, finding.high, least=least, most=most)
    times_more = times_narrower**2 - 1
    needed = ceil(finding.n * times_more) if times_more <= MAX_NEEDED_RATIO else None
    return replace(judged, verdict="unresolved", needed=needed)


def bounds_text(*, at_least: float | None, at_most: float | None) -> str:
    """Return bounds as text: "≥ 0.9", "≥ -0.02 and ≤ 0.02"; "" without bounds."""
    texts = []
    if at_least is not None:
        texts.append(f"≥ {at_least:g}")
    if at_most is not None:
        texts.append(f"≤ {at_most:g}")
    return " and ".join(texts)


def _times_narrower(estimate: float, low: float, high: float, *, least: float, most: float) -> float:
    """Return the factor by which the interval must shrink, its estimate fixed, to contain neither
    bound.

    Infinite where the estimate equals a bound.
    """
    if estimate < least:
        return (high - estimate) / (least - estimate)
    if estimate > most:
        return (estimate - low) / (estimate - most)
    if estimate in (least, most):
        return inf

    to_least = (estimate - low) / (estimate - least)
    to_most = (high - estimate) / (most - estimate)
    return max(to_least, to_most)


def write(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as a JSON list. Raises `ValueError` on NaN: what can't be estimated is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [record(finding) for finding in findings]
    text = json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> list[Finding]:
    """Read what `write` wrote.

    Raises `InputError` where the file is missing, half-written, or an item is not a finding.
    """
    text = require(path, "the table of findings").read_text(encoding="utf-8", errors="replace")
    try:
        records = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no whole table of findings ({error}): {_cure(path)}") from error
    if not isinstance(records, list):
        raise InputError(f"{path} must hold a list of findings, and holds {type(records).__name__}: {_cure(path)}")
    return [_read_finding(each, number, path) for number, each in enumerate(records, start=1)]


def record(finding: Finding) -> dict[str, Any]:
    """Return the JSON object of a finding: its check, verdict, and every other field that is set."""
    results = {}
    for each in fields(finding):
        value = getattr(finding, each.name)
        is_set = value is not None and value != "" and (each.name, value) != ("n", 0)
        if is_set and each.name != "check" and each.name not in checks.FIELDS:
            results[each.name] = value
    return {"check": finding.check, **_as_json(finding.about), **results}


def of(record: Any) -> Finding:
    """Return the finding of a JSON object, as `record` returns it.

    Raises `ValueError` or `TypeError` where it describes no finding.
    """
    if not isinstance(record, dict):
        raise TypeError(f"it is {type(record).__name__}, must be an object")

    record = {FORMER_NAMES.get(name, name): value for name, value in record.items()}
    unknown_names = sorted(record.keys() - KINDS.keys())
    if unknown_names:
        verb = "is" if len(unknown_names) == 1 else "are"
        raise ValueError(f"{', '.join(unknown_names)} {verb} none of a finding's fields")
    for name, value in record.items():
        require_kind(name, value)
        require_finite(name, value)

    former_case = (record.get("check"), record.get("case"))
    if former_case in FORMER_CASES:
        record["case"] = FORMER_CASES[former_case]
    return Finding(**{**record, "groups": tuple(record.get("groups", ()))})


def _as_json(about: Fields) -> dict[str, Any]:
    """Return the fields with tuples as lists and mappings as dictionaries."""
    values: dict[str, Any] = {**about}
    for name, value in values.items():
        if isinstance(value, tuple):
            values[name] = list(value)
        elif isinstance(value, Mapping):
            values[name] = dict(value)
    return values


def _read_finding(record: Any, number: int, path: Path) -> Finding:
    """Return the finding of a JSON object; `number` and `path` say where it was read.

    Raises `InputError` where it describes no finding.
    """
    try:
        return of(record)
    except (ValueError, TypeError) as error:
        check = record.get("check") if isinstance(record, dict) else None
        name = f" ({check})" if isinstance(check, str) else ""
        raise InputError(f"{path}, finding {number}{name}, is none ({error}): {_cure(path)}") from error


def _refuse_constant(name: str) -> float:
    """Raise `ValueError` on NaN and infinite numbers, which Python's JSON reader would accept."""
    raise ValueError(f"{name} is no number")


def _cure(path: Path) -> str:
    return f"run {path.parent.name or 'its stage'} again"
