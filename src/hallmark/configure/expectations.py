"""Validity of a task's own expectations: their names, types, arguments and columns."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from hallmark import expectation_schema
from hallmark.config import Parameters
from hallmark.config.mistakes import Mistake, until_value_missing
from hallmark.contracts.checks import CHECKS

_SECTION = "validate.expectations"
_GROUP = "group."  # prefixes of columns, as in contracts.examples, whose import would need pandas
_DESCRIPTOR = "descriptor."
# Columns that a table of examples has without a prefix, in some system.
_OWN_COLUMNS = (
    *("id", "split", "entity", "entity_start", "time", "label", "fingerprint"),
    *("text", "bytes", "characters"),
)


def mistakes(content: Mapping[str, Any], parameters: Parameters, *, is_partial: bool = False) -> Iterator[Mistake]:
    """Yield the mistakes of all expectations.

    `content` is the composed configuration, and `parameters` are those that the models made of it,
    without the values that they refused; `is_partial`: there are such values. An expectation that
    is no mapping of a `type` and `arguments` is skipped: the models refuse it.
    """
    section = content.get("validate")
    expectations = section.get("expectations") if isinstance(section, Mapping) else None
    if not isinstance(expectations, Mapping):
        return
    for name, expectation in expectations.items():
        if not isinstance(expectation, Mapping) or not isinstance(expectation.get("type"), str):
            continue
        if not isinstance(expectation.get("arguments") or {}, Mapping):
            continue

        if f"validate.{name}" in CHECKS:
            words = "has the name of a check that is made anyway: give it another"
            yield Mistake(f"{_SECTION}.{name}", words)
        own_mistakes = list(expectation_schema.mistakes(str(name), expectation))
        yield from (Mistake(mistake.key, mistake.words) for mistake in own_mistakes)
        if not own_mistakes:
            unknown_columns = _unknown_columns(str(name), expectation, parameters)
            yield from until_value_missing(unknown_columns, is_partial=is_partial)


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
