"""Migration of the former key `subject` of the gate's requirements.

`subject` was one text that selected findings ("accuracy | age=old", "accuracy over rule"). Today
each part has a field of its own: `metric`, `slice`, `against`, ….
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

from hallmark.errors import InputError

_ANY = "*"
_PATTERN_CHARACTERS = set("*?[")  # of a shell pattern
# What a subject of one part named, by check; "metric" for every other check.
_FIELD_BY_CHECK = {
    "evaluate.recall": "label",
    "evaluate.review": "case",
    "evaluate.generated": "case",
    "evaluate.memorisation": "case",
    "evaluate.triage": "case",
    "evaluate.coverage": "scorer",
    "evaluate.popularity_bias": "scorer",
    "drift.column": "column",
}
# Two checks measured a quantity and also a comparison ("… over …"). The comparison is a check of
# its own today.
_CHECK_OF_COMPARISON = {
    "evaluate.closed_loop": "evaluate.closed_loop_gain",
    "evaluate.memorisation": "evaluate.memorisation_excess",
}
# Checks with one comparison alone, so that no field names the other side.
_CHECKS_WITHOUT_AGAINST = ("evaluate.complexity", "evaluate.shortcut", "evaluate.patch")


def select_by_fields(requirement: MutableMapping[str, Any]) -> None:
    """Replace the key `subject` of a requirement by today's fields, in place.

    Without `subject` nothing changes. Raises `InputError` on a shell pattern other than "*" for a
    whole part, which no field can express.
    """
    if "subject" not in requirement:
        return

    subject = str(requirement["subject"])
    check = str(requirement.get("check", ""))
    fields = _fields(check, subject)
    del requirement["subject"]
    requirement.update(fields)


def _fields(check: str, subject: str) -> dict[str, Any]:
    """Return the fields that select what `subject` selected, with a key `check` where it was renamed."""
    if subject == _ANY:
        return {}
    if " | " in subject:
        metric, _, slice_name = subject.partition(" | ")
        return _without_patterns({"metric": metric}, subject) | _slice_field(slice_name, subject)
    if " over " in subject:
        return _comparison_fields(check, subject)
    if subject == "median place":
        return {"check": "evaluate.triage_place"}
    if check == "evaluate.sensitivity":
        group, _, value = subject.partition(" ")
        return {"slice": _without_patterns({group: value}, subject)}
    if check == "bias.coverage":
        groups = dict.fromkeys(subject.split(" & "), "")
        return {"groups": list(_without_patterns(groups, subject))}
    if check == "evaluate.closed_loop" and " of " in subject:
        metric, _, scorer = subject.partition(" of ")
        return _without_patterns({"metric": metric, "scorer": scorer}, subject)

    field = "column" if check.startswith("validate.") else _FIELD_BY_CHECK.get(check, "metric")
    return _without_patterns({field: subject}, subject)


def _comparison_fields(check: str, subject: str) -> dict[str, Any]:
    """Return the fields of a comparison, "accuracy over rule": the metric or case, and the other side."""
    measured, _, other = subject.partition(" over ")
    fields = {"case" if check == "evaluate.memorisation" else "metric": measured}
    if check == "evaluate.single_input":
        fields["column"] = other.removesuffix(" alone")
    elif check not in _CHECKS_WITHOUT_AGAINST:
        fields["against"] = other

    fields = {name: value for name, value in fields.items() if value != _ANY}
    todays_check = {"check": _CHECK_OF_COMPARISON[check]} if check in _CHECK_OF_COMPARISON else {}
    return todays_check | _without_patterns(fields, subject)


def _slice_field(slice_name: str, subject: str) -> dict[str, Any]:
    """Return the field `slice` of "age=old & site=*": a group → its value; {} for "*" alone."""
    if slice_name == _ANY:
        return {}

    values_by_group: dict[str, str] = {}
    for part in slice_name.split(" & "):
        group, _, value = part.partition("=")
        values_by_group[group] = value
    plain_values = {group: "" if value == _ANY else value for group, value in values_by_group.items()}
    _without_patterns(plain_values, subject)
    return {"slice": values_by_group}


def _without_patterns(fields: Mapping[str, str], subject: str) -> dict[str, str]:
    """Return the fields.

    Raises `InputError` where a name or value is a shell pattern, which fields don't know.
    """
    for text in (*fields, *fields.values()):
        if _PATTERN_CHARACTERS & set(text):
            raise InputError(
                f"a requirement selects by subject: {subject!r}, a pattern that no fields can say: write what it shall "
                'select, such as `metric: accuracy` and `slice: {age: "*"}`'
            )
    return dict(fields)
