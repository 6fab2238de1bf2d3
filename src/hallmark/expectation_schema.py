"""Schema of the expectations that a task may state: a closed set of types, typed conditions on rows.

Great Expectations passes a condition that is text to `DataFrame.query`, which runs it. So text is
refused, and a condition is a column, an operator and a constant. `configure` checks expectations
here, without importing Great Expectations, and `validate` checks them again before it builds a
suite.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any

from hallmark.errors import ConfigValueError

# Great Expectations' core expectations, without the three that need SQL or another table; the last
# is ours.
TYPES = (
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_max_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_min_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_to_be_in_set",
    "expect_column_proportion_of_non_null_values_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_quantile_values_to_be_between",
    "expect_column_stdev_to_be_between",
    "expect_column_sum_to_be_between",
    "expect_column_to_exist",
    "expect_column_type_to_be",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_value_lengths_to_be_between",
    "expect_column_value_lengths_to_equal",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_be_null",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_unique",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_match_regex_list",
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_not_be_outliers",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_column_values_to_not_match_regex",
    "expect_column_values_to_not_match_regex_list",
    "expect_compound_columns_to_be_unique",
    "expect_multicolumn_sum_to_equal",
    "expect_multicolumn_values_to_be_equal",
    "expect_select_column_values_to_be_unique_within_record",
    "expect_table_column_count_to_be_between",
    "expect_table_column_count_to_equal",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
    "expect_table_row_count_to_be_between",
    "expect_table_row_count_to_equal",
    "expect_column_values_to_be_finite",
)
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not_in", "is_null", "is_not_null")
_MEMBERSHIP = ("in", "not_in")
_NULLITY = ("is_null", "is_not_null")
_REFUSED_ARGUMENTS = {  # they would change how an expectation is run; the value is the reason
    "condition_parser": "row_condition is typed, so there is nothing to parse",
    **dict.fromkeys(("batch_id", "id", "windows"), "it belongs to Great Expectations' own store"),
    **dict.fromkeys(("catch_exceptions", "rendered_content", "result_format"), "the stage validate sets it"),
}
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


def canonical_type(name: str) -> str:
    """Return the type of `TYPES` that `name` is, also as ExpectColumnValuesToBeBetween; else `name`."""
    return _TYPE_WITHOUT_UNDERSCORES.get(name.replace("_", "").lower(), name)


def check_expectations(expectations: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `ConfigValueError` on a type or an argument that is never accepted.

    `expectations` are {name: {type, arguments}}. Whether a type has such an argument is checked in
    `validate`, by Great Expectations.
    """
    for name, expectation in expectations.items():
        key = f"validate.expectations.{name}"
        kind = canonical_type(str(expectation["type"]))
        if kind not in TYPES:
            close = get_close_matches(kind, TYPES, n=3, cutoff=0.5)
            hint = f"; the closest that are: {', '.join(close)}" if close else ""
            raise ConfigValueError(
                f"{key}.type",
                f"is {expectation['type']!r}, which is none of the expectations that can be asked for{hint}",
            )

        arguments = expectation.get("arguments") or {}
        for argument, value in arguments.items():
            argument_key = f"{key}.arguments.{argument}"
            if argument in _REFUSED_ARGUMENTS:
                raise ConfigValueError(argument_key, f"is {value!r}, but {_REFUSED_ARGUMENTS[argument]}: leave it out")
            if argument == "row_condition":
                parse_condition(value, argument_key)
            else:
                _check_argument(value, argument_key)


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
