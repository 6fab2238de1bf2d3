"""Great Expectations: from names and arguments to expectations, and from frames to outcomes."""

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

from hallmark import expectations as stated
from hallmark.errors import InputError
from hallmark.expectations import Condition, Conditions
from hallmark.validate import finite  # noqa: F401 (defining an expectation registers it)
from hallmark.validate.contract import Check, Frame
from hallmark.validate.outcomes import EMPTY, Outcome

_SHOWN = 20  # examples of what is unexpected
_ALIAS = "condition_column_{}".format
_OPERATORS = {
    **{operator.value: operator for operator in Operator},
    "in": Operator.IN,
    "not_in": Operator.NOT_IN,
}


def configured(expectations: Mapping[str, Mapping[str, Any]], table: pd.DataFrame) -> list[Check]:
    """Return the checks of a task's own expectations, {name: {type, arguments}}, on the examples' `table`.

    Raises `InputError` that names the key on a type or an argument that Great Expectations does not know, on a
    condition that is not typed, and on one about a column that the table lacks or whose values are of another type.
    """
    stated.check(expectations)
    checks = []
    for name, expectation in expectations.items():
        arguments = dict(expectation.get("arguments") or {})
        kind = stated.canonical(str(expectation["type"]))
        key = f"validate.expectations.{name}.arguments.row_condition"
        condition = stated.condition(arguments.pop("row_condition"), key) if "row_condition" in arguments else None
        if condition is not None:
            _require_columns(condition, table, key)
        rule = _rule(kind, arguments) + (f" where {condition}" if condition else "")
        check = Check(name, _columns(arguments), kind, arguments, rule, condition=condition)
        _expectation(check, 0, {leaf.column: _ALIAS(0) for leaf in condition.leaves} if condition else {})
        checks.append(check)
    return checks


def with_conditions(frame: Frame, checks: list[Check]) -> Frame:
    """Return a frame for the checks that look at some rows only, beside the `frame` of all examples.

    Great Expectations writes a condition as an expression for pandas, with the column's name in it. So that no name
    is ever read as an expression, each column of a condition is repeated under a name that is a plain word.
    """
    columns = dict.fromkeys(leaf.column for check in checks if check.condition for leaf in check.condition.leaves)
    free = (name for number in count() if (name := _ALIAS(number)) not in frame.rows)
    aliases = dict(zip(columns, free, strict=False))
    repeated = {alias: frame.rows[column] for column, alias in aliases.items()}
    return Frame(frame.rows.assign(**repeated), frame.index, frame.units, checks, aliases)


def _require_columns(condition: Conditions, table: pd.DataFrame, key: str) -> None:
    """Refuse a column that is not there, and a constant that its values can't be compared with."""
    for leaf in condition.leaves:
        if leaf.column not in table:
            near = _nearest(leaf.column, list(map(str, table.columns)))
            raise InputError(f"{key} is about the column {leaf.column!r}, which the examples don't have{near}")
        if leaf.value is None:
            continue
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        what, operators, fits = _comparable(table[leaf.column])
        if leaf.operator not in operators:
            raise InputError(f"{key}: {leaf.column} holds {what}, which {leaf.operator} does not compare")
        for value in values:
            if not fits(value):
                raise InputError(f"{key}: {leaf.column} holds {what}, and can't be compared with {value!r}")


def _comparable(column: "pd.Series[Any]") -> tuple[str, tuple[str, ...], Callable[[Any], bool]]:
    """Return what a column holds in words, the operators that compare it, and whether a constant is of its type."""
    order, sets = ("<", "<=", ">", ">="), ("in", "not_in")
    if pd.api.types.is_bool_dtype(column):
        return "true or false", ("==", "!="), lambda value: isinstance(value, bool)
    if pd.api.types.is_numeric_dtype(column):
        numbers = ("==", "!=", *order, *sets)
        return "numbers", numbers, lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    if pd.api.types.is_datetime64_any_dtype(column):
        return "times", ("==", "!=", *order), _is_time
    return "texts", ("==", "!=", *sets), lambda value: isinstance(value, str)


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def run(frames: list[Frame]) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each frame's checks, frame by frame. Nothing is written, stored or sent."""
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
        wanted = {"result_format": "SUMMARY", "partial_unexpected_count": _SHOWN}
        if frame.index:
            wanted["unexpected_index_column_names"] = frame.index
        results = batch.validate(suite, result_format=wanted).results
        places = {result.expectation_config.meta["check"]: result for result in results}
        yield [_outcome(check, frame, places[place]) for place, check in enumerate(frame.checks)]


