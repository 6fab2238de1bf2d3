"""DuckDB and pandas: the same verdicts, counts and unexpected rows, on tables that hypothesis makes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hallmark.validate import engines, table_sources
from hallmark.validate.check_results import CheckResult
from hallmark.validate.database import Database
from hallmark.validate.table_sources import TableSource

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

# By type, arguments that a table of the columns `x`, `y`, `name` and `time` may meet or break.
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "expect_column_to_exist": [{"column": "x"}, {"column": "z"}, {"column": "x", "column_index": 1}],
    "expect_table_column_count_to_be_between": [{"min_value": 5}],
    "expect_table_column_count_to_equal": [{"value": 5}, {"value": 6}],
    "expect_table_columns_to_match_ordered_list": [{"column_list": ["id", "x", "y", "name", "time"]}],
    "expect_table_columns_to_match_set": [{"column_set": ["x", "y"]}, {"column_set": ["x"], "exact_match": False}],
    "expect_column_distinct_values_to_be_in_set": [{"column": "name", "value_set": ["a", "b"]}],
    "expect_column_distinct_values_to_contain_set": [{"column": "name", "value_set": ["a"]}],
    "expect_column_distinct_values_to_equal_set": [{"column": "name", "value_set": ["a", "b"]}],
    "expect_column_max_to_be_between": [{"column": "x", "max_value": 2}],
    "expect_column_mean_to_be_between": [{"column": "x", "min_value": -1, "max_value": 1}],
    "expect_column_median_to_be_between": [{"column": "x", "min_value": 0}],
    "expect_column_min_to_be_between": [{"column": "x", "min_value": 0, "strict_min": True}],
    "expect_column_pair_values_to_be_equal": [
        {"column_A": "x", "column_B": "y"},
        {"column_A": "x", "column_B": "y", "ignore_row_if": "either_value_is_missing"},
    ],
    "expect_column_proportion_of_non_null_values_to_be_between": [{"column": "x", "min_value": 0.5}],
    "expect_column_proportion_of_unique_values_to_be_between": [{"column": "name", "min_value": 0.5}],
    "expect_column_stdev_to_be_between": [{"column": "y", "max_value": 2}],
    "expect_column_sum_to_be_between": [{"column": "y", "min_value": 0}],
    "expect_column_unique_value_count_to_be_between": [{"column": "name", "min_value": 2}],
    "expect_column_value_lengths_to_be_between": [{"column": "name", "min_value": 1, "max_value": 2}],
    "expect_column_value_lengths_to_equal": [{"column": "name", "value": 1, "mostly": 0.5}],
    "expect_column_values_to_be_between": [
        {"column": "x", "min_value": -1, "max_value": 1},
        {"column": "x", "min_value": 0, "strict_min": True, "mostly": 0.5},
        {"column": "time", "min_value": "2024-01-01T12:00:00"},
        {"column": "x", "max_value": 0, "row_condition": {"column": "name", "operator": "==", "value": "a"}},
        {"column": "x", "max_value": 0, "row_condition": {"column": "y", "operator": "in", "value": [0, 1.5]}},
        {
            "column": "x",
            "max_value": 0,
            "row_condition": {
                "or": [
                    {"column": "name", "operator": "is_null"},
                    {"and": [{"column": "y", "operator": ">", "value": 0}, {"column": "x", "operator": "is_not_null"}]},
                ]
            },
        },
    ],
    "expect_column_values_to_be_finite": [{"column": "x"}],
    "expect_column_values_to_be_in_set": [
        {"column": "name", "value_set": ["a", "b"]},
        {"column": "y", "value_set": [0, 1, 2]},
    ],
    "expect_column_values_to_be_null": [{"column": "name"}],
    "expect_column_values_to_be_unique": [{"column": "name"}, {"column": "x"}],
    "expect_column_values_to_not_be_in_set": [{"column": "name", "value_set": ["a", "ä"]}],
    "expect_column_values_to_not_be_null": [{"column": "x"}, {"column": "name", "mostly": 0.5}, {"column": "z"}],
    "expect_table_row_count_to_be_between": [{"min_value": 3}],
    "expect_table_row_count_to_equal": [{"value": 3}],
}
FLOATS = st.sampled_from([None, -2.5, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, float("inf")])
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", "ä", "", "ab", "a'b\"", "日本", "100%"]))
ROWS = st.lists(st.tuples(FLOATS, st.sampled_from([0, 1, 2, 3]), TEXTS, st.integers(0, 5)), min_size=1, max_size=12)


def table(rows: list[tuple[float | None, int, str | None, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["x", "y", "name", "hours"])
    return pd.DataFrame(
        {
            "id": [f"e{place}" for place in range(len(frame))],
            "x": frame["x"].astype(float),
            "y": frame["y"].astype(np.int64),
            "name": frame["name"].astype(object),
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["hours"] * 6, unit="h"),
        }
    )


def results(source: TableSource, expectations: dict[str, Any], *, is_large: bool) -> dict[str, CheckResult]:
    from hallmark.validate import expectation_building, validation_run  # here, since Great Expectations warns

    checks = expectation_building.build_checks(expectations, source.sample)
    with Database() as database:
        if is_large:
            source = table_sources.in_database(source, database)
        frames = table_sources.frames(source, checks, database, is_large=is_large)
        database.confine()
        made, _ = validation_run.run_checks(frames, name="both", database_url=database.url)
    return {result.check.name: result for result in made}


def comparable(result: CheckResult) -> dict[str, Any]:
    observed = result.observed
    if isinstance(observed, float):
        observed = pytest.approx(observed, rel=1e-12, nan_ok=True)
    return {
        "passed": result.passed,
        "n": result.n,
        "unexpected": result.n_unexpected,
        "examples": [(where, str(value).replace("nan", "None")) for where, value in result.examples],
        "observed": observed,
        "error": bool(result.error),
    }


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("expect_column_mean_to_be_between", {"column": "flag", "max_value": 3}),
        ("expect_column_values_to_not_be_in_set", {"column": "day", "value_set": ["2024-01-01"]}),
        ("expect_column_values_to_be_finite", {"column": "time"}),
        ("expect_column_values_to_be_in_set", {"column": "y", "value_set": ["a", "1"]}),
        ("expect_column_value_lengths_to_equal", {"column": "y", "value": 1}),
        ("expect_column_values_to_be_unique", {"column": "a \"quoted\" 'name'"}),
        ("expect_column_values_to_be_between", {"column": "offset", "max_value": "2024-01-03T00:00:00"}),
        (
            "expect_column_values_to_be_null",
            {"column": "id", "row_condition": {"column": "name", "operator": "!=", "value": "a"}},
        ),
    ],
)
def test_what_the_engines_make_differently_of_a_column_is_computed_by_pandas(
    kind: str, arguments: dict[str, Any]
) -> None:
    days = pd.date_range("2024-01-01", periods=4)
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "flag": [True, False, True, True],
            "day": days.date,
            "time": days,
            "offset": days.tz_localize("UTC"),
            "y": [1, 2, 3, 3],
            "name": ["a", "b", None, "a"],
            "a \"quoted\" 'name'": ["a", "b", "b", "c"],
        }
    )
    source = TableSource("", frame, len(frame), frame=frame, index=("id",))
    expectations = {"one": {"type": kind, "arguments": arguments}}
    by_pandas = results(source, expectations, is_large=False)["one"]
    large = results(source, expectations, is_large=True)["one"]
    assert (large.engine, large.not_in_database) == ("pandas", True)
    assert comparable(large) == comparable(by_pandas)


def test_arguments_are_tried_for_every_type_that_runs_in_the_database() -> None:
    assert {*ARGUMENTS} == engines._SAME_IN_DATABASE


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_both_engines_give_the_same(rows: list[tuple[float | None, int, str | None, int]]) -> None:
    frame = table(rows)
    expectations = {
        f"{kind} {place}": {"type": kind, "arguments": arguments}
        for kind, several in ARGUMENTS.items()
        for place, arguments in enumerate(several)
    }
    source = TableSource("", frame, len(frame), frame=frame, index=("id",))
    by_pandas = results(source, expectations, is_large=False)
    by_database = results(source, expectations, is_large=True)

    assert {result.engine for result in by_pandas.values()} == {"pandas"}
    if frame["name"].notna().any():  # a column without any value is none of texts
        assert {result.engine for result in by_database.values()} == {"DuckDB"}
    for name, result in by_pandas.items():
        assert comparable(by_database[name]) == comparable(result), (name, result.error, by_database[name].error)
