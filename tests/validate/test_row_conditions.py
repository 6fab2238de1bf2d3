"""Conditions on rows: typed, right and never run, on real Great Expectations; a command would leave a marker."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark import expectation_schema
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.expectation_arguments import ARGUMENTS, BOUNDS_ARE_NUMBERS, NEED_A_BOUND, OF_EVERY_TYPE
from hallmark.validate.validation import Validation

# Great Expectations itself imports modules that Python has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")
Check = Callable[..., Validation]
SQL = ("unexpected_rows_expectation", "expect_query_results_to_match_comparison")
OTHER_TABLE = "expect_table_row_count_to_equal_other_table"


def unlikely(condition: Any, column: str = "descriptor.brightness") -> dict[str, Any]:
    """An expectation that no row meets, so that the rows that it looks at are those that it calls unexpected."""
    arguments = {"column": column, "min_value": 1e9, "row_condition": condition}
    return {"rows": {"type": "expect_column_values_to_be_between", "arguments": arguments}}


def looked_at(validation: Validation) -> tuple[int, list[str]]:
    """How many rows an expectation looked at, and which."""
    (finding,) = [f for f in validation.findings if f.check == "validate.rows"]
    return finding.n, list(validation.failures.query("check == 'rows'")["example"])


def test_the_types_are_great_expectations_core_without_sql_and_ours() -> None:
    from great_expectations.expectations import registry  # 5 s, and within the filter of warnings

    importlib.import_module("hallmark.validate.finite_values")  # which registers ours
    known = registry.list_registered_expectation_implementations()
    core = [n for n in known if registry.get_expectation_impl(n).__module__.startswith("great_expectations.")]
    assert {*expectation_schema.TYPES} == {*core, "expect_column_values_to_be_finite"} - {*SQL, OTHER_TABLE}
    assert {
        expectation_schema.canonical_type(registry.get_expectation_impl(n).__name__) for n in expectation_schema.TYPES
    } == {*expectation_schema.TYPES}


def test_the_arguments_of_each_type_are_those_of_great_expectations_models() -> None:
    from great_expectations.expectations import registry

    importlib.import_module("hallmark.validate.finite_values")
    refused = {*expectation_schema._REFUSED_ARGUMENTS}
    for kind, arguments in ARGUMENTS.items():
        fields = registry.get_expectation_impl(kind).__fields__
        assert {*arguments.required} == {name for name, field in fields.items() if field.required}, kind
        assert {*arguments.required, *arguments.optional, *OF_EVERY_TYPE} == {*fields} - refused, kind
        bound = fields.get("min_value")
        are_numbers = bound is not None and "date" not in str(bound.outer_type_)
        assert (kind in BOUNDS_ARE_NUMBERS) == are_numbers, kind
        if bound is not None:
            model = registry.get_expectation_impl(kind)
            required = dict.fromkeys(arguments.required, "x")
            if kind in NEED_A_BOUND:
                with pytest.raises(ValueError, match="cannot both be None"):
                    model(**required)
            else:
                model(**required)


BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"


@pytest.mark.parametrize(
    ("kind", "arguments", "mistakes"),
    [
        (
            BETWEEN,
            {"colum": "id", "min_valeu": 1},
            [
                f"colum is 'id', but {BETWEEN} has no such argument; the closest that it knows: column",
                f"min_valeu is 1, but {BETWEEN} has no such argument; the closest that it knows: min_value",
                " is {'colum': 'id', 'min_valeu': 1}: column is missing",
                " is {'colum': 'id', 'min_valeu': 1}: it must have min_value, max_value or both",
            ],
        ),
        (
            BETWEEN,
            {"column": "id", "min_value": 5, "max_value": 1},
            ["min_value is 5: it must not be above max_value, 1"],
        ),
        (
            BETWEEN,
            {"column": "time", "min_value": "2024-02-01", "max_value": "2024-01-01T00:00:00"},
            ["min_value is '2024-02-01': it must not be above max_value, '2024-01-01T00:00:00'"],
        ),
        (
            BETWEEN,
            {"column": "id", "min_value": "100000"},
            ["min_value is '100000': it must be a number, or a time as 2024-01-05T00:00:00, without quotes"],
        ),
        (BETWEEN, {"column": "id", "max_value": True}, ["max_value is True: it must be a number, or a time"]),
        (
            "expect_column_stdev_to_be_between",
            {"column": "id", "max_value": "2024-01-01"},
            ["max_value is '2024-01-01': it must be a number"],
        ),
        (IN_SET, {"column": "id", "value_set": "north"}, ["value_set is 'north': it must be a list"]),
        (IN_SET, {"column": "id"}, [" is {'column': 'id'}: value_set is missing"]),
        ("expect_compound_columns_to_be_unique", {"column_list": "id"}, ["column_list is 'id': it must be a list"]),
        ("expect_table_row_count_to_equal", {}, [" is {}: value is missing"]),
    ],
)
def test_all_mistakes_of_arguments_are_found_without_great_expectations(
    kind: str, arguments: dict[str, Any], mistakes: list[str]
) -> None:
    found = [
        str(each)
        for each in expectation_schema.mistakes("validate.expectations.mine", {"type": kind, "arguments": arguments})
    ]
    key = "validate.expectations.mine.arguments"
    expected = [key + (words if words.startswith(" ") else f".{words}") for words in mistakes]
    assert len(found) == len(expected)
    assert all(one.startswith(other) for one, other in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (BETWEEN, {"column": "time", "min_value": "2024-01-05T00:00:00", "max_value": "2024-01-06T00:00:00"}),
        (BETWEEN, {"column": "time", "min_value": "2024-01-05"}),
        (BETWEEN, {"column": "id", "min_value": -1.5, "max_value": -1.5, "mostly": 0.9, "meta": {"by": "us"}}),
        (BETWEEN, {"column": "id", "min_value": None, "max_value": 1}),
        (IN_SET, {"column": "id", "value_set": [1, "a"]}),
        ("expect_column_sum_to_be_between", {"column": "id"}),
        ("expect_table_columns_to_match_set", {"column_set": ["id"], "exact_match": False}),
    ],
)
def test_arguments_that_great_expectations_takes_are_taken(kind: str, arguments: dict[str, Any]) -> None:
    from great_expectations.expectations import registry

    assert list(expectation_schema.mistakes("mine", {"type": kind, "arguments": arguments})) == []
    registry.get_expectation_impl(kind)(**arguments)


@pytest.mark.parametrize("kind", [*SQL, OTHER_TABLE, "UnexpectedRowsExpectation", "os.system", "hallmark.command", "x"])
def test_what_wants_sql_or_is_not_there_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match=r"validate.expectations.mine.type is .* none of the expectations"):
        expectation_schema.check_expectations(
            {"mine": {"type": kind, "arguments": {"unexpected_rows_query": "select 1"}}}
        )


COMMAND = "@pd.io.common.os.system('touch {marker}')"
TEXTS: list[Any] = [
    COMMAND,
    "@__import__('os').system('touch {marker}') == 0",
    "descriptor.brightness > 0",
    'col("x") > 3',
    {"type": "pass_through", "pass_through_filter": COMMAND},
    {"type": "comparison", "column": {"name": COMMAND}, "operator": "==", "parameter": 1},
    {"and": [{"type": "pass_through", "pass_through_filter": COMMAND}]},
    {"column": "id", "operator": COMMAND, "value": 1},
    {"column": "id", "operator": "==", "value": {"type": "pass_through", "pass_through_filter": COMMAND}},
    {"column": {"name": COMMAND}, "operator": "==", "value": 1},
    {"or": COMMAND},
    [COMMAND],
    "",
    None,
    3,
    [],
]


def filled(value: Any, marker: Path) -> Any:
    """The value with the marker's path in every text."""
    if isinstance(value, str):
        return value.replace("{marker}", str(marker))
    if isinstance(value, dict):
        return {name: filled(inner, marker) for name, inner in value.items()}
    return [filled(inner, marker) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("condition", TEXTS, ids=str)
def test_text_as_a_condition_is_refused_and_never_run(
    clean: Examples, check: Check, tmp_path: Path, condition: Any
) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(InputError, match=r"validate.expectations.rows.arguments.row_condition") as caught:
        check(clean, expectations=unlikely(filled(condition, marker)))
    assert not marker.exists()
    assert "\n" not in str(caught.value)


def test_the_command_would_run_as_text(clean: Examples, tmp_path: Path) -> None:
    """What the tests above guard against: pandas runs the text that Great Expectations would hand it."""
    marker = tmp_path / "marker"
    clean.table.query(COMMAND.format(marker=marker) + " == 0 or id == id", local_dict={"pd": pd}, engine="python")
    assert marker.exists()


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("condition_parser", "pandas"),
        ("catch_exceptions", False),
        ("result_format", "COMPLETE"),
        ("batch_id", "x"),
        ("windows", []),
        ("min_value", {"$PARAMETER": "now() - timedelta(days=1)"}),
    ],
)
def test_an_argument_that_would_change_how_it_is_run_is_refused(argument: str, value: Any) -> None:
    arguments = {"column": "id", argument: value}
    with pytest.raises(InputError, match=rf"validate.expectations.mine.arguments.{argument}"):
        expectation_schema.check_expectations(
            {"mine": {"type": "expect_column_values_to_be_between", "arguments": arguments}}
        )


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema", "file:///etc/passwd", "other.json"])
def test_a_schema_that_lies_elsewhere_is_not_fetched(reference: str) -> None:
    schema = {"properties": {"a": {"allOf": [{"$ref": reference}]}}}
    arguments = {"column": "id", "json_schema": schema}
    with pytest.raises(InputError, match="only a part of the same schema"):
        expectation_schema.check_expectations(
            {"mine": {"type": "expect_column_values_to_match_json_schema", "arguments": arguments}}
        )


