"""Mistakes in a configuration as sentences, all at once: each names key, value and what is expected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hallmark.config import former_names, words
from hallmark.config.section import CONTRADICTION, RULE, Contradiction, Section
from hallmark.errors import InputError

_MOST_MISTAKES = 12  # that one sentence names; the others are counted
_LEAST_TOO_LARGE = 2**63  # whole numbers from here on don't fit into 64 bits with a sign
# Types of pydantic's errors that mean a value of another type.
_TYPE_ERRORS = ("int_type", "float_type", "bool_type", "string_type", "list_type", "dict_type", "model_type")

Place = tuple[str | int, ...]  # the names and positions that lead to a value
AnySection = TypeVar("AnySection", bound=Section)
AnyMistake = TypeVar("AnyMistake")


@dataclass(frozen=True)
class Mistake:
    """One mistake that a person can correct.

    `words` follow the key in a sentence: "is 0: it must be at least 1". `kind`: a wrong value, an
    unknown key, or a missing value. `file` is the one that has the key, where it is known. A mistake
    of a whole file has the key "".
    """

    key: str
    words: str
    kind: Literal["value", "unknown", "missing"] = "value"
    file: str = ""

    def sentence(self, where: str = "conf/") -> str:
        """Return the whole sentence; `where` is the file that has the key, unless the mistake names it."""
        where = self.file or where
        if not self.key:
            return f"{self.file}{self.words}"
        if self.kind == "missing":
            return f"the key {self.key} has no value: set it in {where}"
        if self.kind == "unknown":
            return f"unknown key {self.key} in {where}{self.words}"
        return f"{self.key} in {where} {self.words}"


def check(model: type[AnySection], content: Any) -> tuple[AnySection, list[Mistake]]:
    """Return the section that a model makes of `content`, and all mistakes in it.

    Where there are mistakes, the section has only the right values: a wrong or missing one is no
    attribute of it. A further rule that needs such a value ends there (see `until_value_missing`).
    """
    mistakes = list(_too_large(content, ""))
    try:
        section = model.model_validate(content)
    except ValidationError as error:
        errors = [each for each in error.errors(include_url=False) if each["type"] != CONTRADICTION]
        wrong_places = {_without_mark(each["loc"]) for each in errors}
        section = _right_part(model, content, wrong_places, ())
        mistakes += [_translated(each, model) for each in errors]
        # Found anew: pydantic checks no rules of a section in which a value is wrong.
        is_partial = bool(wrong_places)
        mistakes += [Mistake(each.key, each.words) for each in _contradictions(section, "", is_partial=is_partial)]
    return section, list(dict.fromkeys(mistakes))


def until_value_missing(rule: Iterator[AnyMistake], *, is_partial: bool) -> Iterator[AnyMistake]:
    """Yield what a rule yields about a section; of a partial one until the rule needs a missing value.

    `is_partial`: whether a mistake was reported, so that values of the section may be missing. A
    rule that needs one raises `AttributeError` or `KeyError`: it ends there in silence, since the
    mistake in that value is reported. Of a whole section such an error is the rule's own fault, and
    is raised.
    """
    try:
        yield from rule
    except (AttributeError, KeyError):
        if not is_partial:
            raise


def refuse(mistakes: Sequence[str]) -> None:
    """Raise `InputError` with all mistakes in one sentence, each once; do nothing where there are none."""
    if mistakes:
        raise InputError(joined(mistakes))


def joined(mistakes: Sequence[str]) -> str:
    """Return all mistakes in one sentence, each once; after the first twelve, the others are counted."""
    distinct = list(dict.fromkeys(mistakes))
    more = f" (and {len(distinct) - _MOST_MISTAKES} more)" if len(distinct) > _MOST_MISTAKES else ""
    return "; ".join(distinct[:_MOST_MISTAKES]) + more


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean …?" with the nearest of the names; "" where none is near."""
    close = get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def path(place: Place) -> str:
    """Return a place as the key that people write: ("evaluate", "metrics", 1) → evaluate.metrics[1]."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def as_yaml(value: Any) -> str:
    """Return a value as people write it in YAML; a long one is cut after 200 characters."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _too_large(content: Any, key: str) -> Iterator[Mistake]:
    """Yield a mistake for each whole number, at any depth, that does not fit into 64 bits with a sign."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _too_large(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(content, list):
        for position, inner in enumerate(content):
            yield from _too_large(inner, f"{key}[{position}]")
    elif isinstance(content, int) and abs(content) >= _LEAST_TOO_LARGE:
        yield Mistake(key, f"is a whole number of {len(str(abs(content)))} digits: it must fit into 64 bits")


def _without_mark(place: Place) -> Place:
    """Return a place without pydantic's mark "[key]": the key itself is wrong, not its value."""
    return place[:-1] if place and place[-1] == "[key]" else place


