import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallmark.contracts import predictions
from hallmark.contracts.checks import CHECKS, FAMILY
from hallmark.contracts.findings import Finding, Verdict, judge, of, read, record, write
from hallmark.errors import InputError
from hallmark.metrics.statistics import Interval


def finding(low: float | None, estimate: float | None, high: float | None, n: int = 100) -> Finding:
    return Finding(check="evaluate.metric", metric="accuracy", estimate=estimate, low=low, high=high, n=n)


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
def test_an_interval_is_judged_whole(
    interval: tuple[float | None, float | None, float | None], bounds: dict[str, float], verdict: str
) -> None:
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
        Finding(check="bias.coverage", groups=("sex", "age"), verdict="fail", reason="None."),
        Finding(check="bias.gap", metric="cost", slice={"age": "old", "sex": "f"}, estimate=0.1, n=3),
        Finding(check="evaluate.coverage", scorer="rule", estimate=0.5),
    ]
    write(found, tmp_path / "stage" / "findings.json")
    assert read(tmp_path / "stage" / "findings.json") == found


def test_an_infinite_limit_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write([finding(float("-inf"), 0.5, float("inf"))], tmp_path / "findings.json")


def test_missing_findings_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="findings.json"):
        read(tmp_path / "findings.json")


WHOLE = '[{"check": "evaluate.metric", "metric": "accuracy", "estimate": 0.9, "n": 5}]'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WHOLE[:40], "no whole table of findings"),
        ("", "no whole table of findings"),
        ('{"check": 1}', "must hold a list"),
        ("[3]", "finding 1, is none"),
        (WHOLE.replace("0.9", '"0.9"'), "estimate is '0.9', must be a number"),
        (WHOLE.replace("0.9", "NaN"), "NaN is no number"),
        (WHOLE.replace("0.9", "1e999"), "estimate is inf, must be finite, or null"),
        (WHOLE.replace('"accuracy"', "null"), "metric is None, must be text"),
        (WHOLE.replace("}", ', "groups": "age"}'), "groups is 'age', must be a list of texts"),
        (WHOLE.replace("}", ', "low": 0.9, "high": 0.8}'), "its interval begins at low 0.9, above its end high 0.8"),
        (WHOLE.replace("5", "-5"), "n is -5, must be 0 or more"),
        ('[{"check": "evaluate.review", "case": "nonsense"}]', "case of evaluate.review is 'nonsense', must be one of"),
        (WHOLE.replace('"estimate"', '"estimated"'), "finding 1 (evaluate.metric), is none"),
        (WHOLE.replace("5", "true"), "n is True, must be a whole number"),
        (WHOLE.replace("}", ', "verdict": "fine"}'), "verdict is 'fine', must be one of pass, fail"),
        (WHOLE.replace('"accuracy"', "7"), "metric is 7, must be text"),
        (WHOLE.replace("}", ', "slice": {"age": 7}}'), "slice is {'age': 7}, must be texts by group"),
        (WHOLE.replace("}", ', "groups": ["age", 7]}'), "groups is ['age', 7], must be a list of texts"),
        (
            WHOLE.replace("}", ', "label": "cat"}'),
            "a finding of evaluate.metric has the fields metric, not metric, label",
        ),
        (WHOLE.replace('"metric": "accuracy", ', ""), "a finding of evaluate.metric has the fields metric, not none"),
        (WHOLE.replace("evaluate.metric", "evaluate.metrics"), "did you mean 'evaluate.metric'?"),
        (WHOLE.replace('"metric"', '"question": 5, "subject"'), "question, subject are none of a finding's fields"),
    ],
)
def test_a_file_that_is_no_table_of_findings_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "evaluate/findings.json"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(words)) as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert "run evaluate again" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("finding", "question", "subject"),
    [
        (Finding(check="evaluate.metric", metric="accuracy"), 5, "accuracy"),
        (Finding(check="evaluate.metric", metric="cost"), 8, "cost"),
        (Finding(check="evaluate.gain", metric="accuracy", against="rule"), 9, "accuracy over rule"),
        (
            Finding(check="evaluate.complexity", metric="accuracy", against="boosted trees"),
            2,
            "accuracy over the best simple method",
        ),
        (Finding(check="evaluate.shortcut", metric="accuracy"), 7, "accuracy over descriptors alone"),
        (Finding(check="evaluate.single_input", metric="roc_auc", column="age"), 7, "roc_auc over age alone"),
        (Finding(check="evaluate.single_input", metric="roc_auc"), 7, "roc_auc over a single input alone"),
        (Finding(check="evaluate.recall", label=""), 5, ""),
        (Finding(check="evaluate.recall"), 5, "every label"),
        (Finding(check="evaluate.coverage"), 5, "model"),
        (Finding(check="evaluate.coverage", scorer="rule"), 5, "rule"),
        (Finding(check="evaluate.closed_loop", metric="return"), 5, "return of model"),
        (Finding(check="evaluate.closed_loop_gain", metric="return", against="rule"), 9, "return over rule"),
        (Finding(check="evaluate.sensitivity", slice={"size": "under 12 mm"}), 5, "size under 12 mm"),
        (
            Finding(check="evaluate.memorisation_excess", case="temperature 1", against="held-out text"),
            7,
            "temperature 1 over held-out text",
        ),
        (Finding(check="bias.coverage", groups=("age", "sex")), 1, "age & sex"),
        (
            Finding(check="bias.gap", metric="word_error_rate", slice={"voice": "buzzing"}),
            5,
            "word_error_rate | voice=buzzing",
        ),
        (Finding(check="bias.gap", metric="cost", slice={"a=b": "c & d"}), 5, 'cost | "a=b"="c & d"'),
        (Finding(check="drift.column", column="descriptor.ink"), 6, "descriptor.ink"),
        (Finding(check="validate.one_split_per_entity", column="entity"), 4, "entity"),
        (Finding(check="validate.our_own_rule"), 1, "table"),
    ],
)
def test_question_and_subject_follow_from_the_fields(finding: Finding, question: int, subject: str) -> None:
    assert (finding.question, finding.subject) == (question, subject)


