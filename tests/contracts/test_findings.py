import re
from pathlib import Path

import pytest

from hallmark.contracts.findings import Finding, judge, read, write
from hallmark.errors import InputError


def finding(low: float | None, estimate: float | None, high: float | None, n: int = 100) -> Finding:
    return Finding("evaluate.metric", 5, "accuracy", estimate=estimate, low=low, high=high, n=n)


@pytest.mark.parametrize(
    ("interval", "bounds", "verdict"),
    [
        ((0.91, 0.93, 0.95), {"at_least": 0.9}, "pass"),
        ((0.90, 0.93, 0.95), {"at_least": 0.9}, "pass"),  # the bound itself meets it
        ((0.85, 0.93, 0.95), {"at_least": 0.9}, "unresolved"),
        ((0.80, 0.85, 0.89), {"at_least": 0.9}, "fail"),
        ((0.01, 0.02, 0.03), {"at_most": 0.05}, "pass"),
        ((0.06, 0.07, 0.08), {"at_most": 0.05}, "fail"),
        ((-0.01, 0.0, 0.01), {"at_least": -0.02, "at_most": 0.02}, "pass"),
        ((-0.03, 0.0, 0.03), {"at_least": -0.02, "at_most": 0.02}, "unresolved"),
        ((0.03, 0.04, 0.05), {"at_least": -0.02, "at_most": 0.02}, "fail"),
        ((None, 0.9, None), {"at_least": 0.5}, "unresolved"),
        ((None, None, None), {"at_least": 0.5}, "unresolved"),
    ],
)
def test_an_interval_is_judged_whole(interval: tuple, bounds: dict[str, float], verdict: str) -> None:
    assert judge(finding(*interval), **bounds).verdict == verdict


def test_needed_shrinks_the_interval_to_the_bound() -> None:
    """Half as wide takes four times as many: 300 more than 100."""
    assert judge(finding(0.86, 0.92, 0.96), at_least=0.89).needed == 300


def test_needed_also_where_more_would_settle_it_as_a_failure() -> None:
    assert judge(finding(0.80, 0.86, 0.92), at_least=0.89).needed == 300
    assert judge(finding(0.02, 0.08, 0.14), at_most=0.05).needed == 300


def test_needed_meets_the_harder_of_two_bounds() -> None:
    assert judge(finding(-0.04, 0.0, 0.06), at_least=-0.02, at_most=0.02).needed == 800


def test_needed_is_unknown_on_a_bound_and_without_an_interval() -> None:
    assert judge(finding(0.8, 0.9, 0.95), at_least=0.9).needed is None
    assert judge(finding(None, 0.9, None), at_least=0.5).needed is None
    assert judge(finding(0.91, 0.93, 0.95), at_least=0.9).needed is None


@pytest.mark.parametrize("distance", [1e-9, 1e-4, 0.004])
def test_no_number_is_made_up_next_to_the_bound(distance: float) -> None:
    """A hundred times the data at hand would be needed and more: 6,691,938,733 was said once, for ROC AUC 1.000."""
    judged = judge(finding(0.85, 0.9 + distance, 0.95), at_least=0.9)
    assert (judged.verdict, judged.needed) == ("unresolved", None)


def test_a_number_is_said_up_to_a_hundred_times_the_data() -> None:
    assert judge(finding(0.50, 0.75, 0.95), at_least=0.625).needed == 300
    assert judge(finding(0.50, 0.75, 0.95), at_least=0.71875).needed == 6300  # an eighth of the arm
    assert judge(finding(0.50, 0.75, 0.95), at_least=0.734375).needed is None  # a sixteenth


def test_requirement_reads_as_a_person_would_write_it() -> None:
    assert judge(finding(0, 0, 0), at_least=-0.02, at_most=0.02).requirement == "≥ -0.02 and ≤ 0.02"


def test_without_a_bound_nothing_is_judged() -> None:
    found = finding(0.8, 0.9, 0.95)
    assert judge(found) == found


def test_findings_survive_a_file(tmp_path: Path) -> None:
    found = [
        judge(finding(0.8, 0.93, 0.95), at_least=0.9),
        Finding("bias.coverage", 1, "sex", verdict="fail", why="None."),
    ]
    write(found, tmp_path / "stage" / "findings.json")
    assert read(tmp_path / "stage" / "findings.json") == found


def test_not_a_number_is_no_finding(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write([finding(float("nan"), 0.5, 0.6)], tmp_path / "findings.json")


def test_missing_findings_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="findings.json"):
        read(tmp_path / "findings.json")


WHOLE = '[{"check": "evaluate.metric", "question": 5, "subject": "accuracy", "estimate": 0.9}]'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WHOLE[:40], "no whole table of findings"),
        ("", "no whole table of findings"),
        ('{"check": 1}', "must hold a list"),
        ("[3]", "finding 1, is none"),
        (WHOLE.replace("0.9", '"0.9"'), "estimate is '0.9', must be a number"),
        (WHOLE.replace("0.9", "NaN"), "NaN is no number"),
        (WHOLE.replace('"estimate"', '"estimated"'), "finding 1 (evaluate.metric), is none"),
        (WHOLE.replace("5", "true"), "question is True, must be a whole number"),
        (WHOLE.replace("}", ', "verdict": "fine"}'), "verdict is 'fine', must be one of pass, fail"),
    ],
)
def test_a_file_that_is_no_table_of_findings_is_one_sentence(tmp_path, content, words):
    path = tmp_path / "evaluate/findings.json"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(words)) as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert "run evaluate again" in str(refused.value)
    assert "\n" not in str(refused.value)
