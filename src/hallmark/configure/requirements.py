"""Validity of the gate's requirements: they may name only what the task's findings can have."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from hallmark.config.mistakes import Mistake, judge
from hallmark.contracts import checks
from hallmark.contracts.checks import CHECKS, FAMILY, FIELDS, Check

ANY = "*"  # stands for any value of a field
_SECTION = "gate.requirements"
_MOST_GROUPS = 2  # of a slice: bias judges single groups and pairs of them


def mistakes(parameters: Any) -> Iterator[Mistake]:
    """Yield the mistakes of all requirements: an unknown check, field, metric, label, case or group.

    `parameters` are the task's parameters as plain values. A value that the models refuse is
    missing from them; where a rule needs it, the rule ends, since that mistake is already reported.
    """
    for name, requirement in parameters["gate"]["requirements"].items():
        yield from judge(_mistakes(f"{_SECTION}.{name}", requirement, parameters))


def _mistakes(place: str, requirement: Mapping[str, Any], parameters: Any) -> Iterator[Mistake]:
    """Yield the mistakes of one requirement, at the key `place`."""
    name = requirement["check"]
    selected_checks = checks.selected(name)
    known_names = _check_names(parameters)
    # Any name validate.<name> selects the family of expectations, also one that the task doesn't
    # have.
    is_unknown_expectation = selected_checks == [CHECKS[FAMILY]] and name not in known_names
    if not selected_checks or is_unknown_expectation:
        yield Mistake(f"{place}.check", f"is {name!r}, which is no check{_nearest(name, known_names)}")
        return

    fields = [field for field in FIELDS if any(field in check.fields for check in selected_checks)]
    for field in FIELDS:
        if requirement[field] and field not in fields:
            fields_in_words = _listed(fields, "it has", "it has no fields")
            yield Mistake(f"{place}.{field}", f"is no field of the findings of {name}: {fields_in_words}")
    yield from _unknown_values(place, requirement, selected_checks, parameters)


def _unknown_values(
    place: str, requirement: Mapping[str, Any], selected_checks: Sequence[Check], parameters: Any
) -> Iterator[Mistake]:
    """Yield a mistake for each value that no finding of the selected checks can have in this task.

    Where the possible values of a field are not known before the stage runs, any is allowed.
    """
    metrics = [metric for check in selected_checks for metric in _metrics(check, parameters)]
    cases = [case for check in selected_checks for case in check.cases]
    possible_values = {
        "metric": (metrics, "which the task does not measure there"),
        "label": (_labels(parameters), "which is none of the task's labels"),
        "case": (cases, "which is none of its cases"),
    }
    for field, (possible, words) in possible_values.items():
        value = requirement[field]
        if value and value != ANY and possible and value not in possible:
            yield Mistake(f"{place}.{field}", f"is {value!r}, {words}{_nearest(value, possible)}")

    groups = [group for check in selected_checks for group in _groups(check, parameters)]
    for field in ("slice", "groups"):
        for group in requirement[field]:
            if groups and group not in groups:
                words = "which is no group that the task judges there"
                yield Mistake(f"{place}.{field}", f"names {group!r}, {words}{_nearest(group, groups)}")
        if len(requirement[field]) > _MOST_GROUPS:
            yield Mistake(
                f"{place}.{field}", f"names {len(requirement[field])} groups: single groups and pairs are judged"
            )


def _check_names(parameters: Any) -> list[str]:
    """Return the names that `check` may have: checks, the task's expectations, and stages ("bias.*")."""
    expectations = [f"validate.{name}" for name in parameters["validate"]["expectations"]]
    stages = [f"{stage}.*" for stage in dict.fromkeys(check.stage for check in CHECKS.values())]
    return list(dict.fromkeys([*CHECKS, *expectations, *stages]))


def _metrics(check: Check, parameters: Any) -> Sequence[str]:
    """Return the metrics that a check measures in this task: those at its `metric_keys`, and its own.

    Each of `metric_keys` is a dotted key whose value is a metric or a list of metrics.
    """
    metrics: list[str] = []
    for dotted_key in check.metric_keys:
        value = parameters
        for key in dotted_key.split("."):
            value = value[key]
        metrics += [value] if isinstance(value, str) else value
    return [*metrics, *check.metrics]


def _groups(check: Check, parameters: Any) -> Sequence[str]:
    """Return the groups by which a check makes slices in this task; none where they are not known."""
    if check.stage == "bias":
        return [*parameters["bias"]["groups"]]
    if check.name == "evaluate.sensitivity":
        return [*(parameters["evaluate"]["diagnostics"].get("groups") or ())]
    return check.groups


def _labels(parameters: Any) -> Sequence[str]:
    """Return the task's labels; none where the configuration doesn't list them."""
    labels = parameters["prepare"]["reading"].get("labels") or ()
    return [*(labels.values() if isinstance(labels, Mapping) else labels)]


def _nearest(name: str, choices: Sequence[str]) -> str:
    """Return "; did you mean …?", or all choices where none is near."""
    nearest = get_close_matches(name, choices, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f": {_listed(choices, 'there are', 'there is none')}"


def _listed(names: Sequence[str], before: str, none: str) -> str:
    """Return the names, each once, behind the words `before`; the words `none` where there are no names."""
    return f"{before} {', '.join(dict.fromkeys(names))}" if names else none