@pytest.mark.parametrize(
    "about",
    [
        {"check": "evaluate.metric"},
        {"check": "evaluate.metric", "metric": "accuracy", "against": "rule"},
        {"check": "evaluate.metric", "metric": "accuracy", "scorer": "rule"},
        {"check": "evaluate.gain", "metric": "accuracy"},
        {"check": "bias.gap", "metric": "accuracy", "groups": ("age",)},
        {"check": "evaluate.bogus", "metric": "accuracy"},
        {"check": "validate.*"},
    ],
)
def test_fields_that_do_not_fit_the_check_are_refused_where_a_finding_is_made(about: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"has the fields|is not registered"):
        Finding(**about)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"verdict": "banana"}, "verdict is 'banana', must be one of pass, fail"),
        ({"verdict": None}, "verdict is None, must be text"),
        ({"low": 2.0, "high": 1.0}, "its interval begins at low 2.0, above its end high 1.0"),
        ({"n": -3}, "n is -3, must be 0 or more"),
        ({"n": np.int64(3)}, "must be a whole number"),
        ({"n": 3.0}, "n is 3.0, must be a whole number"),
        ({"needed": 1.5}, "needed is 1.5, must be a whole number or null"),
        ({"estimate": float("nan")}, "estimate is nan, must be a number, or None where nothing could be estimated"),
        ({"low": np.float64("nan")}, "must be a number, or None"),
        ({"estimate": "0.9"}, "estimate is '0.9', must be a number or null"),
        ({"estimate": True}, "estimate is True, must be a number or null"),
        ({"column": 7}, "column is 7, must be text"),
        ({"reason": None}, "reason is None, must be text"),
        ({"check": None}, "check is None, must be text"),
        ({"check": "bias.gap", "metric": "cost", "column": None, "slice": {"age": 7}}, "must be texts by group"),
        ({"check": "bias.coverage", "column": None, "groups": ("age", 7)}, "groups is ('age', 7), must be a list"),
        (
            {"check": "evaluate.review", "column": None, "case": "nonsense"},
            "case of evaluate.review is 'nonsense', must be one of share deferred, error among the accepted",
        ),
        (
            {"check": "evaluate.genre", "metric": "ndcg_at_10", "column": None, "slice": {"age": "old"}},
            "the slice of evaluate.genre is by 'age', must be by genre",
        ),
    ],
)
def test_what_no_reader_accepts_is_refused_where_a_finding_is_made(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Finding(**{"check": "validate.columns", "column": "x", **values})


def test_findings_that_are_changed_are_checked_again() -> None:
    with pytest.raises(ValueError, match="above its end"):
        replace(finding(0.8, 0.9, 0.95), low=0.99)


def test_an_infinite_limit_is_a_limit() -> None:
    assert judge(finding(float("-inf"), 0.5, 0.6), at_most=0.7).verdict == "pass"


def test_a_finding_is_made_of_an_interval() -> None:
    measured = Interval(0.2, 0.1, 0.3, 40)
    made = Finding.from_interval("evaluate.gain", measured, metric="accuracy", against="rule", reason="Paired.")
    assert made == Finding(
        check="evaluate.gain",
        metric="accuracy",
        against="rule",
        estimate=0.2,
        low=0.1,
        high=0.3,
        n=40,
        reason="Paired.",
    )


def test_json_holds_what_is_set_and_nothing_else() -> None:
    assert record(Finding(check="evaluate.metric", metric="accuracy")) == {
        "check": "evaluate.metric",
        "metric": "accuracy",
        "verdict": "measured",
    }
    assert list(record(judge(finding(0.8, 0.93, 0.95), at_least=0.9))) == [
        *("check", "metric", "estimate", "low", "high", "n", "requirement", "verdict", "needed"),
    ]


def test_a_file_that_calls_the_reason_why_is_read() -> None:
    made = of({"check": "evaluate.recall", "label": "fraud", "verdict": "measured", "why": "5 of 9."})
    assert made.reason == "5 of 9."
    assert record(made)["reason"] == "5 of 9."


@pytest.mark.parametrize(
    ("former", "present"), [("share held", "share deferred"), ("error among the passed", "error among the accepted")]
)
def test_a_file_with_the_former_name_of_a_case_is_read(former: str, present: str) -> None:
    assert of({"check": "evaluate.review", "case": former}) == Finding(check="evaluate.review", case=present)


NUMBERS = st.none() | st.floats(-1e6, 1e6)
TEXTS = st.text(max_size=8)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "metric": TEXTS,
    "slice": st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=2),
    "groups": st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
    "scorer": TEXTS,
} | dict.fromkeys(("column", "label", "against", "case"), TEXTS)


