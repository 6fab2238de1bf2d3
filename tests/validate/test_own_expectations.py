"""Expectations of a person's own: a class in extensions/, by a line of YAML."""

from pathlib import Path
from typing import Any

import pytest

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

OWN = """
import great_expectations.expectations as gxe
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider import column_condition_partial


class ColumnValuesEven(ColumnMapMetricProvider):
    condition_metric_name = "column_values.even_length"
    condition_value_keys = ("least",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column, least, **kwargs):
        return (column.str.len() % 2 == 0) & (column.str.len() >= least)


class ExpectColumnValuesToBeOfEvenLength(ColumnMapExpectation):
    map_metric = "column_values.even_length"
    success_keys = ("least", "mostly")
    least: int


class ExpectNoDarkCats(gxe.UnexpectedRowsExpectation):
    unexpected_rows_query: str = (
        "SELECT * FROM {batch} WHERE label = 'cat' AND \\"descriptor.brightness\\" < 0.2"
    )


class ExpectNoFiles(gxe.UnexpectedRowsExpectation):
    unexpected_rows_query: str = "SELECT * FROM {batch}, read_csv('/etc/passwd')"
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "extensions/image"
    folder.mkdir(parents=True)
    (folder / "lengths.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own(name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": f"extensions.image.lengths.{name}", "arguments": arguments}


def test_a_map_expectation_counts_and_shows_what_breaks_it(clean: Examples, check: Any) -> None:
    expectation = own("ExpectColumnValuesToBeOfEvenLength", column="entity", least=2)
    validation = check(clean, expectations={"even": expectation}, task="image")
    (finding,) = (each for each in validation.findings if each.check == "validate.even")
    assert (finding.verdict, finding.column, finding.n) == ("fail", "entity", 24)
    assert finding.estimate == pytest.approx(4 / 24)  # "card 10" and "card 11" have seven characters
    assert validation.sentence_with_example.endswith("the first has 'card 10' at id e20.")


def test_a_query_runs_in_the_confined_database(clean: Examples, check: Any) -> None:
    validation = check(clean, expectations={"dark": own("ExpectNoDarkCats")}, task="image")
    (result,) = (each for each in validation.results if each.check.name == "dark")
    assert (result.passed, result.engine, result.error) == (False, "DuckDB", "")
    assert result.observed == 3  # e00, e02 and e04: 0, 2/23 and 4/23


def test_a_query_reaches_no_file(clean: Examples, check: Any) -> None:
    validation = check(clean, expectations={"files": own("ExpectNoFiles")}, task="image")
    (result,) = (each for each in validation.results if each.check.name == "files")
    assert not result.passed
    assert "root" not in str(result.result)
    assert "disabled by configuration" in result.error


def test_an_argument_that_the_class_lacks_is_refused(clean: Examples, check: Any) -> None:
    expectation = own("ExpectColumnValuesToBeOfEvenLength", column="entity", most=2)
    with pytest.raises(InputError, match="most"):
        check(clean, expectations={"even": expectation}, task="image")
