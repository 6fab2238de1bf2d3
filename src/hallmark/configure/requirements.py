"""What the gate's requirements may name: checks, fields, metrics, groups and labels that the task really has."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from hallmark.config.mistakes import Mistake, judge
from hallmark.contracts import checks
from hallmark.contracts.checks import CHECKS, FAMILY, FIELDS, Check

ANY = "*"  # stands for any value of a field
_SECTION = "gate.requirements"
_MOST_GROUPS = 2  # of a slice that bias judges: single groups and pairs


def mistakes(parameters: Any) -> Iterator[Mistake]:
    """Yield what is wrong with each requirement that names what is not there.

    `parameters` are those of the task as plain values, from which a wrong value may be missing: what is wrong with that
    one is found elsewhere, and a further rule on it ends.
    """
    for name, requirement in parameters["gate"]["requirements"].items():
        yield from judge(_mistakes(f"{_SECTION}.{name}", requirement, parameters))


def _mistakes(place: str, requirement: Mapping[str, Any], parameters: Any) -> Iterator[Mistake]:
    name = requirement["check"]
    named = checks.selected(name)
    names = _check_names(parameters)
    if not named or (named == [CHECKS[FAMILY]] and name not in names):
        yield Mistake(f"{place}.check", f"is {name!r}, which is no check{_nearest(name, names)}")
        return

    available = [field for field in FIELDS if any(field in check.fields for check in named)]
    for field in FIELDS:
        if requirement[field] and field not in available:
            has = _listed(available, "it has", "it has no fields")
            yield Mistake(f"{place}.{field}", f"is no field of the findings of {name}: {has}")
    yield from _unknown_values(place, requirement, named, parameters)


def _unknown_values(
    place: str, requirement: Mapping[str, Any], named: Sequence[Check], parameters: Any
) -> Iterator[Mistake]:
    """Yield each value that no finding of the `named` checks can have in this task."""
    metrics = [metric for check in named for metric in _metrics(check, parameters)]
    cases = [case for check in named for case in check.cases]
    choices = {
        "metric": (metrics, "which the task does not measure there"),
        "label": (_labels(parameters), "which is none of the task's labels"),
        "case": (cases, "which is none of its cases"),
    }
    for field, (allowed, words) in choices.items():
        value = requirement[field]
        if value and value != ANY and allowed and value not in allowed:
            yield Mistake(f"{place}.{field}", f"is {value!r}, {words}{_nearest(value, allowed)}")

    groups = [group for check in named for group in _groups(check, parameters)]
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
    """Return what a requirement may name: the checks, the task's own expectations, and whole stages."""
    expectations = [f"validate.{name}" for name in parameters["validate"]["expectations"]]
    stages = [f"{stage}.*" for stage in dict.fromkeys(check.stage for check in CHECKS.values())]
    return list(dict.fromkeys([*CHECKS, *expectations, *stages]))


def _metrics(check: Check, parameters: Any) -> Sequence[str]:
    """Return the metrics that a check measures in this task, as the check itself declares; none where it has none."""
    metrics: list[str] = []
    for dotted_key in check.metric_keys:
        value = parameters
        for key in dotted_key.split("."):
            value = value[key]
        metrics += [value] if isinstance(value, str) else value
    return [*metrics, *check.metrics]


def _groups(check: Check, parameters: Any) -> Sequence[str]:
    if check.stage == "bias":
        return [*parameters["bias"]["groups"]]
    if check.name == "evaluate.sensitivity":
        return [*(parameters["evaluate"]["diagnostics"].get("groups") or ())]
    return check.groups


def _labels(parameters: Any) -> Sequence[str]:
    """Return the labels where the configuration lists them: as a list, or by what the raw data has instead."""
    labels = parameters["prepare"]["reading"].get("labels") or ()
    return [*(labels.values() if isinstance(labels, Mapping) else labels)]


def _nearest(name: str, choices: Sequence[str]) -> str:
    nearest = get_close_matches(name, choices, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f": {_listed(choices, 'there are', 'there is none')}"


def _listed(names: Sequence[str], before: str, none: str) -> str:
    return f"{before} {', '.join(dict.fromkeys(names))}" if names else none
