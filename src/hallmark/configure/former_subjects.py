"""Migration of the former key `subject` of the gate's requirements.

`subject` was a shell pattern on one text that said what a finding was about ("accuracy | age=old",
"accuracy over rule"). Today each part of that text has a field of its own: `metric`, `slice`,
`against`, …

The text of a finding follows from the registry of checks. So the fields are found, and proved, on
example findings (`subject_examples`): the fields that all findings share which the pattern matches,
if they select no other finding. A subject for which no such fields exist is refused.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from hallmark.configure.requirements import ANY
from hallmark.configure.subject_examples import UNWRITTEN, Example, make_examples
from hallmark.contracts import checks
from hallmark.contracts.checks import FAMILY, FIELDS, RAW
from hallmark.errors import InputError

# A former check → the check that has a part of its findings today.
_SPLIT_CHECKS = {
    "evaluate.closed_loop": "evaluate.closed_loop_gain",
    "evaluate.memorisation": "evaluate.memorisation_excess",
    "evaluate.triage": "evaluate.triage_place",
}
_ANY_EXPECTATION = f"validate.{UNWRITTEN}"  # stands for the checks that a task declares
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_WILDCARDS_WITHOUT_FIELD = set("?[")
_WILDCARDS = {ANY, *_WILDCARDS_WITHOUT_FIELD}


def select_by_fields(check: str, subject: str, required: Collection[str] = ()) -> dict[str, Any]:
    """Return the fields that select what `subject` selected of the findings of a check.

    They include `check` where these findings are of a check of another name today. `required` are
    the fields that another file states for the same requirement: each is among the result, as "*"
    where it may have any value, so that the other file's value does not stay.

    Raises `InputError`, with the words that follow the key in a sentence, where no fields select
    the same findings, or those of several checks were selected, or there is no such check.
    """
    check_names = _todays_checks(check)
    references = _stand_ins(subject)
    pattern = subject
    for stand_in, reference in references.items():
        pattern = pattern.replace(reference, stand_in, 1)
    if _WILDCARDS_WITHOUT_FIELD & set(pattern):
        raise InputError(_words_of_refusal(check, subject, 'fields know no pattern but "*" for a whole value'))

    examples = make_examples(check_names, pattern)
    matched = [example for example in examples if fnmatchcase(example.text, pattern)]
    if not matched:
        raise InputError(_words_of_refusal(check, subject, f"no finding of {check} is about that"))

    matched_checks = sorted({example.check for example in matched})
    if not checks.is_whole_stage(check):
        if len(matched_checks) > 1:
            raise InputError(f"is {subject!r}, which took {' and '.join(matched_checks)}: write a requirement for each")
        examples = [example for example in examples if example.check in matched_checks]

    fields = _shared_fields(matched)
    if not _select_exactly(fields, matched, examples):
        reason = 'no fields select exactly the same findings ("*" stands for a whole value)'
        raise InputError(_words_of_refusal(check, subject, reason))
    fields = _without_idle_fields(fields, required, matched, examples)

    missing_fields = [name for name in required if name not in fields]
    if missing_fields:
        raise InputError(
            f"is {subject!r}, and another file states {', '.join(missing_fields)} for the same requirement, "
            "which would stay: give it another name, and write what it shall select"
        )

    selection = {name: _as_written(value, references) for name, value in fields.items()}
    has_same_name = checks.is_whole_stage(check) or matched_checks == [check]
    return selection if has_same_name else {"check": matched_checks[0], **selection}


def _todays_checks(check: str) -> list[str]:
    """Return the checks that have today the findings of a check, or of a whole stage, of before.

    Raises `InputError` where there are none: the name is misspelled, or a shell pattern.
    """
    selected_checks = checks.selected(check)
    if not selected_checks:
        raise InputError(f"can't be rewritten: {check!r} is no check, write which one is meant")
    if checks.is_whole_stage(check):
        older_checks = [each for each in selected_checks if each.name != RAW]  # which had no subject as text
        return [_ANY_EXPECTATION if each.name == FAMILY else each.name for each in older_checks]
    return [check, _SPLIT_CHECKS[check]] if check in _SPLIT_CHECKS else [check]


def _stand_ins(subject: str) -> dict[str, str]:
    """Return a text without wildcards for each reference in the subject: stand-in → `${evaluate.primary_metric}`."""
    references = _REFERENCE.findall(subject)
    return {f"{UNWRITTEN}reference{number}{UNWRITTEN}": reference for number, reference in enumerate(references)}


def _shared_fields(examples: Sequence[Example]) -> dict[str, Any]:
    """Return the fields that all examples have, at least one, with the value that all share.

    A field of several values is "*". A slice of the same groups has "*" for each group of several
    values. Slices of other groups can't be said in one, nor can several `groups`: they are left
    out, as a field is that some example does not have.
    """
    shared: dict[str, Any] = {}
    for name in FIELDS:
        if not all(name in example.fields for example in examples):
            continue

        values = [example.fields[name] for example in examples]
        first_value = values[0]
        if all(value == first_value for value in values):
            shared[name] = first_value
        elif name == "slice":
            if all(value.keys() == first_value.keys() for value in values):
                shared[name] = _shared_slice(values)
        elif name != "groups":
            shared[name] = ANY
    return shared


def _shared_slice(slices: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return one slice for several of the same groups, with "*" for a group of several values."""
    shared = {}
    for group, first_value in slices[0].items():
        is_same = all(each[group] == first_value for each in slices)
        shared[group] = first_value if is_same else ANY
    return shared


