"""Severity: critical stops, warning is a finding that the gate reads, info is shown only."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hallmark.config.stages import Requirement
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.gate import judgements
from hallmark.validate.validation import Validation, failures_table

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

DARK = {
    "type": "expect_column_values_to_be_between",
    "arguments": {"column": "descriptor.brightness", "max_value": 0.5},
}


def validated(clean: Examples, check: Any, severity: str) -> Validation:
    validation: Validation = check(clean, expectations={"dark": {**DARK, "severity": severity}})
    return validation


def finding(validation: Validation) -> Finding:
    (found,) = (each for each in validation.findings if "dark" in (each.check, each.case or "", each.check[9:]))
    return found


@pytest.mark.parametrize(
    ("severity", "check_name", "case", "verdict", "passed"),
    [
        ("critical", "validate.dark", None, "fail", False),
        ("warning", "validate.warning", "dark", "fail", True),
        ("info", "validate.info", "dark", "measured", True),
    ],
)
def test_only_a_critical_failure_stops(
    clean: Examples, check: Any, severity: str, check_name: str, case: str | None, verdict: str, passed: bool
) -> None:
    validation = validated(clean, check, severity)
    found = finding(validation)
    assert (found.check, found.case, found.verdict) == (check_name, case, verdict)
    assert found.reason.endswith("is broken in 12 of 24 rows.")
    assert validation.passed is passed
    assert set(validation.failures["severity"]) == {severity}
    assert [sentence.partition(":")[0] for sentence in validation.lesser_sentences] == [severity] * passed


def test_the_gate_reads_a_warning_and_no_whole_stage_does(clean: Examples, check: Any) -> None:
    requirements = {
        "data": Requirement(check="validate.*", unresolved="blocked"),
        "data_warnings": Requirement(check="validate.warning", failed="review"),
    }
    statuses = {}
    for severity in ("warning", "info"):
        verdict = judgements.decide(validated(clean, check, severity).findings, requirements, {}, system="image")
        statuses[severity] = (
            verdict.status,
            [each.status for each in verdict.judged if each.requirement == "data_warnings"],
        )
    assert statuses == {"warning": ("needs review", ["needs review"]), "info": ("eligible", ["not applicable"])}


def test_the_page_says_which_severity_failed(clean: Examples, check: Any, tmp_path: Path) -> None:
    validated(clean, check, "warning").write_data_docs(tmp_path, title="image")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<span class="badge badge-warning">warning</span> The rule' in page
    assert "stops nothing, and the gate reads it: dark ✗" in page


def test_the_terminal_shows_the_severity(clean: Examples, check: Any) -> None:
    table = failures_table(validated(clean, check, "warning").failures)
    assert [str(cell) for cell in table.columns[1].cells] == ["warning"] * 5


def test_a_warning_that_is_met_passes(clean: Examples, check: Any) -> None:
    bright = replace(clean, table=clean.table.assign(**{"descriptor.brightness": 0.1}))
    assert finding(validated(bright, check, "warning")).verdict == "pass"
