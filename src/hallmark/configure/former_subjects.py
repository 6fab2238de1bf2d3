"""Migration of the former key `subject` of the gate's requirements.

`subject` was a shell pattern on one text that said what a finding was about ("accuracy | age=old",
"accuracy over rule"). Today each part of that text has a field of its own: `metric`, `slice`,
`against`, ….

The text of a finding follows from the registry of checks. So the fields are found, and proved, on
example findings: the fields that all findings share which the pattern matches, if they select no
other finding. A subject for which no such fields exist is refused.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from string import Formatter
from typing import Any

from hallmark.contracts import checks
from hallmark.contracts.checks import FAMILY, FIELDS, Check
from hallmark.contracts.findings import FORMER_CASES, Finding
from hallmark.contracts.slices import AND
from hallmark.errors import InputError

ANY = "*"
# A former check → the check that has a part of its findings today.
_SPLIT_CHECKS = {
    "evaluate.closed_loop": "evaluate.closed_loop_gain",
    "evaluate.memorisation": "evaluate.memorisation_excess",
    "evaluate.triage": "evaluate.triage_place",
}
# A check and its case today → the former name of the case, which `subject` was matched with.
_FORMER_TEXTS: Mapping[tuple[str, Any], str] = {
    (check, today): former for (check, former), today in FORMER_CASES.items()
}
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_OTHER_WILDCARDS = set("?[")
_WILDCARD = {ANY, *_OTHER_WILDCARDS}
_FILLERS = ("", "§1", "§2")  # texts that * stands for in the examples
_VALUES = ("§1", "§2")  # values that no pattern names
_GROUPS = ("§before", "§after")  # groups that no pattern names, before and after those that it names


@dataclass(frozen=True)
class _Example:
    """A finding that a stage could write: its fields, and the text that `subject` was matched with."""

    check: str
    fields: Mapping[str, Any]
    text: str


def select_by_fields(check: str, subject: str, required: Collection[str] = ()) -> dict[str, Any]:
    """Return the fields that select what `subject` selected, with a key `check` where it has another name.

    Each of the fields `required` is among them, as "*" where it may have any value. Raises
    `InputError` with the words that follow the key in a sentence where no fields select the same
    findings.
    """
    names = _todays_checks(check)
    references = _REFERENCE.findall(subject)
    pattern = subject
    for number, reference in enumerate(references):
        pattern = pattern.replace(reference, f"§reference{number}", 1)
    if _OTHER_WILDCARDS & set(pattern):
        raise InputError(_refusal(check, subject, 'fields know no pattern but "*" for a whole value'))

    examples = [example for name in names for example in _examples(name, pattern, _literals(names))]
    matched = [example for example in examples if fnmatchcase(example.text, pattern)]
    if not matched:
        raise InputError(_refusal(check, subject, f"no finding of {check} is about that"))
    matched_checks = sorted({example.check for example in matched})
    if not checks.is_whole_stage(check):
        if len(matched_checks) > 1:
            raise InputError(f"is {subject!r}, which took {' and '.join(matched_checks)}: write a requirement for each")
        examples = [example for example in examples if example.check in matched_checks]

    fields = _shared_fields(matched)
    if not _selects_exactly(fields, matched, examples):
        reason = 'no fields select exactly the same findings ("*" stands for a whole value)'
        raise InputError(_refusal(check, subject, reason))
    for name, value in [*fields.items()]:
        others = {other: fields[other] for other in fields if other != name}
        is_any = value == ANY or (name == "slice" and set(value.values()) == {ANY})
        if is_any and name not in required and _selects_exactly(others, matched, examples):
            fields = others
    missing = [name for name in required if name not in fields]
    if missing:
        raise InputError(
            f"is {subject!r}, and another file states {', '.join(missing)} for the same requirement, which would stay: "
            "give it another name, and write what it shall select"
        )

    renamed = {} if checks.is_whole_stage(check) or matched_checks == [check] else {"check": matched_checks[0]}
    return renamed | {name: _with_references(value, references) for name, value in fields.items()}


def _todays_checks(check: str) -> list[str]:
    """Return the checks that have the findings of a former check, or of a whole stage.

    Raises `InputError` where there are none: a misspelled name, or a shell pattern.
    """
    selected = checks.selected(check)
    if not selected:
        raise InputError(f"can't be rewritten: {check!r} is no check, write which one is meant")
    if checks.is_whole_stage(check):
        return ["validate.§" if each.name == FAMILY else each.name for each in selected]
    return [check, *(_SPLIT_CHECKS[check] for _ in range(check in _SPLIT_CHECKS))]


def _literals(names: Sequence[str]) -> list[str]:
    """Return the texts between the fields in the subjects of the checks: " over ", " alone"."""
    templates = [template for name in names for template in checks.find(name).subjects.values()]
    literals = {literal for template in templates for literal, *_ in Formatter().parse(template) if literal}
    return sorted(literals, key=len, reverse=True)


def _examples(name: str, pattern: str, literals: Sequence[str]) -> Iterator[_Example]:
    """Yield examples of a check's findings: with the values that the pattern names, and with others.

    Where two have the same text, the one with fewer fields of any value is meant: "accuracy over a
    single input alone" is about no column.
    """
    check = checks.find(name)
    texts = _texts(pattern, literals)
    shape_of_text: dict[str, tuple[str, ...]] = {}
    for names in sorted(check.subjects, key=lambda names: len(names) - bool(check.cases and "case" in names)):
        choices = [_choices(field, check, texts) for field in names]
        for values in product(*choices):
            fields = dict(zip(names, values, strict=True))
            text = _FORMER_TEXTS.get((name, fields.get("case")), Finding(check=name, **fields).subject)
            if shape_of_text.setdefault(text, names) == names:
                yield _Example(name, fields, text)


def _texts(pattern: str, literals: Sequence[str]) -> list[str]:
    """Return the parts of the pattern between literals: no field's value contains one."""
    starts = {0, *(found.end() for literal in literals for found in re.finditer(re.escape(literal), pattern))}
    ends = {
        len(pattern),
        *(found.start() for literal in literals for found in re.finditer(re.escape(literal), pattern)),
    }
    parts = {pattern[start:end] for start in starts for end in ends if start < end}
    return sorted(part for part in parts if not any(literal in part for literal in literals))


