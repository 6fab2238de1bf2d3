"""Expectation suites: checks run by Great Expectations, frame by frame, and their results."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from itertools import count
from typing import Any

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.compatibility.pydantic import ValidationError
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations import registry
from great_expectations.expectations.row_conditions import (
    AndCondition,
    Column,
    ComparisonCondition,
    NullityCondition,
    Operator,
    OrCondition,
)

from hallmark import expectation_schema
from hallmark.errors import InputError
from hallmark.expectation_schema import Condition, Conditions
from hallmark.validate import finite_values  # noqa: F401 (defining an expectation registers it)
from hallmark.validate.check_results import NO_ROWS, CheckResult
from hallmark.validate.contract import CheckedFrame, DataCheck

_MAX_EXAMPLES = 20  # unexpected values of a check that are reported
_alias = "condition_column_{}".format
_OPERATORS = {
    **{operator.value: operator for operator in Operator},
    "in": Operator.IN,
    "not_in": Operator.NOT_IN,
}


def build_checks(expectations: Mapping[str, Mapping[str, Any]], table: pd.DataFrame) -> list[DataCheck]:
    """Return the checks of a task's own expectations, {name: {type, arguments}}, on the examples' `table`.

    Raises `InputError` that names the key, on a type or argument that Great Expectations doesn't
    accept, on a condition that is text, and on a condition about a column that the table lacks or
    whose values have another type.
    """
    expectation_schema.check_expectations(expectations)
    checks = []
    for name, expectation in expectations.items():
        kind = expectation_schema.canonical_type(str(expectation["type"]))
        arguments = dict(expectation.get("arguments") or {})

        condition = None
        if "row_condition" in arguments:
            key = f"validate.expectations.{name}.arguments.row_condition"
            condition = expectation_schema.parse_condition(arguments.pop("row_condition"), key)
            _require_columns(condition, table, key)

        rule = _rule(kind, arguments) + (f" where {condition}" if condition else "")
        check = DataCheck(name, expectation_schema.column_names(arguments), kind, arguments, rule, condition=condition)
        _require_accepted(check)
        checks.append(check)
    return checks


def conditional_frame(frame: CheckedFrame, checks: list[DataCheck]) -> CheckedFrame:
    """Return a frame of the same rows as `frame` for the `checks` with a condition on rows.

    Great Expectations turns a condition into an expression for pandas that contains the column's
    name. So that no name is run as code, each column of a condition is repeated under a name that
    is a plain word.
    """
    conditions = [check.condition for check in checks if check.condition]
    columns = dict.fromkeys(leaf.column for condition in conditions for leaf in condition.leaves)

    free_names = (_alias(number) for number in count() if _alias(number) not in frame.rows)
    aliases = dict(zip(columns, free_names, strict=False))
    alias_columns = {alias: frame.rows[column] for column, alias in aliases.items()}
    return CheckedFrame(frame.rows.assign(**alias_columns), frame.index, frame.units, checks, aliases)


def run_checks(frames: list[CheckedFrame]) -> Iterator[list[CheckResult]]:
    """Yield the results of each frame's checks, frame by frame. Nothing is written, stored or sent."""
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    source = context.data_sources.add_pandas("hallmark")

    for number, frame in enumerate(frames):
        asset = source.add_dataframe_asset(f"frame {number}")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame.rows})
        expectations = [_expectation(check, place, frame.aliases) for place, check in enumerate(frame.checks)]
        suite = gx.ExpectationSuite(name=f"frame {number}", expectations=expectations)

        result_format: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": _MAX_EXAMPLES}
        if frame.index:
            result_format["unexpected_index_column_names"] = frame.index
        results = batch.validate(suite, result_format=result_format).results

        by_place = {result.expectation_config.meta["check"]: result for result in results}
        yield [_check_result(check, frame, by_place[place]) for place, check in enumerate(frame.checks)]


