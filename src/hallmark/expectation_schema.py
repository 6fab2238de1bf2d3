"""Schema of the expectations that a task may state: a closed set of types, typed conditions on rows.

Great Expectations passes a condition that is text to `DataFrame.query`, which runs it. So text is
refused, and a condition is a column, an operator and a constant. `configure` checks expectations
here, without importing Great Expectations, and `validate` checks them again before it builds a
suite.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any

from hallmark.errors import ConfigValueError
from hallmark.expectation_arguments import ARGUMENTS, BOUNDS_ARE_NUMBERS, LISTS, NEED_A_BOUND, OF_EVERY_TYPE

TYPES = tuple(ARGUMENTS)
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not_in", "is_null", "is_not_null")
_MEMBERSHIP = ("in", "not_in")
_NULLITY = ("is_null", "is_not_null")
_REFUSED_ARGUMENTS = {  # they would change how an expectation is run; the value is the reason, and the cure
    "condition_parser": "row_condition is typed, so there is nothing to parse: leave it out",
    "severity": "it stands beside type and arguments, as in a suite's JSON: move it there",
    **dict.fromkeys(("batch_id", "id", "windows"), "it belongs to Great Expectations' own store: leave it out"),
    **dict.fromkeys(
        ("catch_exceptions", "rendered_content", "result_format"), "the stage validate sets it: leave it out"
    ),
}
EXPECTATIONS = "validate.expectations"  # the key of those about the examples
_OWN = "extensions."  # a class of a person's own is named by its dotted path
_LIBRARY = "great_expectations.expectations."  # so may be one of Great Expectations
_SECRET = re.compile(r"webhook|token|password|passphrase|secret|credential|apikey|(^|_)key$", re.IGNORECASE)
_CLASS_NAMES = ("class_name", "module_name")  # by which Great Expectations imports and calls whatever they name
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_MAX_CONDITIONS = 100  # in a row_condition
_MAX_CONSTANTS = 1000  # in a list
_MAX_CHARACTERS = 1000  # in a constant
_N_SHOWN = 200  # characters of a value in a message
_SCHEMA_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_SHAPE = "{column: NAME, operator: ==, value: CONSTANT}, a list of these, {and: [...]} or {or: [...]}"
_TYPE_WITHOUT_UNDERSCORES = {kind.replace("_", ""): kind for kind in TYPES}

Constant = str | int | float | bool


@dataclass(frozen=True)
class Condition:
    """One comparison of a column with a constant.

    `value` is a tuple of constants for `in` and `not_in`, and None for `is_null` and `is_not_null`.
    """

    column: str
    operator: str
    value: Constant | tuple[Constant, ...] | None = None

    def __str__(self) -> str:
        comparison = f"{self.column} {self.operator.replace('_', ' ')}"
        if self.value is None:
            return comparison
        if isinstance(self.value, tuple):
            return f"{comparison} {list(self.value)}"
        return f"{comparison} {self.value!r}"


@dataclass(frozen=True)
class Conditions:
    """Conditions joined by `and` (`every` is true) or by `or`.

    An `or` may contain an `and`; nothing else nests.
    """

    parts: "tuple[Condition | Conditions, ...]"
    every: bool

    def __str__(self) -> str:
        parts = [f"({part})" if isinstance(part, Conditions) else str(part) for part in self.parts]
        return (" and " if self.every else " or ").join(parts)

    @property
    def leaves(self) -> tuple[Condition, ...]:
        """All comparisons in order, nested ones included."""
        leaves: list[Condition] = []
        for part in self.parts:
            leaves += part.leaves if isinstance(part, Conditions) else (part,)
        return tuple(leaves)


def column_names(arguments: Mapping[str, Any]) -> str | None:
    """Return the column that an expectation is about ("a, b" if several); None: the whole table.

    A list of columns that is none is left out: `mistakes` refuses it.
    """
    names = [arguments.get(key) for key in ("column", "column_A", "column_B")]
    column_list = arguments.get("column_list")
    names += column_list if isinstance(column_list, list | tuple) else []
    return ", ".join(str(name) for name in names if name) or None


def canonical_type(name: str) -> str:
    """Return the type of `TYPES` that `name` is, also as ExpectColumnValuesToBeBetween, with its package before it or
    without; else `name`.
    """
    if is_own(name):
        return name
    own_name = name.rpartition(".")[2] if name.startswith(_LIBRARY) else name
    return _TYPE_WITHOUT_UNDERSCORES.get(own_name.replace("_", "").lower(), name)


def is_own(name: str) -> bool:
    """Return whether a type is a class of a person's own: `extensions.<task>.<file>.<Class>`."""
    return name.startswith(_OWN)


