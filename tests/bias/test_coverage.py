import pandas as pd
import pytest

from hallmark.bias.coverage import comparable_groups, coverage_findings
from hallmark.bias.group_slices import make_slices
from hallmark.contracts.findings import Finding


def covered(table: pd.DataFrame, groups: list[str]) -> dict[str, Finding]:
    found = coverage_findings(table, groups, make_slices(table, comparable_groups(table, groups)), min_rows=20)
    return {finding.subject: finding for finding in found}


def test_a_group_of_good_size_passes(table: pd.DataFrame) -> None:
    found = covered(table, ["sex"])["sex"]
    assert found.verdict == "pass"
    assert (found.check, found.n) == ("bias.coverage", 100)


def test_a_value_or_combination_that_is_too_small_is_unresolved(table: pd.DataFrame) -> None:
    found = covered(table, ["sex", "age"])
    assert {subject: finding.verdict for subject, finding in found.items()} == {
        "sex": "pass",
        "age": "unresolved",
        "sex & age": "unresolved",
    }
    assert "age=unsaid (7)" in found["age"].reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.drop(columns="group.sex"), "no column group.sex"),
        (lambda table: table.assign(**{"group.sex": "f"}), "sex=f"),
        (lambda table: table.assign(**{"group.sex": table["group.sex"].where(table["group.sex"] == "f")}), "no value"),
    ],
)
def test_a_group_that_is_missing_fails(table: pd.DataFrame, change: object, reason: str) -> None:
    found = covered(change(table), ["sex", "age"])  # type: ignore[operator]
    assert found["sex"].verdict == "fail"
    assert reason in found["sex"].reason


def test_an_empty_combination_is_named(table: pd.DataFrame) -> None:
    table["group.age"] = table["group.age"].where(table["group.sex"] == "f", "old")
    found = covered(table, ["sex", "age"])["sex & age"]
    assert found.verdict == "unresolved"
    assert "sex=m & age=young (0)" in found.reason
    assert found.n == 0
