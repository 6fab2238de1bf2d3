"""Expectations: a task's own ones as checks, and checks in Great Expectations' classes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import ValidationError
from great_expectations.expectations import registry
from great_expectations.expectations.row_conditions import (
    AndCondition,
    Column,
    ComparisonCondition,
    NullityCondition,
    Operator,
    OrCondition,
)

from hallmark import components, expectation_schema
from hallmark.errors import InputError
from hallmark.expectation_schema import Condition, Conditions
from hallmark.validate import finite_values  # noqa: F401 (defining an expectation registers it)
from hallmark.validate.data_checks import DataCheck

_OPERATORS = {
    **{operator.value: operator for operator in Operator},
    "in": Operator.IN,
    "not_in": Operator.NOT_IN,
}


def build_checks(
    expectations: Mapping[str, Mapping[str, Any]],
    sample: pd.DataFrame,
    *,
    section: str = expectation_schema.EXPECTATIONS,
    subject: str = "the examples",
    task: str = "",
    project: Path = Path(),
) -> list[DataCheck]:
    """Return the checks of expectations, {name: {type, arguments, severity}}, which stand at the key `section`.

    `sample` has the columns of the table, with their types; `subject` is what the table is. Classes
    of a person's own are those of `task` in `project`.

    Raises `InputError` that names the key, on a type or argument that Great Expectations doesn't
    accept, on a condition that is text, and on a condition about a column that the table lacks or
    whose values have another type.
    """
    expectation_schema.check_expectations(expectations, section)
    checks = []
    for name, expectation in expectations.items():
        key = f"{section}.{name}"
        kind = expectation_schema.canonical_type(str(expectation["type"]))
        arguments = dict(expectation.get("arguments") or {})

        condition = None
        if "row_condition" in arguments:
            condition_key = f"{key}.arguments.row_condition"
            condition = expectation_schema.parse_condition(arguments.pop("row_condition"), condition_key)
            _require_columns(condition, sample, condition_key, subject)

        own_class = None
        if expectation_schema.is_own(kind):
            own_class = _own_class(key, kind, arguments, task, project)
            kind = own_class.expectation_type
        check = DataCheck(
            name=name,
            column=expectation_schema.column_names(arguments),
            type=kind,
            arguments=arguments,
            rule=_rule(kind, arguments) + (f" where {condition}" if condition else ""),
            condition=condition,
            severity=str(expectation.get("severity") or "critical"),
            is_own=True,
            own_class=own_class,
        )
        _require_accepted(check, key)
        checks.append(check)
    return checks


def expectation(check: DataCheck, aliases: Mapping[str, str], meta: Mapping[str, Any]) -> Any:
    """Return Great Expectations' expectation of a check, with `meta` added to its metadata.

    `aliases` has the column that stands for each column of its condition. Raises pydantic's
    `ValidationError` on arguments that are not accepted.
    """
    arguments = dict(check.arguments)
    own_meta = arguments.pop("meta", None) or {}
    notes = arguments.pop("notes", None) or check.rule
    if check.condition is not None:
        arguments["row_condition"] = _row_condition(check.condition, aliases)
    return _implementation(check)(**arguments, meta={**own_meta, **meta}, notes=notes, severity=check.severity)


def _implementation(check: DataCheck) -> Any:
    """Return the class of the check's expectation."""
    return check.own_class or registry.get_expectation_impl(check.type)


def _own_class(key: str, dotted: str, arguments: Mapping[str, Any], task: str, project: Path) -> Any:
    """Return a person's own expectation class. Raises `InputError` where it is none, or doesn't take the arguments."""
    section = {"_target_": dotted, **arguments}
    return components.factory(key, section, components.SLOTS["expectation"], task=task, project=project).target


