"""Validity of the gate's requirements: they may name only what the task's findings can have.

A requirement selects findings by a check and by fields, for example `{check: bias.gap, metric:
recall, slice: {region: north}}`. `slice` is the group that a finding is about, a value for each
name; `groups` are names alone, of a finding about all their values.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from hallmark.config.mistakes import Mistake, until_value_missing
from hallmark.contracts import checks
from hallmark.contracts.checks import CHECKS, FAMILY, FIELDS, Check

ANY = "*"  # stands for any value of a field, and of a group in a slice
_SECTION = "gate.requirements"
_MAX_GROUPS = 2  # in a slice or in `groups`: single groups and pairs of them are judged


def mistakes(parameters: Any, *, is_partial: bool = False) -> Iterator[Mistake]:
    """Yield the mistakes of all requirements: an unknown check, field, metric, label, case or group.

    `parameters` are the task's parameters as plain values. `is_partial`: values that the schema
    refused are missing from them, and already reported. A requirement whose validity depends on one
    is left out (see `until_value_missing`).
    """
    for name, requirement in parameters["gate"]["requirements"].items():
        mistakes_of_one = _mistakes_of_one(f"{_SECTION}.{name}", requirement, parameters)
        yield from until_value_missing(mistakes_of_one, is_partial=is_partial)


def _mistakes_of_one(place: str, requirement: Mapping[str, Any], parameters: Any) -> Iterator[Mistake]:
    """Yield the mistakes of one requirement, at the key `place`."""
    name = requirement["check"]
    selected_checks = checks.selected(name)
    known_names = _check_names(parameters)
    # `selected` takes every validate.<name> for an expectation, also one that this task lacks.
    is_unknown_expectation = selected_checks == [CHECKS[FAMILY]] and name not in known_names
    if not selected_checks or is_unknown_expectation:
        yield Mistake(f"{place}.check", f"is {name!r}, which is no check{_suggestion(name, known_names)}")
        return

    fields = [field for field in FIELDS if any(field in check.fields for check in selected_checks)]
    for field in FIELDS:
        if requirement[field] and field not in fields:
            fields_in_words = _listed(fields, "it has", "it has no fields")
            yield Mistake(f"{place}.{field}", f"is no field of the findings of {name}: {fields_in_words}")
    yield from _unknown_values(place, requirement, selected_checks, parameters)
    yield from _nothing_asked(place, requirement, selected_checks)


def _nothing_asked(place: str, requirement: Mapping[str, Any], selected_checks: Sequence[Check]) -> Iterator[Mistake]:
    """Yield a mistake where there is no bound, and no check with verdicts of its own: nothing would be selected."""
    is_bounded = requirement["at_least"] is not None or requirement["at_most"] is not None
    if not is_bounded and not any(check.judges for check in selected_checks):
        words = f"asks nothing: findings of {requirement['check']} are only measured, so set at_least or at_most"
        yield Mistake(place, words)


def _unknown_values(
    place: str, requirement: Mapping[str, Any], selected_checks: Sequence[Check], parameters: Any
) -> Iterator[Mistake]:
    """Yield a mistake for each value that no finding of the selected checks can have in this task.

    Where one of the checks has values that are not known before its stage runs, any is allowed.
    """
    explanations = {
        "metric": "which the task does not measure there",
        "label": "which is none of the task's labels",
        "case": "which is none of the check's cases",
    }
    for field, words in explanations.items():
        value = requirement[field]
        known = _known_values(field, selected_checks, parameters)
        if value and value != ANY and known and value not in known:
            yield Mistake(f"{place}.{field}", f"is {value!r}, {words}{_suggestion(value, known)}")

    for field in ("slice", "groups"):
        groups = _known_values(field, selected_checks, parameters)
        for group in requirement[field]:
            if groups and group not in groups:
                words = "which is no group that the task judges there"
                yield Mistake(f"{place}.{field}", f"names {group!r}, {words}{_suggestion(group, groups)}")
        if len(requirement[field]) > _MAX_GROUPS:
            yield Mistake(
                f"{place}.{field}", f"names {len(requirement[field])} groups: single groups and pairs are judged"
            )


def _known_values(field: str, selected_checks: Sequence[Check], parameters: Any) -> list[str]:
    """Return the values (group names for `slice` and `groups`) that a field can have in findings of
    the checks; [] where those of any check with this field are not known.
    """
    known: list[str] = []
    for check in selected_checks:
        if field in check.fields:
            values = _values_of_check(field, check, parameters)
            if not values:
                return []
            known += values
    return known


def _values_of_check(field: str, check: Check, parameters: Any) -> Sequence[str]:
    """Return the values that a field can have in findings of one check; none where they are not known."""
    if field == "metric":
        return _metrics(check, parameters)
    if field == "label":
        return _labels(parameters)
    if field == "case":
        return check.cases
    return _groups(check, parameters)


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


def _suggestion(name: str, choices: Sequence[str]) -> str:
    """Return the end of a sentence: "; did you mean …?", or ": there are …" where no choice is near."""
    nearest = get_close_matches(name, choices, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f": {_listed(choices, 'there are', 'there is none')}"


def _listed(names: Sequence[str], prefix: str, if_empty: str) -> str:
    """Return the names, each once, after `prefix`; `if_empty` where there are no names."""
    return f"{prefix} {', '.join(dict.fromkeys(names))}" if names else if_empty