def _translated(error: ErrorDetails, model: type[Section]) -> Mistake:
    """Return the mistake that one of pydantic's errors stands for."""
    place: Place = error["loc"]
    kind = error["type"]
    value = error["input"]
    key = path(place)
    if kind == "missing":
        return Mistake(key, "", "missing")
    if kind == "extra_forbidden":
        return _unknown(place, model)
    if place and place[-1] == "[key]":
        *parents, name, _ = place
        words_of_key = f"has the key {as_yaml(name)}, which YAML takes for no text: write it in quotes"
        return Mistake(path(tuple(parents)), words_of_key)
    if kind == RULE:
        return Mistake(key, f"is {as_yaml(value)}: {error['ctx']['words']}")

    expected = words.of(model, place)
    if kind == "literal_error":
        hint = _hint_of_choice(value, expected.choices) if isinstance(value, str) else ""
        return Mistake(key, f"is {as_yaml(value)}: it must be {expected.range}{hint}")
    if kind in _TYPE_ERRORS or kind.endswith("_type"):
        is_plain = isinstance(value, int | float | bool) and not isinstance(value, str)
        hint = "; write it in quotes" if kind == "string_type" and is_plain else ""
        return Mistake(key, f"is {as_yaml(value)}: it must be {expected.whole}{hint}")
    return Mistake(key, f"is {as_yaml(value)}: it must be {expected.range}")


def _hint_of_choice(text: str, choices: Sequence[str]) -> str:
    """Return how to write the choice that a text stands for; "" where none is near."""
    if text in choices:  # and was refused: the choice is a number
        return f"; write {text} without quotation marks"
    return did_you_mean(text, choices)


def _unknown(place: Place, model: type[Section]) -> Mistake:
    """Return the mistake of a key that the model doesn't have, with its present name or the nearest key."""
    *parents, name = place
    today = former_names.todays_name(path(place))
    if today:
        return Mistake(path(place), f": it is called {today} now; `make migrate` rewrites your files", "unknown")

    keys = sorted(words.keys(model, tuple(parents)))
    parent = path(tuple(parents)) or "the top level"
    knows = f": {parent} knows {', '.join(keys)}" if keys else f": {parent} has no keys"
    return Mistake(path(place), f"{knows}{did_you_mean(str(name), keys)}", "unknown")


def _contradictions(section: Section, key: str, *, is_partial: bool) -> Iterator[Contradiction]:
    """Yield the contradictions within a section and the sections below it, with whole dotted keys.

    `is_partial`: whether values may be missing (see `until_value_missing`).
    """
    for name, field in type(section).model_fields.items():
        value = section.__dict__.get(name)
        own_key = f"{key}.{field.alias or name}".lstrip(".")
        if isinstance(value, Section):
            yield from _contradictions(value, own_key, is_partial=is_partial)
        elif isinstance(value, dict):
            for inner_name, inner in value.items():
                if isinstance(inner, Section):
                    yield from _contradictions(inner, f"{own_key}.{inner_name}", is_partial=is_partial)

    try:
        rules = list(section.relations())
    except AttributeError:
        if not is_partial:
            raise
        return  # the choice of the rules needs a value that is missing
    for rule in rules:
        for contradiction in until_value_missing(rule, is_partial=is_partial):
            yield Contradiction(f"{key}.{contradiction.key}".lstrip("."), contradiction.words)


def _right_part(model: type[AnySection], content: Any, wrong: set[Place], place: Place) -> AnySection:
    """Return the section of `content` without the values that are wrong or missing.

    `wrong` are the places of wrong values; `place` is that of the section.
    """
    entries = content if isinstance(content, Mapping) else {}
    values: dict[str, Any] = {}
    left_out: list[str] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        own_place = (*place, key)
        wrong_below = {each for each in wrong if each[: len(own_place)] == own_place}
        section = words.section_of(field.annotation)
        section_of_entries = words.entry_of(field.annotation)
        if own_place in wrong_below or (key not in entries and field.is_required()):
            left_out.append(name)
        elif key not in entries:
            continue
        elif section is not None and entries[key] is not None:
            values[name] = _right_part(section, entries[key], wrong, own_place)
        elif section_of_entries is not None and isinstance(entries[key], Mapping):
            values[name] = {
                entry_name: None
                if entry is None
                else _right_part(section_of_entries, entry, wrong, (*own_place, entry_name))
                for entry_name, entry in entries[key].items()
            }
        elif wrong_below:
            left_out.append(name)
        else:
            values[name] = entries[key]

    if model.model_config.get("extra") == "allow":
        known_keys = {field.alias or name for name, field in model.model_fields.items()}
        values |= {name: value for name, value in entries.items() if name not in known_keys}

    section_without = model.model_construct(**values)
    for name in left_out:
        section_without.__dict__.pop(name, None)  # a default that pydantic filled in
    return section_without