def to_json_types(value: Any) -> Any:
    """Return a value in JSON's types, which templates can render; NaN and infinity stay floats."""
    if isinstance(value, Mapping):
        return {str(key): to_json_types(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        return [to_json_types(inner) for inner in value]
    if isinstance(value, np.generic):
        return to_json_types(value.item())
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _require_columns(condition: Conditions, table: pd.DataFrame, key: str) -> None:
    """Raise `InputError` on a column that the table lacks, or a constant of another type."""
    for leaf in condition.leaves:
        if leaf.column not in table:
            hint = _nearest(leaf.column, list(map(str, table.columns)))
            raise InputError(f"{key} is about the column {leaf.column!r}, which the examples don't have{hint}")
        if leaf.value is None:
            continue

        content, operators, is_of_type = _comparison(table[leaf.column])
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


def _require_accepted(check: DataCheck) -> None:
    """Raise `InputError` where Great Expectations does not accept the check's arguments."""
    leaves = check.condition.leaves if check.condition else ()
    aliases = {leaf.column: _alias(0) for leaf in leaves}
    _expectation(check, 0, aliases)


def _expectation(check: DataCheck, place: int, aliases: Mapping[str, str]) -> Any:
    """Return Great Expectations' expectation, with its `place` as metadata.

    The results come back in another order, and are matched by it. Raises `InputError` on arguments
    that are not accepted.
    """
    implementation = registry.get_expectation_impl(check.type)
    arguments = dict(check.arguments)
    meta = {**(arguments.pop("meta", None) or {}), "check": place}
    notes = arguments.pop("notes", None) or check.rule
    if check.condition is not None:
        arguments["row_condition"] = _row_condition(check.condition, aliases)

    try:
        return implementation(**arguments, meta=meta, notes=notes)
    except ValidationError as error:
        fault = _argument_fault(error, implementation, check)
        raise InputError(f"validate.expectations.{check.name}.{fault}") from error


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


def _check_result(check: DataCheck, frame: CheckedFrame, result: Any) -> CheckResult:
    report = to_json_types(result.result)
    has_no_rows = check.condition is not None and report.get("element_count") == 0
    return CheckResult(
        check=check,
        units=frame.units,
        passed=bool(result.success) and not has_no_rows,
        n=report.get("element_count", len(frame.rows)),
        n_unexpected=report.get("unexpected_count"),
        examples=_examples(report, frame.index),
        observed=report.get("observed_value"),
        error=NO_ROWS if has_no_rows else _first_error(result.exception_info or {}),
        result=result,
        of_counts=frame.of_counts,
    )


def _examples(report: Mapping[str, Any], index: list[str]) -> list[tuple[str, Any]]:
    """Return the first unexpected values as (where, value); where is made of the columns `index`, or empty."""
    rows = report.get("partial_unexpected_index_list")
    values = report.get("partial_unexpected_list") or []
    if not rows or not index:
        # They come from a set, whose order differs between processes.
        in_order = sorted(values, key=str)
        return [("", value) for value in in_order[:_MAX_EXAMPLES]]
    places = [", ".join(f"{name} {row[name]}" for name in index) for row in rows[:_MAX_EXAMPLES]]
    return list(zip(places, values, strict=False))


def _first_error(exception_info: Mapping[str, Any]) -> str:
    """Return the first line of the first exception in Great Expectations' `exception_info`, or "".

    It is one record, or several by the metric that raised an exception.
    """
    records = [value for value in exception_info.values() if isinstance(value, Mapping)] or [exception_info]
    messages = [str(record.get("exception_message")) for record in records if record.get("raised_exception")]
    if not messages:
        return ""
    return messages[0].strip().splitlines()[0].removeprefix("Error: ").rstrip(".")


def _rule(kind: str, arguments: Mapping[str, Any]) -> str:
    """Return an expectation in words: "column values to be between (column age, min_value 0)"."""
    words = kind.removeprefix("expect_").replace("_", " ")
    stated = ", ".join(f"{key} {value}" for key, value in arguments.items() if key not in ("meta", "notes"))
    return f"{words} ({stated})" if stated else words