def _require_columns(condition: Conditions, sample: pd.DataFrame, key: str, subject: str) -> None:
    """Raise `InputError` on a column that the table lacks, or a constant of another type."""
    for leaf in condition.leaves:
        if leaf.column not in sample:
            hint = _nearest(leaf.column, list(map(str, sample.columns)))
            raise InputError(f"{key} is about the column {leaf.column!r}, which {subject} don't have{hint}")
        if leaf.value is None:
            continue

        content, operators, is_of_type = _comparison(sample[leaf.column])
        if leaf.operator not in operators:
            raise InputError(f"{key}: {leaf.column} holds {content}, which {leaf.operator} does not compare")
        for constant in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
            if not is_of_type(constant):
                raise InputError(f"{key}: {leaf.column} holds {content}, and can't be compared with {constant!r}")


def _comparison(column: "pd.Series[Any]") -> tuple[str, tuple[str, ...], Callable[[Any], bool]]:
    """Return a column's content in words, its operators, and a predicate for constants of its type."""
    equality = ("==", "!=")
    order = ("<", "<=", ">", ">=")
    membership = ("in", "not_in")
    if pd.api.types.is_bool_dtype(column):
        return "true or false", equality, lambda value: isinstance(value, bool)
    if pd.api.types.is_numeric_dtype(column):
        return "numbers", (*equality, *order, *membership), _is_number
    if pd.api.types.is_datetime64_any_dtype(column):
        return "times", (*equality, *order), _is_time
    return "texts", (*equality, *membership), lambda value: isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def _require_accepted(check: DataCheck, key: str) -> None:
    """Raise `InputError` where Great Expectations does not accept the check's arguments."""
    leaves = check.condition.leaves if check.condition else ()
    try:
        expectation(check, {leaf.column: leaf.column for leaf in leaves}, {})
    except ValidationError as error:
        raise InputError(f"{key}.{_argument_fault(error, _implementation(check), check)}") from error


def _row_condition(condition: Condition | Conditions, aliases: Mapping[str, str]) -> Any:
    """Return Great Expectations' typed condition on the aliases of the columns."""
    if isinstance(condition, Conditions):
        parts = [_row_condition(part, aliases) for part in condition.parts]
        if len(parts) == 1:
            return parts[0]
        return AndCondition(conditions=parts) if condition.every else OrCondition(conditions=parts)

    column = Column(aliases[condition.column])
    if condition.value is None:
        return NullityCondition(column=column, is_null=condition.operator == "is_null")
    constant = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return ComparisonCondition(column=column, operator=_OPERATORS[condition.operator], parameter=constant)


def _argument_fault(error: ValidationError, implementation: Any, check: DataCheck) -> str:
    """Return the fault of an expectation's arguments, as the end of a key and what is wrong with it.

    An unknown argument comes first, since other errors may follow from it.
    """
    unknown_name = "value_error.extra"
    first = min(error.errors(), key=lambda problem: problem["type"] != unknown_name)
    name = str(first["loc"][0])
    message = first["msg"]

    if name == "row_condition":
        return f"arguments.row_condition is given, but {check.type} is not about rows"
    if first["type"] == unknown_name:
        hint = _nearest(name, sorted(implementation.__fields__))
        return f"arguments.{name} is {check.arguments[name]!r}, but {check.type} has no such argument{hint}"
    if name == "__root__":
        return f"arguments is {dict(check.arguments)!r}: {message}"
    if name not in check.arguments:
        return f"arguments is {dict(check.arguments)!r}: {name} is missing"
    return f"arguments.{name} is {check.arguments[name]!r}: {message}"


def _nearest(name: str, valid_names: list[str]) -> str:
    close = get_close_matches(name, valid_names, n=3, cutoff=0.5)
    return f"; the closest that it knows: {', '.join(close)}" if close else ""


def _rule(kind: str, arguments: Mapping[str, Any]) -> str:
    """Return an expectation in words: "column values to be between (column age, min_value 0)"."""
    words = kind.removeprefix("expect_").replace("_", " ")
    stated = ", ".join(f"{key} {value}" for key, value in arguments.items() if key not in ("meta", "notes"))
    return f"{words} ({stated})" if stated else words