def _without_idle_fields(
    fields: Mapping[str, Any], required: Collection[str], matched: Sequence[Example], examples: Sequence[Example]
) -> dict[str, Any]:
    """Return the fields without those of any value that are not `required`, and without which the same is selected."""
    needed = dict(fields)
    for name, value in fields.items():
        has_any_value = set(value.values()) == {ANY} if name == "slice" else value == ANY
        if has_any_value and name not in required:
            others = {other: each for other, each in needed.items() if other != name}
            if _select_exactly(others, matched, examples):
                needed = others
    return needed


def _select_exactly(fields: Mapping[str, Any], matched: Sequence[Example], examples: Sequence[Example]) -> bool:
    """Return whether a requirement with these fields selects the matched examples, and no other.

    An example of the same check and text as a matched one counts as matched: people can't tell them apart.
    """
    matched_texts = {example.check_and_text for example in matched}
    return all(_select(fields, example) == (example.check_and_text in matched_texts) for example in examples)


def _select(fields: Mapping[str, Any], example: Example) -> bool:
    """Return whether the fields select the example, by the rule of the gate (`gate.selection`).

    The rule stands twice, since no room imports another. A test compares both.
    """
    return all(name in example.fields and _matches(wanted, example.fields[name]) for name, wanted in fields.items())


def _matches(wanted: Any, value: Any) -> bool:
    """Return whether a field has the wanted value: "*" is any, and groups have no order."""
    if isinstance(wanted, Mapping):
        return wanted.keys() == value.keys() and all(_matches(wanted[group], value[group]) for group in wanted)
    if isinstance(wanted, tuple):
        return set(wanted) == set(value)
    return bool(wanted in (ANY, value))


def _as_written(value: Any, references: Mapping[str, str]) -> Any:
    """Return a field's value as a file has it: groups are a list, and the references are back in the texts."""
    if isinstance(value, Mapping):
        return {_as_written(group, references): _as_written(each, references) for group, each in value.items()}
    if isinstance(value, tuple):
        return [_as_written(group, references) for group in value]
    text = str(value)
    for stand_in, reference in references.items():
        text = text.replace(stand_in, reference)
    return text


def _words_of_refusal(check: str, subject: str, reason: str) -> str:
    """Return the words that refuse a subject: what it is, why no fields can say it, and what to write."""
    metric, separator, slice_pattern = subject.partition(" | ")
    if separator and checks.stage_of(check) == "bias":
        group = slice_pattern.partition("=")[0].strip(ANY)
        if not group.isidentifier():
            group = "age"
        other_group = "age" if group == "sex" else "sex"
        has_wildcard = bool(_WILDCARDS & set(_REFERENCE.sub("", metric)))
        metric_field = "" if has_wildcard else f"metric: {metric}, "
        return (
            f"is {subject!r}; {reason}, and pairs of groups need a requirement of their own: "
            f'write one with `{metric_field}slice: {{{group}: "*"}}`, and one for each pair, '
            f'such as `{metric_field}slice: {{{group}: "*", {other_group}: "*"}}`'
        )
    fields = ", ".join(_fields_of(check)) or "check alone"
    return (
        f"is {subject!r}; {reason}: write what it shall select by {fields}, "
        f"or delete the key, and it selects every finding of {check}"
    )


def _fields_of(check: str) -> list[str]:
    """Return the fields that findings of a check, or of a whole stage, may have."""
    return [name for name in FIELDS if any(name in each.fields for each in checks.selected(check))]