def _expectation(check: Check, place: int, aliases: Mapping[str, str]) -> Any:
    """Return the expectation, marked with its place, since results come back in another order."""
    key = f"validate.expectations.{check.name}"
    kind = registry.get_expectation_impl(check.type)
    arguments = dict(check.arguments)
    meta = {**(arguments.pop("meta", None) or {}), "check": place}
    notes = arguments.pop("notes", None) or check.rule
    if check.condition is not None:
        arguments["row_condition"] = _row_condition(check.condition, aliases)
    try:
        return kind(**arguments, meta=meta, notes=notes)
    except ValidationError as error:
        raise InputError(f"{key}.{_complaint(error, kind, check)}") from error


def _row_condition(condition: Condition | Conditions, aliases: Mapping[str, str]) -> Any:
    """Return Great Expectations' own typed condition, about the columns' aliases."""
    if isinstance(condition, Conditions):
        parts = [_row_condition(part, aliases) for part in condition.parts]
        if len(parts) == 1:
            return parts[0]
        return (AndCondition if condition.every else OrCondition)(conditions=parts)

    column = Column(aliases[condition.column])
    if condition.value is None:
        return NullityCondition(column=column, is_null=condition.operator == "is_null")
    value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return ComparisonCondition(column=column, operator=_OPERATORS[condition.operator], parameter=value)


def _complaint(error: ValidationError, kind: Any, check: Check) -> str:
    """Return what is wrong with an expectation's arguments, an unknown name before anything that may follow from it."""
    first = min(error.errors(), key=lambda e: e["type"] != "value_error.extra")
    place, message = str(first["loc"][0]), first["msg"]
    if place == "row_condition":
        return f"arguments.row_condition is given, but {check.type} is not about rows"
    if first["type"] == "value_error.extra":
        near = _nearest(place, sorted(kind.__fields__))
        return f"arguments.{place} is {check.arguments[place]!r}, but {check.type} has no such argument{near}"
    if place not in check.arguments:
        return f"arguments is {dict(check.arguments)!r}: {message if place == '__root__' else f'{place} is missing'}"
    return f"arguments.{place} is {check.arguments[place]!r}: {message}"


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; the closest that it knows: {', '.join(close)}" if close else ""


def _outcome(check: Check, frame: Frame, result: Any) -> Outcome:
    found = plain(result.result)
    nothing = check.condition is not None and found.get("element_count") == 0
    return Outcome(
        check=check,
        units=frame.units,
        passed=bool(result.success) and not nothing,
        n=found.get("element_count", len(frame.rows)),
        unexpected=found.get("unexpected_count"),
        examples=_examples(found, frame.index),
        observed=found.get("observed_value"),
        trouble=EMPTY if nothing else _trouble(result.exception_info or {}),
        result=result,
        of_counts=frame.of_counts,
    )


def plain(value: Any) -> Any:
    """Return a value as JSON has it, but NaN and infinity stay floats. numpy's scalars would not be rendered."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _examples(found: Mapping[str, Any], index: list[str]) -> list[tuple[str, Any]]:
    rows = found.get("partial_unexpected_index_list")
    values = found.get("partial_unexpected_list") or []
    if not rows or not index:
        return [("", value) for value in sorted(values, key=str)[:_SHOWN]]  # from a set, whose order is of the process
    places = [", ".join(f"{name} {row[name]}" for name in index) for row in rows[:_SHOWN]]
    return list(zip(places, values, strict=False))


def _trouble(information: Mapping[str, Any]) -> str:
    """Return the first line of what Great Expectations says of an exception, kept by the metric that raised it."""
    nested = [v for v in information.values() if isinstance(v, Mapping)] or [information]
    messages = [str(v.get("exception_message")) for v in nested if v.get("raised_exception")]
    return messages[0].strip().splitlines()[0].removeprefix("Error: ").rstrip(".") if messages else ""


def _columns(arguments: Mapping[str, Any]) -> str | None:
    """Return the column that an expectation is about, or several as "a, b"; None where it is about the whole table."""
    names = [arguments.get(key) for key in ("column", "column_A", "column_B")]
    names += list(arguments.get("column_list") or [])
    return ", ".join(str(name) for name in names if name) or None


def _rule(kind: str, arguments: Mapping[str, Any]) -> str:
    words = kind.removeprefix("expect_").replace("_", " ")
    shown = ", ".join(f"{key} {value}" for key, value in arguments.items() if key not in ("meta", "notes"))
    return f"{words} ({shown})" if shown else words