@st.composite
def findings_of_any_check(draw: st.DrawFn) -> Finding:
    check = draw(st.sampled_from([check for name, check in CHECKS.items() if name != FAMILY]))
    names = draw(st.sampled_from(list(check.subjects)))

    values = dict(VALUES)
    if check.cases:
        values["case"] = st.sampled_from(check.cases)
    if check.groups:
        values["slice"] = st.dictionaries(st.sampled_from(check.groups), TEXTS, min_size=1)
    about = {name: draw(values[name]) for name in names}

    low, estimate, high = sorted([draw(st.floats(-1e6, 1e6)) for _ in range(3)])
    needed = draw(st.none() | st.integers(0, 99))
    verdict = draw(st.sampled_from(get_args(Verdict)))

    return Finding(
        check=check.name,
        estimate=draw(st.sampled_from([None, estimate])),
        low=low,
        high=high,
        n=draw(st.integers(0, 10**9)),
        verdict=verdict,
        needed=needed,
        reason=draw(TEXTS),
        **about,
    )


@given(findings_of_any_check())
def test_any_finding_survives_json(made: Finding) -> None:
    again = of(json.loads(json.dumps(record(made))))
    assert again == made
    assert (again.key, again.subject, again.question) == (made.key, made.subject, made.question)


@given(findings_of_any_check(), findings_of_any_check())
def test_two_findings_share_a_key_only_where_they_are_about_the_same(one: Finding, other: Finding) -> None:
    assert (one.key == other.key) == ((one.check, one.about) == (other.check, other.about))


def test_the_name_of_the_model_is_that_of_its_predictions() -> None:
    assert Finding(check="evaluate.coverage").scorer == predictions.MODEL