def _choices(field: str, check: Check, texts: Sequence[str]) -> list[Any]:
    """Return the values of a field in the examples."""
    if field == "case" and check.cases:
        return [*check.cases]
    if field == "slice":
        separator = "=" if "{slice}" in "".join(check.subjects.values()) else " "
        return list(_slices(check, texts, separator))
    if field == "groups":
        return list(_groups(texts))
    if field == "metric":  # one word
        texts = [word for text in texts for word in text.split(" ")]
    values = [value for text in texts for value in _without_wildcards(text)]
    return list(dict.fromkeys([*values, *_VALUES]))


def _slices(check: Check, texts: Sequence[str], separator: str) -> Iterator[dict[str, str]]:
    """Yield slices of single groups and, where the check has them, of pairs in the order of the pattern."""
    has_pairs = check.stage == "bias"
    before, after = _GROUPS if not check.groups else (check.groups[0], check.groups[0])
    yield {before: _VALUES[0]}
    if has_pairs:
        yield {before: _VALUES[0], after: _VALUES[0]}

    for text in texts:
        parts = [part.partition(separator) for part in text.split(AND)]
        if not all(group and value for group, _, value in parts) or len(parts) > (2 if has_pairs else 1):
            continue
        names = [_without_wildcards(group) for group, _, _ in parts]
        values = [[*dict.fromkeys([*_without_wildcards(value), *_VALUES])] for _, _, value in parts]
        for groups in product(*names):
            if len(set(groups)) < len(groups) or (check.groups and set(groups) - set(check.groups)):
                continue
            for chosen in product(*values):
                slice_values = dict(zip(groups, chosen, strict=True))
                yield slice_values
                for group, value in slice_values.items() if has_pairs else ():
                    yield {group: value}
                    yield {before: _VALUES[0], group: value}
                    yield {group: value, after: _VALUES[0]}


