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


def mistakes(composed: Any) -> Iterator[Mistake]:
    """Yield what is wrong with each requirement that names what is not there.

    `composed` are the parameters as plain values, from which a wrong value may be missing: what is wrong with that one
    is found elsewhere, and a further rule on it ends.
    """
    for name, requirement in composed["gate"]["requirements"].items():
        yield from judge(_mistakes(f"{_SECTION}.{name}", requirement, composed))


def _mistakes(place: str, requirement: Mapping[str, Any], composed: Any) -> Iterator[Mistake]:
    name = requirement["check"]
    named = checks.selected(name)
    names = _check_names(composed)
    if not named or (named == [CHECKS[FAMILY]] and name not in names):
        yield Mistake(f"{place}.check", f"is {name!r}, which is no check{_nearest(name, names)}")
        return

    available = [field for field in FIELDS if any(field in check.fields for check in named)]
    for field in FIELDS:
        if requirement[field] and field not in available:
            has = _listed(available, "it has", "it has no fields")
            yield Mistake(f"{place}.{field}", f"is no field of the findings of {name}: {has}")
    yield from _unknown_values(place, requirement, named, composed)


def _unknown_values(
    place: str, requirement: Mapping[str, Any], named: Sequence[Check], composed: Any
) -> Iterator[Mistake]:
    """Yield each value that no finding of the `named` checks can have in this task."""
    metrics = [metric for check in named for metric in _metrics(check, composed)]
    cases = [case for check in named for case in check.cases]
    choices = {
        "metric": (metrics, "which the task does not measure there"),
        "label": (_labels(composed), "which is none of the task's labels"),
        "case": (cases, "which is none of its cases"),
    }
    for field, (allowed, words) in choices.items():
        value = requirement[field]
        if value and value != ANY and allowed and value not in allowed:
            yield Mistake(f"{place}.{field}", f"is {value!r}, {words}{_nearest(value, allowed)}")

    groups = [group for check in named for group in _groups(check, composed)]
    for field in ("slice", "groups"):
        for group in requirement[field]:
            if groups and group not in groups:
                words = "which is no group that the task judges there"
                yield Mistake(f"{place}.{field}", f"names {group!r}, {words}{_nearest(group, groups)}")
        if len(requirement[field]) > _MOST_GROUPS:
            yield Mistake(
                f"{place}.{field}", f"names {len(requirement[field])} groups: single groups and pairs are judged"
            )


def _check_names(composed: Any) -> list[str]:
    """Return what a requirement may name: the checks, the task's own expectations, and whole stages."""
    expectations = [f"validate.{name}" for name in composed["validate"]["expectations"]]
    stages = [f"{stage}.*" for stage in dict.fromkeys(check.stage for check in CHECKS.values())]
    return list(dict.fromkeys([*CHECKS, *expectations, *stages]))


def _metrics(check: Check, composed: Any) -> Sequence[str]:
    """Return the metrics of a check's findings in this task; none where the check has no metric."""
    evaluate = composed["evaluate"]
    if check.metrics or "metric" not in check.fields:
        return check.metrics
    if check.name in ("evaluate.metric", "evaluate.gap"):
        return [*evaluate["metrics"]]
    if check.name == "bias.gap":
        return [*composed["bias"]["metrics"]]
    if check.name == "evaluate.patch":
        return [evaluate["primary_metric"], "accuracy"]
    return [evaluate["primary_metric"]]


def _groups(check: Check, composed: Any) -> Sequence[str]:
    if check.stage == "bias":
        return [*composed["bias"]["groups"]]
    if check.name == "evaluate.sensitivity":
        return [*(composed["evaluate"]["diagnostics"].get("groups") or ())]
    return check.groups


def _labels(composed: Any) -> Sequence[str]:
    """Return the labels where the configuration lists them: as a list, or by what the raw data has instead."""
    labels = composed["prepare"]["reading"].get("labels") or ()
    return [*(labels.values() if isinstance(labels, Mapping) else labels)]


def _nearest(name: str, choices: Sequence[str]) -> str:
    nearest = get_close_matches(name, choices, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f": {_listed(choices, 'there are', 'there is none')}"


def _listed(names: Sequence[str], before: str, none: str) -> str:
    return f"{before} {', '.join(dict.fromkeys(names))}" if names else none
