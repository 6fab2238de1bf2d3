"""Which engine computes which expectation: DuckDB where its result is that of pandas, else pandas."""

from hallmark.validate.data_checks import DataCheck

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


def runs_in_database(check: DataCheck) -> bool:
    """Return whether DuckDB computes a check as pandas does, or only a database can."""
    return check.type in _SAME_IN_DATABASE or needs_database(check)


def needs_database(check: DataCheck) -> bool:
    """Return whether a check is a query, which pandas can't run: a person's own one."""
    if check.own_class is None:
        return False
    from great_expectations.expectations.core import UnexpectedRowsExpectation  # here: it takes 5 s
    from great_expectations.expectations.expectation import QueryExpectation

    return issubclass(check.own_class, UnexpectedRowsExpectation | QueryExpectation)
