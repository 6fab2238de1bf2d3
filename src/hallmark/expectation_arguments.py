"""The arguments that each type of expectation takes: a closed set, as data.

Great Expectations has them as models of its own, whose import takes seconds; a test compares.
"""

from collections.abc import Mapping
from typing import NamedTuple

_COLUMN = ("column",)
_PAIR = ("column_A", "column_B")
_OF_VALUES = ("row_condition",)
_OF_ROWS = ("mostly", "row_condition")
_BETWEEN = ("min_value", "max_value", "strict_min", "strict_max")


class Arguments(NamedTuple):
    """The names of a type's own arguments."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


OF_EVERY_TYPE = ("description", "meta", "notes")
# Great Expectations' core expectations, without the three that need SQL or another table; the last
# is ours.
ARGUMENTS: Mapping[str, Arguments] = {
    "expect_column_distinct_values_to_be_in_set": Arguments(("column", "value_set"), _OF_VALUES),
    "expect_column_distinct_values_to_contain_set": Arguments(("column", "value_set"), _OF_VALUES),
    "expect_column_distinct_values_to_equal_set": Arguments(("column", "value_set"), _OF_VALUES),
    "expect_column_kl_divergence_to_be_less_than": Arguments(
        _COLUMN,
        (
            *_OF_VALUES,
            "partition_object",
            "threshold",
            "internal_weight_holdout",
            "tail_weight_holdout",
            "bucketize_data",
            "min_value",
            "max_value",
        ),
    ),
    "expect_column_max_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN)),
    "expect_column_mean_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN)),
    "expect_column_median_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN)),
    "expect_column_min_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN)),
    "expect_column_most_common_value_to_be_in_set": Arguments(("column", "value_set"), (*_OF_VALUES, "ties_okay")),
    "expect_column_pair_values_a_to_be_greater_than_b": Arguments(_PAIR, (*_OF_ROWS, "or_equal", "ignore_row_if")),
    "expect_column_pair_values_to_be_equal": Arguments(_PAIR, (*_OF_ROWS, "ignore_row_if")),
    "expect_column_pair_values_to_be_in_set": Arguments(
        ("column_A", "column_B", "value_pairs_set"), (*_OF_ROWS, "ignore_row_if")
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": Arguments(
        _COLUMN, (*_OF_VALUES, *_BETWEEN, "library_metadata")
    ),
    "expect_column_proportion_of_unique_values_to_be_between": Arguments(
        _COLUMN, (*_OF_VALUES, *_BETWEEN, "library_metadata")
    ),
    "expect_column_quantile_values_to_be_between": Arguments(
        ("column", "quantile_ranges"), (*_OF_VALUES, "allow_relative_error")
    ),
    "expect_column_stdev_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN)),
    "expect_column_sum_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN)),
    "expect_column_to_exist": Arguments(_COLUMN, ("column_index",)),
    "expect_column_type_to_be": Arguments(("column", "type_"), ()),
    "expect_column_unique_value_count_to_be_between": Arguments(_COLUMN, (*_OF_VALUES, *_BETWEEN, "library_metadata")),
    "expect_column_value_lengths_to_be_between": Arguments(_COLUMN, (*_OF_ROWS, *_BETWEEN)),
    "expect_column_value_lengths_to_equal": Arguments(("column", "value"), _OF_ROWS),
    "expect_column_value_z_scores_to_be_less_than": Arguments(("column", "threshold", "double_sided"), _OF_ROWS),
    "expect_column_values_to_be_between": Arguments(_COLUMN, (*_OF_ROWS, *_BETWEEN)),
    "expect_column_values_to_be_dateutil_parseable": Arguments(_COLUMN, (*_OF_ROWS, "library_metadata")),
    "expect_column_values_to_be_decreasing": Arguments(_COLUMN, (*_OF_ROWS, "strictly", "library_metadata")),
    "expect_column_values_to_be_in_set": Arguments(("column", "value_set"), _OF_ROWS),
    "expect_column_values_to_be_in_type_list": Arguments(_COLUMN, (*_OF_ROWS, "type_list")),
    "expect_column_values_to_be_increasing": Arguments(_COLUMN, (*_OF_ROWS, "strictly", "library_metadata")),
    "expect_column_values_to_be_json_parseable": Arguments(_COLUMN, (*_OF_ROWS, "library_metadata")),
    "expect_column_values_to_be_null": Arguments(_COLUMN, _OF_ROWS),
    "expect_column_values_to_be_of_type": Arguments(("column", "type_"), _OF_ROWS),
    "expect_column_values_to_be_unique": Arguments(_COLUMN, _OF_ROWS),
    "expect_column_values_to_match_json_schema": Arguments(("column", "json_schema"), (*_OF_ROWS, "library_metadata")),
    "expect_column_values_to_match_like_pattern": Arguments(("column", "like_pattern"), (*_OF_ROWS, "escape")),
    "expect_column_values_to_match_like_pattern_list": Arguments(
        ("column", "like_pattern_list"), (*_OF_ROWS, "match_on", "escape")
    ),
    "expect_column_values_to_match_regex": Arguments(_COLUMN, (*_OF_ROWS, "regex")),
    "expect_column_values_to_match_regex_list": Arguments(("column", "regex_list"), (*_OF_ROWS, "match_on")),
    "expect_column_values_to_match_strftime_format": Arguments(("column", "strftime_format"), _OF_ROWS),
    "expect_column_values_to_not_be_in_set": Arguments(("column", "value_set"), _OF_ROWS),
    "expect_column_values_to_not_be_null": Arguments(_COLUMN, _OF_ROWS),
    "expect_column_values_to_not_be_outliers": Arguments(_COLUMN, (*_OF_ROWS, "method", "multiplier")),
    "expect_column_values_to_not_match_like_pattern": Arguments(("column", "like_pattern"), (*_OF_ROWS, "escape")),
    "expect_column_values_to_not_match_like_pattern_list": Arguments(
        ("column", "like_pattern_list"), (*_OF_ROWS, "escape")
    ),
    "expect_column_values_to_not_match_regex": Arguments(("column", "regex"), _OF_ROWS),
    "expect_column_values_to_not_match_regex_list": Arguments(("column", "regex_list"), _OF_ROWS),
    "expect_compound_columns_to_be_unique": Arguments(("column_list",), (*_OF_ROWS, "ignore_row_if")),
    "expect_multicolumn_sum_to_equal": Arguments(("column_list", "sum_total"), (*_OF_ROWS, "ignore_row_if")),
    "expect_multicolumn_values_to_be_equal": Arguments(("column_list",), (*_OF_ROWS, "ignore_row_if")),
    "expect_select_column_values_to_be_unique_within_record": Arguments(("column_list",), (*_OF_ROWS, "ignore_row_if")),
    "expect_table_column_count_to_be_between": Arguments((), ("min_value", "max_value")),
    "expect_table_column_count_to_equal": Arguments(("value",), ()),
    "expect_table_columns_to_match_ordered_list": Arguments((), ("column_list",)),
    "expect_table_columns_to_match_set": Arguments((), ("column_set", "exact_match")),
    "expect_table_row_count_to_be_between": Arguments((), (*_OF_VALUES, *_BETWEEN)),
    "expect_table_row_count_to_equal": Arguments(("value",), _OF_VALUES),
    "expect_column_values_to_be_finite": Arguments(_COLUMN, _OF_ROWS),
}
# Types whose bounds are numbers, and no times.
BOUNDS_ARE_NUMBERS = frozenset(
    {
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_value_lengths_to_be_between",
    }
)
NEED_A_BOUND = frozenset({"expect_column_value_lengths_to_be_between", "expect_column_values_to_be_between"})
# Arguments that hold a list, whatever the type.
LISTS = frozenset(
    {"value_set", "value_pairs_set", "type_list", "like_pattern_list", "regex_list", "column_list", "column_set"}
)