def of(column: str, operator: str, *value: Any) -> dict[str, Any]:
    return {"column": column, "operator": operator, **({"value": value[0]} if value else {})}


CONDITIONS: list[tuple[Any, str]] = [
    (of("group.sex", "==", "f"), "`group.sex` == 'f'"),
    (of("group.sex", "!=", "f"), "`group.sex` != 'f'"),
    (of("split", "in", ["train", "test"]), "split == 'train' or split == 'test'"),
    (of("split", "not_in", ["train"]), "split != 'train'"),
    (of("descriptor.brightness", ">=", 0.5), "`descriptor.brightness` >= 0.5"),
    (of("descriptor.brightness", "<", 1), "`descriptor.brightness` < 1"),
    (of("time", ">", "2024-01-01T12:00:00"), "time > '2024-01-01T12:00:00'"),
    (of("gappy", "is_null"), "gappy.isnull()"),
    (of("gappy", "is_not_null"), "gappy.notnull()"),
    ([of("split", "==", "test"), of("group.sex", "==", "m")], "split == 'test' and `group.sex` == 'm'"),
    (
        {"or": [of("split", "==", "test"), {"and": [of("split", "==", "train"), of("label", "==", "cat")]}]},
        "split == 'test' or (split == 'train' and label == 'cat')",
    ),
]


