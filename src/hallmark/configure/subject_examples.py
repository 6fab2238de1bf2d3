"""Example findings, by which a former pattern on `subject` is understood (`former_subjects`).

For each check they are findings with the values that the pattern names, and with values that it
does not name, in every combination. So what the pattern matches, and what it does not, can be read
from them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from string import Formatter
from typing import Any

from hallmark.configure.requirements import ANY
from hallmark.contracts import checks
from hallmark.contracts.checks import Check
from hallmark.contracts.findings import FORMER_CASES, Finding
from hallmark.contracts.slices import AND

UNWRITTEN = "\0"  # begins each text that we make up: no file of YAML can have it unquoted

# What a * may stand for in a finding: nothing, or either of two texts.
_FILLERS = ("", f"{UNWRITTEN}filler1", f"{UNWRITTEN}filler2")
_UNNAMED_VALUES = (f"{UNWRITTEN}value1", f"{UNWRITTEN}value2")
# Groups that the pattern does not name: the first stands before those that it names, the second
# behind them.
_UNNAMED_GROUPS = (f"{UNWRITTEN}before", f"{UNWRITTEN}after")
_MAX_GROUPS = 2  # in a finding: single groups and pairs are audited
# A check and its case today → the former name of the case, which `subject` was matched with.
_FORMER_CASE: Mapping[tuple[str, Any], str] = {
    (check, today): former for (check, former), today in FORMER_CASES.items()
}


@dataclass(frozen=True)
class Example:
    """A finding that a stage could write: its check, its fields, and the text that `subject` was matched with."""

    check: str
    fields: Mapping[str, Any]
    text: str

    @property
    def check_and_text(self) -> tuple[str, str]:
        return self.check, self.text


def make_examples(check_names: Sequence[str], pattern: str) -> list[Example]:
    """Return examples of the findings of all checks, for a pattern in which * stands for any text."""
    separators = _separators(check_names)
    texts = _texts_between(pattern, separators)
    return [example for name in check_names for example in _examples_of_check(name, texts)]


def _separators(check_names: Sequence[str]) -> list[str]:
    """Return the texts that stand between fields in the checks' subjects: " over ", " alone"."""
    templates = [template for name in check_names for template in checks.find(name).subjects.values()]
    return sorted({literal for template in templates for literal, *_ in Formatter().parse(template) if literal})


def _texts_between(pattern: str, separators: Sequence[str]) -> list[str]:
    """Return the parts of the pattern that may be a field's value.

    They begin and end where a separator or the pattern does, and contain no separator.
    """
    matches = [match for separator in separators for match in re.finditer(re.escape(separator), pattern)]
    starts = {0, *(match.end() for match in matches)}
    ends = {len(pattern), *(match.start() for match in matches)}

    parts = {pattern[start:end] for start in starts for end in ends if start < end}
    return sorted(part for part in parts if not any(separator in part for separator in separators))


def _examples_of_check(check_name: str, texts: Sequence[str]) -> Iterator[Example]:
    """Yield examples of a check's findings; `texts` are what the pattern may name.

    Findings of other fields may have the same text. Then those are meant that have fewer fields of
    free text: "accuracy over a single input alone" is about no column.
    """
    check = checks.find(check_name)

    def number_of_free_fields(fields: tuple[str, ...]) -> int:
        has_listed_case = bool(check.cases) and "case" in fields
        return len(fields) - has_listed_case

    fields_by_text: dict[str, tuple[str, ...]] = {}
    for fields in sorted(check.subjects, key=number_of_free_fields):
        values_by_field = [_possible_values(field, check, texts) for field in fields]
        for values in product(*values_by_field):
            about = dict(zip(fields, values, strict=True))
            text = _former_text(check_name, about)
            fields_by_text.setdefault(text, fields)
            if fields_by_text[text] == fields:
                yield Example(check_name, about, text)


def _former_text(check_name: str, about: dict[str, Any]) -> str:
    """Return the text that `subject` was matched with."""
    former_case = _FORMER_CASE.get((check_name, about.get("case")))
    return Finding(check=check_name, **about).subject if former_case is None else former_case


def _possible_values(field: str, check: Check, texts: Sequence[str]) -> list[Any]:
    """Return the values that a field has in the examples.

    A case of a check without listed ones is free text, as are columns, labels and scorers.
    """
    if field == "slice":
        return list(_slices(check, texts))
    if field == "groups":
        return list(_tuples_of_groups(texts))
    if field == "case" and check.cases:
        return [*check.cases]

    named_texts = texts
    if field == "metric":  # a name without spaces
        named_texts = [word for text in texts for word in text.split(" ")]
    named_values = [value for text in named_texts for value in _filled(text)]
    return _distinct([*named_values, *_UNNAMED_VALUES])


def _slices(check: Check, texts: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield slices, {group: value}: those that a text names, and others.

    They are of single groups and, in the stage bias, of pairs, in the pattern's order.
    """
    has_pairs = check.stage == "bias"
    before, after = _UNNAMED_GROUPS
    unnamed_value = _UNNAMED_VALUES[0]

    for group in check.groups or [before]:
        for value in _UNNAMED_VALUES:
            yield {group: value}
    if has_pairs:
        yield {before: unnamed_value, after: unnamed_value}

    for text in texts:
        for named_slice in _slices_in(text, check, max_groups=_MAX_GROUPS if has_pairs else 1):
            yield named_slice
            if not has_pairs:
                continue
            for group, value in named_slice.items():
                yield {group: value}
                yield {before: unnamed_value, group: value}
                yield {group: value, after: unnamed_value}


def _slices_in(text: str, check: Check, *, max_groups: int) -> Iterator[dict[str, str]]:
    """Yield the slices of the groups that a text names, "sex=f & age=*", with its values and unnamed ones.

    A check whose subjects have `{slice_words}` writes "size under 12 mm".
    """
    templates = "".join(check.subjects.values())
    separator = "=" if "{slice}" in templates else " "
    parts = [part.partition(separator) for part in text.split(AND)]
    is_slice = all(group and value for group, _, value in parts) and len(parts) <= max_groups
    if not is_slice:
        return

    possible_groups = [_filled(group) for group, _, _ in parts]
    possible_values = [_distinct([*_filled(value), *_UNNAMED_VALUES]) for _, _, value in parts]
    for groups in product(*possible_groups):
        are_distinct = len(set(groups)) == len(groups)
        are_known = not check.groups or set(groups) <= set(check.groups)
        if are_distinct and are_known:
            for values in product(*possible_values):
                yield dict(zip(groups, values, strict=True))


def _tuples_of_groups(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield groups and pairs of groups: those that a text names, "sex & age", and others."""
    before, after = _UNNAMED_GROUPS
    yield (before,)
    yield (before, after)

    for text in texts:
        names = text.split(AND)
        if len(names) > _MAX_GROUPS:
            continue
        for groups in product(*map(_filled, names)):
            are_distinct = len(set(groups)) == len(groups)
            if are_distinct:
                yield groups
            for group in groups:
                yield (group,)
                yield (before, group)
                yield (group, after)


def _filled(text: str) -> list[str]:
    """Return the texts that stand for a part of the pattern: each * becomes the same filler.

    A part without * stands for itself.
    """
    return [value for value in _distinct([text.replace(ANY, filler) for filler in _FILLERS]) if value]


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
