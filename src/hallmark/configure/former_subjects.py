"""Requirements written when they selected by a text, `subject`: the same selection by the fields of today."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from hallmark.errors import InputError

_ANY = "*"
_WILDCARDS = set("*?[")
# The field that a subject without further parts stood for, by check; of every other check it was the metric.
_FIELDS = {
    "evaluate.recall": "label",
    "evaluate.review": "case",
    "evaluate.generated": "case",
    "evaluate.memorisation": "case",
    "evaluate.triage": "case",
    "evaluate.coverage": "scorer",
    "evaluate.popularity_bias": "scorer",
    "drift.column": "column",
}
# Checks that measured two quantities, and the name of the second, the comparison, today.
_SPLIT_CHECKS = {
    "evaluate.closed_loop": "evaluate.closed_loop_gain",
    "evaluate.memorisation": "evaluate.memorisation_excess",
}


def select_by_fields(requirement: MutableMapping[str, Any]) -> None:
    """Replace the key `subject` of a requirement by fields, in place; without that key nothing changes.

    Raises `InputError` on a shell pattern that no fields can say.
    """
    if "subject" not in requirement:
        return

    subject = str(requirement["subject"])
    check = str(requirement.get("check", ""))
    selection = _selection(check, subject)
    del requirement["subject"]
    requirement.update(selection)


def _selection(check: str, subject: str) -> dict[str, Any]:
    if subject == _ANY:
        return {}
    if " | " in subject:
        metric, _, name = subject.partition(" | ")
        return _plain({"metric": metric}, subject) | _slice(name, subject)
    if " over " in subject:
        return _comparison(check, subject)
    if subject == "median place":
        return {"check": "evaluate.triage_place"}
    if check == "evaluate.sensitivity":
        group, _, value = subject.partition(" ")
        return {"slice": _plain({group: value}, subject)}
    if check == "bias.coverage":
        return {"groups": [*_plain(dict.fromkeys(subject.split(" & "), ""), subject)]}
    if check == "evaluate.closed_loop" and " of " in subject:
        metric, _, scorer = subject.partition(" of ")
        return _plain({"metric": metric, "scorer": scorer}, subject)

    field = "column" if check.startswith("validate.") else _FIELDS.get(check, "metric")
    return _plain({field: subject}, subject)


def _comparison(check: str, subject: str) -> dict[str, Any]:
    """Return the fields of "accuracy over rule" and the like."""
    first, _, other = subject.partition(" over ")
    field = "case" if check == "evaluate.memorisation" else "metric"
    selection = {field: first}
    if check == "evaluate.single_input":
        selection["column"] = other.removesuffix(" alone")
    elif check not in ("evaluate.complexity", "evaluate.shortcut", "evaluate.patch"):
        selection["against"] = other

    selection = {name: value for name, value in selection.items() if value != _ANY}
    today = {"check": _SPLIT_CHECKS[check]} if check in _SPLIT_CHECKS else {}
    return today | _plain(selection, subject)


def _slice(name: str, subject: str) -> dict[str, Any]:
    if name == _ANY:
        return {}
    values = dict(part.partition("=")[::2] for part in name.split(" & "))
    _plain({group: "" if value == _ANY else value for group, value in values.items()}, subject)
    return {"slice": values}


def _plain(selection: Mapping[str, str], subject: str) -> dict[str, str]:
    """Return the selection where it is made of plain values: fields know no pattern but "*"."""
    for text in (*selection, *selection.values()):
        if _WILDCARDS & set(text):
            raise InputError(
                f"a requirement selects by subject: {subject!r}, a pattern that no fields can say: write what it shall "
                'select, such as `metric: accuracy` and `slice: {age: "*"}`'
            )
    return dict(selection)