@pytest.mark.parametrize(("condition", "query"), CONDITIONS, ids=str)
def test_a_typed_condition_selects_its_rows(clean: Examples, check: Check, condition: Any, query: str) -> None:
    table = clean.table.assign(gappy=np.where(np.arange(24) % 5 == 0, np.nan, 1.0))
    rows = table.query(query, engine="python")
    n, examples = looked_at(check(replace(clean, table=table), expectations=unlikely(condition)))
    assert n == len(rows)
    assert examples == [f"id {name}" for name in rows["id"]][:20]


NAMES = [
    "a`b",
    "` == 0 or @pd.io.common.os.system('touch {marker}') or `",
    "x` and @__import__('os').system('touch {marker}') == 0 #",
    'it\'s "quoted"',
    "two words",
    "two_words",
    "line\nbreak",
    "tab\there # comment",
    "back\\slash",
    "@id",
    "$PARAMETER",
    "class",
    "condition_column_0",
    "",
    "größe °C €",
    "x" * 5000,
]


def all_at_once(names: list[str], marker: Path) -> dict[str, Any]:
    """An expectation for each name, about the rows in which the column of that name has the value of that name."""
    return {
        f"of {place}": unlikely(of(f"group.{filled(name, marker)}", "==", filled(name, marker)))["rows"]
        for place, name in enumerate(names)
    }


