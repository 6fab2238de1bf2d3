"""Validity of a task's own expectations, of examples and raw tables, and of the actions that follow."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hallmark import components, expectation_schema
from hallmark.config import Parameters
from hallmark.config.mistakes import Mistake, until_value_missing
from hallmark.contracts.checks import CHECKS, RAW_TYPES

_SECTION = "validate.expectations"
_GROUP = "group."  # prefixes of columns, as in contracts.examples, whose import would need pandas
_DESCRIPTOR = "descriptor."
# Columns that a table of examples has without a prefix, in some system.
_OWN_COLUMNS = (
    *("id", "split", "entity", "entity_start", "time", "label", "fingerprint"),
    *("text", "bytes", "characters"),
)


def mistakes(
    content: Mapping[str, Any], parameters: Parameters, *, project: Path = Path(), is_partial: bool = False
) -> Iterator[Mistake]:
    """Yield the mistakes of all expectations, and of what actions may not have: secrets, and classes by their names.

    `content` is the composed configuration, and `parameters` are those that the models made of it,
    without the values that they refused; `is_partial`: there are such values. `project` is the folder
    that holds `extensions/`. An expectation that is no mapping of a `type` and `arguments` is
    skipped: the models refuse it.
    """
    section = content.get("validate")
    if not isinstance(section, Mapping):
        return
    task = str(content.get("task"))
    for name, expectation in _expectations(section):
        if f"validate.{name}" in CHECKS:
            words = "has the name of a check that is made anyway: give it another"
            yield Mistake(f"{_SECTION}.{name}", words)
        own_mistakes = list(_mistakes_of_one(f"{_SECTION}.{name}", expectation, task, project))
        yield from own_mistakes
        if not own_mistakes:
            unknown_columns = _unknown_columns(name, expectation, parameters)
            yield from until_value_missing(unknown_columns, is_partial=is_partial)

    tables = section.get("raw")
    for table, of_table in tables.items() if isinstance(tables, Mapping) else ():
        key = f"validate.raw.{table}.expectations"
        for name, expectation in _expectations(of_table) if isinstance(of_table, Mapping) else ():
            if name == RAW_TYPES:
                yield Mistake(f"{key}.{name}", "has the name of a check that is made anyway: give it another")
            yield from _mistakes_of_one(f"{key}.{name}", expectation, task, project)

    actions = section.get("actions")
    for name, action in actions.items() if isinstance(actions, Mapping) else ():
        if isinstance(action, Mapping):
            # What else an action may lack is seen with all other components.
            for mistake in expectation_schema.action_mistakes(f"validate.actions.{name}", action):
                yield Mistake(mistake.key, mistake.words)


def _expectations(section: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name and content of each expectation of a section that has a type, and arguments by name."""
    expectations = section.get("expectations")
    for name, expectation in expectations.items() if isinstance(expectations, Mapping) else ():
        if not isinstance(expectation, Mapping) or not isinstance(expectation.get("type"), str):
            continue
        if isinstance(expectation.get("arguments") or {}, Mapping):
            yield str(name), expectation


def _mistakes_of_one(key: str, expectation: Mapping[str, Any], task: str, project: Path) -> Iterator[Mistake]:
    """Yield the mistakes in the type and the arguments of an expectation at `key`."""
    for mistake in expectation_schema.mistakes(key, expectation):
        yield Mistake(mistake.key, mistake.words)
    kind = str(expectation["type"])
    if expectation_schema.is_own(kind):
        arguments = {
            name: value for name, value in (expectation.get("arguments") or {}).items() if name != "row_condition"
        }
        section = {"_target_": kind, **arguments}
        for each in components.mistakes(key, section, components.SLOTS["expectation"], task=task, project=project):
            yield replace(each, key=_key_of_own(key, each.key))


def _key_of_own(key: str, place: str) -> str:
    """Return the key in conf/ of a mistake in a component: its target is the type, and its arguments lie below."""
    inner = place.removeprefix(key).removeprefix(".")
    if inner == "_target_":
        return f"{key}.type"
    return f"{key}.arguments.{inner}" if inner else f"{key}.arguments"


def _unknown_columns(name: str, expectation: Mapping[str, Any], parameters: Parameters) -> Iterator[Mistake]:
    """Yield a mistake for each group or descriptor that the examples of the task don't have.

    Other columns may be a system's own, and are known once there are examples.
    """
    reading = parameters.prepare.reading
    groups = reading.group_names()
    descriptors = reading.descriptor_names()
    known_by_prefix = {_GROUP: groups, _DESCRIPTOR: descriptors}
    known = [*(_GROUP + group for group in groups or ()), *(_DESCRIPTOR + each for each in descriptors or ())]

    for key, column in expectation_schema.columns(expectation):
        prefix = next((prefix for prefix in known_by_prefix if str(column).startswith(prefix)), None)
        if prefix is not None:
            is_unknown = known_by_prefix[prefix] is not None and column not in known
            close = get_close_matches(column, known, n=1)
        else:  # a name without its prefix
            close = [name for name in known if name.partition(".")[2] == column]
            is_unknown = bool(close) and column not in _OWN_COLUMNS
        if is_unknown:
            hint = f"; did you mean {close[0]}?" if close else f": there are {', '.join(known) or 'none'}"
            yield Mistake(f"{_SECTION}.{name}.{key}", f"names {column!r}, which the examples don't have{hint}")
