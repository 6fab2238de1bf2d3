"""Which engine computes which expectation: DuckDB where its result is that of pandas, else pandas."""

from collections.abc import Iterable, Mapping

from hallmark import expectation_schema
from hallmark.errors import InputError
from hallmark.validate.data_checks import DataCheck
from hallmark.validate.sql_names import ROW

IN_DATABASE_FROM = 1_000_000  # rows of a table that DuckDB checks, not pandas
# About the table's columns, whatever its rows.
ON_SHAPE = frozenset(
    {
        "expect_column_to_exist",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
    }
)
# A test compares the results of both engines on tables that hypothesis makes. Others differ: DuckDB has no regular
# expressions of Great Expectations, its types have other names, and pairs with a missing value count there otherwise.
_SAME_IN_DATABASE = ON_SHAPE | frozenset(
    {
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
        "expect_column_max_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_pair_values_to_be_equal",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_finite",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_unique",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_be_null",
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
    }
)
_NUMBERS = ("BIGINT", "DOUBLE")
_TEXT = "VARCHAR"
# Of other columns (true or false, days, decimals, times with an offset, lists), the engines make different things.
_PLAIN_KINDS = (*_NUMBERS, _TEXT, "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_KINDS_OF_TYPE = {
    "expect_column_values_to_be_finite": _NUMBERS,
    "expect_column_value_lengths_to_be_between": (_TEXT,),
    "expect_column_value_lengths_to_equal": (_TEXT,),
}
_OF_MISSING_VALUES = ("!=", "not_in")  # pandas: a missing value is none of the constants; SQL: it is not known
_RESERVED = (ROW, "file_row_number")  # columns that the database adds


def tells_apart(columns: Iterable[str]) -> bool:
    """Return whether DuckDB can have a table with these columns: it takes Id and id for one."""
    return _confused_columns(columns) is None


def require_told_apart(columns: Iterable[str], subject: str) -> None:
    """Raise `InputError` where DuckDB can't have a table, the `subject`, with these columns."""
    confused = _confused_columns(columns)
    if confused is not None:
        one, other = confused
        raise InputError(
            f"{subject} can't be checked: Great Expectations and DuckDB take the column {one!r} for {other!r}, so "
            "rename one of them"
        )


def _confused_columns(columns: Iterable[str]) -> tuple[str, str] | None:
    """Return the first column that DuckDB takes for another one, with that one; None where there is none."""
    known = {name: name for name in _RESERVED}
    for column in columns:
        if column.casefold() in known:
            return column, known[column.casefold()]
        known[column.casefold()] = column
    return None


def runs_in_database(check: DataCheck, kinds: Mapping[str, str]) -> bool:
    """Return whether DuckDB computes a check as pandas does, or only a database can.

    kinds: The type of each column of the table, as DuckDB calls it.
    """
    if check.type in ON_SHAPE or needs_database(check):
        return True
    leaves = check.condition.leaves if check.condition else ()
    if check.type not in _SAME_IN_DATABASE or any(leaf.operator in _OF_MISSING_VALUES for leaf in leaves):
        return False

    columns = [column for _, column in expectation_schema.columns({"arguments": check.arguments}) if column in kinds]
    of_conditions = [leaf.column for leaf in leaves if leaf.column in kinds]
    is_plain = all(kinds[column] in _PLAIN_KINDS and '"' not in column for column in columns + of_conditions)
    return is_plain and all(_takes_kind(check, kinds[column]) for column in columns)


def _takes_kind(check: DataCheck, kind: str) -> bool:
    """Return whether both engines do the same with a column of this type, and the values of a set are of it."""
    values = check.arguments.get("value_set") or ()
    if kind in _NUMBERS:
        is_of_kind = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    else:
        is_of_kind = not values or (kind == _TEXT and all(isinstance(value, str) for value in values))
    return is_of_kind and kind in _KINDS_OF_TYPE.get(check.type, _PLAIN_KINDS)


def needs_database(check: DataCheck) -> bool:
    """Return whether a check is a query, which pandas can't run: a person's own one."""
    if check.own_class is None:
        return False
    from great_expectations.expectations.core import UnexpectedRowsExpectation  # here: it takes 5 s
    from great_expectations.expectations.expectation import QueryExpectation

    return issubclass(check.own_class, UnexpectedRowsExpectation | QueryExpectation)