def check_expectations(expectations: Mapping[str, Mapping[str, Any]], section: str = EXPECTATIONS) -> None:
    """Raise `ConfigValueError` with the first mistake in `expectations`, {name: {type, arguments}}, which stand at the
    key `section`.
    """
    for name, expectation in expectations.items():
        for mistake in mistakes(f"{section}.{name}", expectation):
            raise mistake


def mistakes(key: str, expectation: Mapping[str, Any]) -> Iterator[ConfigValueError]:
    """Yield every mistake in the type and the arguments of an expectation, {type, arguments}, which stands at `key`.

    Of the arguments of a class of one's own, only what would be run or fetched is looked for:
    `components` knows its signature.
    """
    kind = canonical_type(str(expectation["type"]))
    if is_own(kind):
        for argument, value in (expectation.get("arguments") or {}).items():
            try:
                _check_value_of_own(argument, value, f"{key}.arguments.{argument}")
            except ConfigValueError as mistake:
                yield mistake
        return
    if kind not in TYPES:
        words = f"is {expectation['type']!r}, which is none of the expectations that can be asked for"
        close = get_close_matches(kind, TYPES, n=3, cutoff=0.5)
        hint = f"; the closest that are: {', '.join(close)}" if close else ""
        yield ConfigValueError(f"{key}.type", words + hint)
        return

    arguments = expectation.get("arguments") or {}
    for argument, value in arguments.items():
        try:
            _check_value(kind, argument, value, f"{key}.arguments.{argument}")
        except ConfigValueError as mistake:
            yield mistake
    yield from _missing_arguments(kind, arguments, f"{key}.arguments")
    yield from _empty_ranges(arguments, f"{key}.arguments")