def test_a_column_and_a_constant_of_any_name_are_no_expression(clean: Examples, check: Check, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    columns = {
        f"group.{filled(name, marker)}": np.where(np.arange(24) % 3 == place % 3, filled(name, marker), "else")
        for place, name in enumerate(NAMES)
    }
    table = clean.table.assign(**columns)
    short = [name for name in NAMES if len(name) < 1000]
    validation = check(replace(clean, table=table), expectations=all_at_once(short, marker))
    for place in range(len(short)):
        rows = validation.failures[validation.failures["check"] == f"of {place}"]
        assert list(rows["example"]) == [f"id e{row:02}" for row in range(place % 3, 24, 3)], short[place]

    assert not marker.exists()


def test_a_name_that_is_very_long_is_a_column(clean: Examples, check: Check) -> None:
    table = clean.table.assign(**{"group." + "x" * 5000: ["yes", "no"] * 12})
    condition = of("group." + "x" * 5000, "==", "yes")
    assert looked_at(check(replace(clean, table=table), expectations=unlikely(condition)))[0] == 12


VALUES = [
    "' or @pd.io.common.os.system('touch {marker}') or '",
    "'''",
    '"""\\',
    "{0.__class__}",
    "nan",
    "None",
    "\x00\x1b[31m",
    "=1+1",
    ">50K",
    " led ",
    "x" * 1000,
]


@pytest.mark.parametrize("operator", ["==", "in"])
def test_a_constant_of_any_characters_is_itself(clean: Examples, check: Check, tmp_path: Path, operator: str) -> None:
    marker = tmp_path / "marker"
    values = [filled(value, marker) for value in VALUES]
    table = clean.table.assign(**{"group.any": [*values, *(f"{value} " for value in values), "else", ""]})
    own = {
        f"of {place}": unlikely(of("group.any", operator, value if operator == "==" else [value]))["rows"]
        for place, value in enumerate(values)
    }
    validation = check(replace(clean, table=table), expectations=own)
    for place, value in enumerate(values):
        rows = validation.failures[validation.failures["check"] == f"of {place}"]
        assert list(rows["example"]) == [f"id e{place:02}"], value

    assert not marker.exists()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (of("group.colour", "==", "x"), "group.colour', which the examples don't have"),
        (of("group.sex", "==", 3), "holds texts, and can't be compared with 3"),
        (of("group.sex", "<", "m"), "holds texts, which < does not compare"),
        (of("descriptor.brightness", "==", "0.5"), "holds numbers, and can't be compared with '0.5'"),
        (of("descriptor.brightness", "==", True), "holds numbers, and can't be compared with True"),
        (of("time", ">", "yesterday"), "holds times, and can't be compared with 'yesterday'"),
        (of("descriptor.brightness", "<", float("nan")), "value is nan: it must be"),
        (of("descriptor.brightness", "<", float("inf")), "value is inf: it must be"),
        (of("descriptor.brightness", "<", 10**400), "it must be a text of at most"),
        (of("group.sex", "==", "x" * 1001), "it must be a text of at most 1000"),
        (of("group.sex", "in", "f"), "it must be a list of 1 to 1000 constants"),
        (of("group.sex", "in", ["f", 1]), "it must hold texts alone or numbers alone"),
        (of("group.sex", "in", []), "it must be a list of 1 to 1000 constants"),
        (of("group.sex", "is_null", "f"), "is_null takes none"),
        ([of("group.sex", "==", "f")] * 101, "has 101 conditions: at most 100"),
        ({"or": [{"or": [of("id", "==", "x")]}]}, "lies within 'or'"),
        ({"and": [{"or": [of("id", "==", "x")]}]}, "lies within 'and'"),
    ],
)
def test_a_condition_that_would_compare_wrongly_is_refused(
    clean: Examples, check: Check, condition: Any, said: str
) -> None:
    with pytest.raises(InputError, match=r"validate.expectations.rows.arguments.row_condition") as caught:
        check(clean, expectations=unlikely(condition))
    assert said in str(caught.value)


def test_a_condition_that_no_row_meets_does_not_pass(clean: Examples, check: Check) -> None:
    expectation = unlikely(of("group.sex", "==", "nobody"))
    expectation["rows"]["arguments"]["min_value"] = 0
    validation = check(clean, expectations=expectation)
    assert "no row meets its condition" in validation.sentence


def test_an_expectation_that_is_not_about_rows_takes_no_condition(clean: Examples, check: Check) -> None:
    arguments = {"column": "id", "row_condition": of("group.sex", "==", "f")}
    with pytest.raises(InputError, match="expect_column_to_exist is not about rows"):
        check(clean, expectations={"mine": {"type": "expect_column_to_exist", "arguments": arguments}})


def test_the_page_shows_the_condition_as_text(clean: Examples, check: Check, tmp_path: Path) -> None:
    table = clean.table.assign(**{"group.<b>x</b>": "<script>1</script>"})
    condition = of("group.<b>x</b>", "==", "<script>1</script>")
    check(replace(clean, table=table), expectations=unlikely(condition)).write_data_docs(tmp_path, title="t")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script>1" not in page
    assert "<b>x" not in page
    assert "condition_column_" not in page


def test_counts_of_columns_do_not_see_what_conditions_need(clean: Examples, check: Check) -> None:
    count = len(clean.table.columns)
    own = {
        **unlikely(of("group.sex", "==", "f")),
        "width": {"type": "expect_table_column_count_to_equal", "arguments": {"value": count}},
    }
    verdicts = [
        f.verdict for f in check(clean, expectations=own).findings if f.requirement.endswith(f"(value {count})")
    ]

    assert verdicts == ["pass"]
