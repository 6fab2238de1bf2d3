"""Raw tables: judged as they came, before the examples."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hallmark.config.stages import RawTable
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.validate import read_raw_tables

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

ITEMS = "item;title;year\ni1;One;1999\ni2;;2001\ni2;Two;about 2002\ni3;Three;\n"


def expectation(kind: str, severity: str = "critical", **arguments: Any) -> dict[str, Any]:
    return {"type": f"expect_column_values_to_{kind}", "arguments": arguments, "severity": severity}


def section(**changed: Any) -> RawTable:
    expectations = {
        "one_each": expectation("be_unique", column="item"),
        "titles": expectation("not_be_null", severity="warning", column="title"),
        "years": expectation("be_between", severity="info", column="year", min_value=2000),
    }
    content: dict[str, Any] = {"file": "items.csv", "separator": ";", "types": {"year": "number"}}
    return RawTable.model_validate({**content, "expectations": expectations, **changed})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "items.csv").write_text(ITEMS)
    return tmp_path


def test_findings_name_the_table_its_row_and_its_value(folder: Path, clean: Examples, check: Any) -> None:
    validation = check(clean, raw_tables=read_raw_tables(folder, {"items": section()}))
    first = [(f.check, f.case, f.column, f.verdict, f.n) for f in validation.findings[:4]]
    assert first == [
        ("validate.raw", "items.types", "year", "fail", 4),
        ("validate.raw", "items.one_each", "item", "fail", 4),
        ("validate.warning", "items.titles", "title", "fail", 4),
        ("validate.info", "items.years", "year", "measured", 4),
    ]
    shown = validation.failures[["check", "severity", "example", "value"]].to_numpy().tolist()
    assert shown == [
        ["items.types", "critical", "row 3", "about 2002"],
        ["items.one_each", "critical", "row 2", "i2"],
        ["items.one_each", "critical", "row 3", "i2"],
        ["items.titles", "warning", "row 2", "nan"],
        ["items.years", "info", "row 1", "1999.0"],
    ]
    assert not validation.passed


def test_cells_of_text_stay_text_unless_a_type_is_declared(folder: Path) -> None:
    (table,) = read_raw_tables(folder, {"items": section(types={}, expectations={})})
    assert table.source.sample["year"].tolist()[:3] == ["1999", "2001", "about 2002"]


def test_the_suite_of_a_raw_table_is_a_file_of_its_own(
    folder: Path, clean: Examples, check: Any, tmp_path: Path
) -> None:
    validation = check(clean, raw_tables=read_raw_tables(folder, {"items": section()}))
    validation.write_suites(tmp_path / "suites", task="image")
    assert sorted(path.name for path in (tmp_path / "suites").iterdir()) == ["examples.json", "items.json"]


def test_the_page_shows_raw_tables_before_the_examples(
    folder: Path, clean: Examples, check: Any, tmp_path: Path
) -> None:
    validation = check(clean, raw_tables=read_raw_tables(folder, {"items": section()}))
    validation.write_data_docs(tmp_path, title="image")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.index("<h4>Raw table items, as it came</h4>") < page.index("<h4>Prepared examples</h4>")
    assert "about 2002" not in page


@pytest.mark.parametrize("in_database_from", [1, 100])
def test_a_parquet_file_is_judged_where_it_lies(
    folder: Path, clean: Examples, check: Any, in_database_from: int
) -> None:
    frame = pd.DataFrame({"item": ["a", "b", "b"], "row": [1.5, None, 3.0]})
    frame.to_parquet(folder / "items.parquet")
    expectations = {
        "one_each": expectation("be_unique", column="item"),
        "rows": expectation("be_between", column="row", max_value=2),
        "names": expectation("match_regex", column="item", regex="^a$"),
        "columns": {"type": "expect_table_column_count_to_equal", "arguments": {"value": 2}},
    }
    raw_section = section(file="items.parquet", types={}, expectations=expectations)
    tables = read_raw_tables(folder, {"items": raw_section}, in_database_from=in_database_from)
    validation = check(clean, raw_tables=tables, in_database_from=in_database_from)
    rows = validation.failures[validation.failures["check"].str.startswith("items")]
    assert sorted(rows[["check", "example", "value"]].to_numpy().tolist()) == [
        ["items.names", "row of the file 2", "b"],
        ["items.names", "row of the file 3", "b"],
        ["items.one_each", "row of the file 2", "b"],
        ["items.one_each", "row of the file 3", "b"],
        ["items.rows", "row of the file 3", "3.0"],
    ]
    not_in_database = [result.name for result in validation.results if result.not_in_database and result.table]
    assert not_in_database == (["items.names"] if in_database_from == 1 else [])


@pytest.mark.parametrize("in_database_from", [1, 100])
def test_a_missing_whole_number_of_a_parquet_file_is_not_finite(
    folder: Path, clean: Examples, check: Any, in_database_from: int
) -> None:
    pd.DataFrame({"n": pd.Series([1, None, 3], dtype="Int64")}).to_parquet(folder / "numbers.parquet")
    expectations = {"finite": expectation("be_finite", column="n")}
    raw_section = section(file="numbers.parquet", types={}, expectations=expectations)
    tables = read_raw_tables(folder, {"numbers": raw_section}, in_database_from=in_database_from)
    validation = check(clean, raw_tables=tables, in_database_from=in_database_from)
    (result,) = (each for each in validation.results if each.table)
    assert (result.error, result.n_unexpected, result.passed) == ("", 1, False)
    assert [where for where, _ in result.examples] == ["row 2"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("in_database_from", [1, 100])
def test_a_column_is_not_taken_for_one_whose_name_differs_in_capital_letters(
    folder: Path, clean: Examples, check: Any, in_database_from: int, suffix: str
) -> None:
    """Great Expectations by itself judges the first of the two, whichever is meant."""
    frame = pd.DataFrame({"Item": ["a", "b", "c"], "item": ["a", "a", "b"], "other": ["x", "y", "z"]})
    frame.to_csv(folder / "twins.csv", index=False) if suffix == "csv" else frame.to_parquet(folder / "twins.parquet")
    expectations = {
        "lower": expectation("be_unique", column="item"),
        "upper": expectation("be_unique", column="Item"),
        "misspelt": expectation("be_unique", column="Other"),
        "columns": {"type": "expect_table_column_count_to_equal", "arguments": {"value": 3}},
    }
    raw_section = section(file=f"twins.{suffix}", separator=",", types={}, expectations=expectations)
    tables = read_raw_tables(folder, {"items": raw_section}, in_database_from=in_database_from)
    validation = check(clean, raw_tables=tables, in_database_from=in_database_from)
    results = {each.check.name: each for each in validation.results if each.table}
    assert {name: result.passed for name, result in results.items()} == {
        "lower": False,
        "upper": True,
        "misspelt": False,
        "columns": True,
    }
    assert results["lower"].examples == [("row 1", "a"), ("row 2", "a")]
    assert results["misspelt"].error == 'The column "Other" in BatchData does not exist'


@pytest.mark.parametrize("in_database_from", [1, 100])
def test_times_with_several_offsets_are_compared_in_utc(
    folder: Path, clean: Examples, check: Any, in_database_from: int
) -> None:
    (folder / "times.csv").write_text("t\n2024-01-01T01:00:00+02:00\n2024-01-01T00:00:00Z\nyesterday\n")
    new = expectation("be_between", column="t", min_value="2024-01-01T00:00:00Z")
    raw_section = section(file="times.csv", separator=",", types={"t": "time"}, expectations={"new": new})
    tables = read_raw_tables(folder, {"times": raw_section})
    validation = check(clean, raw_tables=tables, in_database_from=in_database_from)
    results = {each.check.name: each for each in validation.results if each.table}
    assert [where for where, _ in results["types"].examples] == ["row 3"]
    assert (results["new"].error, [where for where, _ in results["new"].examples]) == ("", ["row 1"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"file": "others.csv"}, "the raw file is missing: "),
        ({"types": {"age": "number"}}, "validate.raw.items.types names the column 'age'"),
        ({"separator": "|"}, None),
    ],
)
def test_a_table_that_is_not_as_declared_gets_a_sentence(
    folder: Path, changed: dict[str, Any], words: str | None
) -> None:
    with pytest.raises(InputError, match=words):
        read_raw_tables(folder, {"items": section(**changed)})