def columns(expectation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each column that an expectation without mistakes names, after the key below it that does:
    ("arguments.column", "label").
    """
    arguments = expectation.get("arguments") or {}
    for argument in ("column", "column_A", "column_B"):
        if argument in arguments:
            yield f"arguments.{argument}", arguments[argument]
    for argument in ("column_list", "column_set"):
        for place, column in enumerate(arguments.get(argument) or ()):
            yield f"arguments.{argument}[{place}]", column
    if "row_condition" in arguments:
        key = "arguments.row_condition"
        for leaf in parse_condition(arguments["row_condition"], key).leaves:
            yield key, leaf.column


def is_secret(argument: str) -> bool:
    """Return whether an argument of an action holds a secret, by its name: its value is the name of a variable."""
    return _SECRET.search(argument) is not None


def action_mistakes(key: str, action: Mapping[str, Any]) -> Iterator[ConfigValueError]:
    """Yield a mistake for each argument of an action, at `key`, that may be a secret or runs what no slot allows.

    A secret is an argument of the action itself, whose value is the name of an environment variable.
    A mapping with `class_name` or `module_name`, such as a renderer, would make Great Expectations
    call any function of any module. No sentence shows a value, which may be the secret.
    """
    for argument, value in action.items():
        is_variable = isinstance(value, str) and _VARIABLE.fullmatch(value)
        if is_secret(str(argument)) and not is_variable:
            yield ConfigValueError(
                f"{key}.{argument}",
                "must be the name of an environment variable that holds it, in capitals, such as "
                f"{str(argument).upper()}: a secret doesn't belong into conf/",
            )
        yield from _mistakes_within(f"{key}.{argument}", value)


def _mistakes_within(key: str, value: Any) -> Iterator[ConfigValueError]:
    """Yield the mistakes of `action_mistakes` in the entries of an action's argument, at any depth."""
    if isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _mistakes_within(f"{key}[{place}]", inner)
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name in _CLASS_NAMES:
            yield ConfigValueError(
                f"{key}.{name}", "names what would be run: only `_target_` does that, within its slot"
            )
        elif is_secret(str(name)):
            yield ConfigValueError(
                f"{key}.{name}",
                "reads as a secret: make it an argument of the action itself, with the name of an environment variable",
            )
        yield from _mistakes_within(f"{key}.{name}", inner)


def _check_value(kind: str, argument: str, value: Any, key: str) -> None:
    """Raise `ConfigValueError` on an argument that the type doesn't have, or whose value it can't take."""
    _refuse_argument(argument, value, key)
    known = (*ARGUMENTS[kind].required, *ARGUMENTS[kind].optional, *OF_EVERY_TYPE)
    if argument == "row_condition":
        parse_condition(value, key)
        if argument not in known:
            raise ConfigValueError(key, f"is given, but {kind} is not about rows")
        return

    if argument not in known:
        close = get_close_matches(str(argument), sorted(known), n=3, cutoff=0.5)
        hint = f"the closest that it knows: {', '.join(close)}" if close else f"it knows {', '.join(sorted(known))}"
        raise ConfigValueError(key, f"is {_shortened(value)}, but {kind} has no such argument; {hint}")
    if argument in LISTS and value is not None and not isinstance(value, list | tuple | Mapping):
        raise ConfigValueError(key, f"is {_shortened(value)}: it must be a list")
    if argument in ("min_value", "max_value") and not isinstance(value, Mapping):
        _check_bound(kind, value, key)
    _check_argument(value, key)


def _check_value_of_own(argument: str, value: Any, key: str) -> None:
    """Raise `ConfigValueError` on an argument that no expectation may have, or whose value would be run or fetched."""
    _refuse_argument(argument, value, key)
    if argument == "row_condition":
        parse_condition(value, key)
    else:
        _check_argument(value, key)


def _refuse_argument(argument: str, value: Any, key: str) -> None:
    if argument in _REFUSED_ARGUMENTS:
        raise ConfigValueError(key, f"is {value!r}, but {_REFUSED_ARGUMENTS[argument]}")


def _check_bound(kind: str, value: Any, key: str) -> None:
    """Raise `ConfigValueError` where a bound is no number, no time where the type takes times, and not null."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    takes_times = kind not in BOUNDS_ARE_NUMBERS
    if value is None or is_number or (takes_times and _time(value) is not None):
        return
    is_quoted_number = isinstance(value, str) and _is_number(value)
    kinds = "a number, or a time as 2024-01-05T00:00:00" if takes_times else "a number"
    cure = ", without quotes" if is_quoted_number else ""
    raise ConfigValueError(key, f"is {_shortened(value)}: it must be {kinds}{cure}")


def _missing_arguments(kind: str, arguments: Mapping[str, Any], key: str) -> Iterator[ConfigValueError]:
    missing = [name for name in ARGUMENTS[kind].required if arguments.get(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        yield ConfigValueError(key, f"is {_shortened(dict(arguments))}: {', '.join(missing)} {verb} missing")
    if kind in NEED_A_BOUND and arguments.get("min_value") is None and arguments.get("max_value") is None:
        yield ConfigValueError(key, f"is {_shortened(dict(arguments))}: it must have min_value, max_value or both")


def _empty_ranges(arguments: Mapping[str, Any], key: str) -> Iterator[ConfigValueError]:
    """Yield a mistake where `min_value` is above `max_value`: nothing lies between."""
    low = arguments.get("min_value")
    high = arguments.get("max_value")
    if _is_above(low, high):
        yield ConfigValueError(f"{key}.min_value", f"is {low!r}: it must not be above max_value, {high!r}")


def _is_above(low: Any, high: Any) -> bool:
    """Return whether both are numbers, or both times, and the first is the larger one."""
    if isinstance(low, int | float) and isinstance(high, int | float):
        return low > high
    first = _time(low)
    last = _time(high)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return False
    return first > last


def _time(value: Any) -> datetime | None:
    """Return the time that a text states as ISO 8601; None where it states none."""
    if not isinstance(value, str) or "-" not in value[1:]:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def parse_condition(value: Any, key: str) -> Conditions:
    """Return the condition that `value`, from a configuration file, states.

    Raises `ConfigValueError` where it is no condition: of `key`, or of a key within it.
    """
    is_or = isinstance(value, Mapping) and "or" in value
    condition = Conditions(tuple(_parse_parts(value, key, within="")), every=not is_or)
    if len(condition.leaves) > _MAX_CONDITIONS:
        raise ConfigValueError(key, f"has {len(condition.leaves)} conditions: at most {_MAX_CONDITIONS} are taken")
    return condition


def _parse_parts(value: Any, key: str, *, within: str) -> Iterator[Condition | Conditions]:
    """Yield the parts of a condition; `within` is the connective around it: "and", "or" or ""."""
    if isinstance(value, Mapping) and set(value) in ({"and"}, {"or"}):
        connective = next(iter(value))
        if within == "and" or (within and connective == "or"):
            raise ConfigValueError(
                f"{key}.{connective}", f"lies within {within!r}: only {{or: [{{and: [...]}}, ...]}} nests"
            )
        parts = value[connective]
    elif isinstance(value, Sequence) and not isinstance(value, str) and not within:
        connective = "and"
        parts = value
    else:
        yield _parse_comparison(value, key)
        return

    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        raise ConfigValueError(key, f"is {_shortened(value)}: it must be a list of conditions")
    for place, part in enumerate(parts):
        part_key = f"{key}[{place}]"
        if isinstance(part, Mapping) and set(part) == {"and"} and connective == "or":
            yield Conditions(tuple(_parse_parts(part, part_key, within="or")), every=True)
        else:
            yield from _parse_parts(part, part_key, within=connective)


def _parse_comparison(value: Any, key: str) -> Condition:
    required_keys = {"column", "operator"}
    if not isinstance(value, Mapping) or not required_keys <= set(value) <= {*required_keys, "value"}:
        raise ConfigValueError(key, f"is {_shortened(value)}: text is never run, so it must be {_SHAPE}")
    column = value["column"]
    operator = value["operator"]
    constant = value.get("value")

    if not isinstance(column, str) or not column:
        raise ConfigValueError(f"{key}.column", f"is {_shortened(column)}: it must be the name of a column")
    if operator not in OPERATORS:
        raise ConfigValueError(
            f"{key}.operator", f"is {_shortened(operator)}: it must be one of {', '.join(OPERATORS)}"
        )
    if operator in _NULLITY:
        if constant is not None:
            raise ConfigValueError(f"{key}.value", f"is {_shortened(constant)}, but {operator} takes none")
        return Condition(column, operator)
    if operator in _MEMBERSHIP:
        return Condition(column, operator, _parse_constants(constant, f"{key}.value"))
    return Condition(column, operator, _parse_constant(constant, f"{key}.value"))


def _parse_constants(values: Any, key: str) -> tuple[Constant, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str) or not 0 < len(values) <= _MAX_CONSTANTS:
        raise ConfigValueError(key, f"is {_shortened(values)}: it must be a list of 1 to {_MAX_CONSTANTS} constants")

    constants = tuple(_parse_constant(value, f"{key}[{place}]") for place, value in enumerate(values))
    are_texts = all(isinstance(constant, str) for constant in constants)
    are_numbers = not any(isinstance(constant, str | bool) for constant in constants)
    if not are_texts and not are_numbers:
        raise ConfigValueError(key, f"is {_shortened(values)}: it must hold texts alone or numbers alone")
    return constants


def _parse_constant(value: Any, key: str) -> Constant:
    if isinstance(value, str) and len(value) <= _MAX_CHARACTERS:
        return value
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    raise ConfigValueError(
        key,
        f"is {_shortened(value)}: it must be a text of at most {_MAX_CHARACTERS} characters, a finite number, "
        "true or false",
    )


def _check_argument(value: Any, key: str) -> None:
    """Raise `ConfigValueError` on an argument that Great Expectations would compute or fetch.

    These are its parameters (`$PARAMETER`), and references to schemas outside of the argument.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if str(name).startswith("$PARAMETER"):
                raise ConfigValueError(
                    f"{key}.{name}", f"is {_shortened(inner)}: parameters are not computed, state the value"
                )
            if str(name) in _SCHEMA_REFERENCES and not str(inner).startswith("#"):
                raise ConfigValueError(
                    f"{key}.{name}", f"is {_shortened(inner)}: only a part of the same schema, as #/..., is read"
                )
            _check_argument(inner, f"{key}.{name}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, inner in enumerate(value):
            _check_argument(inner, f"{key}[{place}]")


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _N_SHOWN else f"{text[:_N_SHOWN]}…"