def _groups(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield groups and pairs of groups, in the order of the pattern."""
    before, after = _GROUPS
    yield (before,)
    yield (before, after)
    for text in texts:
        for groups in product(*(_without_wildcards(name) for name in text.split(AND))):
            yield groups
            for group in groups:
                yield from ((group,), (before, group), (group, after))


def _without_wildcards(text: str) -> list[str]:
    """Return texts that a pattern matches; the text itself where it has no *."""
    return [value for value in dict.fromkeys(text.replace(ANY, filler) for filler in _FILLERS) if value]


def _shared_fields(examples: Sequence[_Example]) -> dict[str, Any]:
    """Return the fields that all examples have: the value that all share, or "*"."""
    shared: dict[str, Any] = {}
    for name in FIELDS:
        values = [example.fields[name] for example in examples if name in example.fields]
        if len(values) < len(examples):
            continue
        if all(value == values[0] for value in values):
            shared[name] = values[0]
        elif name == "slice" and all(value.keys() == values[0].keys() for value in values):
            shared[name] = {
                group: first if all(value[group] == first for value in values) else ANY
                for group, first in values[0].items()
            }
        elif name not in ("slice", "groups"):
            shared[name] = ANY
    return shared


def _selects_exactly(fields: Mapping[str, Any], matched: Sequence[_Example], examples: Sequence[_Example]) -> bool:
    """Return whether a requirement with these fields selects the matched examples, and no other."""
    texts = {(example.check, example.text) for example in matched}
    return all(_selects(fields, example) == ((example.check, example.text) in texts) for example in examples)


def _selects(fields: Mapping[str, Any], example: _Example) -> bool:
    """Return whether the fields select the example, as the gate does (`gate.selection`)."""
    return all(name in example.fields and _matches(wanted, example.fields[name]) for name, wanted in fields.items())


def _matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return wanted.keys() == value.keys() and all(_matches(wanted[group], value[group]) for group in wanted)
    if isinstance(wanted, tuple):
        return set(wanted) == set(value)
    return wanted in (ANY, value)


def _with_references(value: Any, references: Sequence[str]) -> Any:
    """Return a field's value with the references that the pattern had; groups as a list."""
    if isinstance(value, Mapping):
        return {
            _with_references(group, references): _with_references(each, references) for group, each in value.items()
        }
    if isinstance(value, tuple):
        return [_with_references(each, references) for each in value]
    return re.sub(r"§reference(\d+)", lambda found: references[int(found[1])], str(value))


def _refusal(check: str, subject: str, reason: str) -> str:
    """Return the words of a sentence: the subject, why no fields can say it, and what to write."""
    metric, separator, slice_name = subject.partition(" | ")
    if separator and checks.stage_of(check) == "bias":
        name = slice_name.partition("=")[0].strip(ANY)
        group = name if name.isidentifier() else "age"
        other = "sex" if group != "sex" else "age"
        metric_field = "" if _WILDCARD & set(_REFERENCE.sub("", metric)) else f"metric: {metric}, "
        return (
            f"is {subject!r}; {reason}, and pairs of groups need a requirement of their own: "
            f'write one with `{metric_field}slice: {{{group}: "*"}}`, and one for each pair, '
            f'such as `{metric_field}slice: {{{group}: "*", {other}: "*"}}`'
        )
    return (
        f"is {subject!r}; {reason}: write what it shall select by {', '.join(_fields_of(check))}, "
        f"or delete the key, and it selects every finding of {check}"
    )


def _fields_of(check: str) -> list[str]:
    """Return the fields of a check's findings; `check` alone where they have none."""
    fields = [name for name in FIELDS if any(name in each.fields for each in checks.selected(check))]
    return fields or ["check alone"]
