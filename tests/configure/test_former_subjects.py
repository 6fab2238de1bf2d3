"""Requirements of before select the same findings by fields, or are refused with what to write."""

import pytest

from hallmark.configure.former_subjects import select_by_fields
from hallmark.errors import InputError


@pytest.mark.parametrize(
    ("check", "subject", "today"),
    [
        ("evaluate.metric", "accuracy", {"metric": "accuracy"}),
        ("evaluate.metric", "*", {}),
        ("evaluate.gain", "${evaluate.primary_metric} over *", {"metric": "${evaluate.primary_metric}"}),
        ("evaluate.gain", "* over rule", {"against": "rule"}),
        ("evaluate.gain", "accuracy over boosted trees", {"metric": "accuracy", "against": "boosted trees"}),
        ("evaluate.complexity", "accuracy over the best simple method", {"metric": "accuracy"}),
        ("evaluate.single_input", "roc_auc over age alone", {"metric": "roc_auc", "column": "age"}),
        ("evaluate.patch", "accuracy over one patch alone", {"metric": "accuracy"}),
        ("evaluate.recall", "fraud", {"label": "fraud"}),
        ("evaluate.review", "share deferred", {"case": "share deferred"}),
        ("evaluate.triage", "first 50%", {"case": "first 50%"}),
        ("evaluate.triage", "median place", {"check": "evaluate.triage_place"}),
        ("evaluate.memorisation", "temperature 1", {"case": "temperature 1"}),
        (
            "evaluate.memorisation",
            "temperature 1 over held-out text",
            {"check": "evaluate.memorisation_excess", "case": "temperature 1", "against": "held-out text"},
        ),
        ("evaluate.closed_loop", "return of rule", {"metric": "return", "scorer": "rule"}),
        (
            "evaluate.closed_loop",
            "success over linear policy",
            {"check": "evaluate.closed_loop_gain", "metric": "success", "against": "linear policy"},
        ),
        ("evaluate.sensitivity", "size under 12 mm", {"slice": {"size": "under 12 mm"}}),
        ("bias.gap", "specificity | *", {"metric": "specificity"}),
        ("bias.gap", "cost | sex=f & age=*", {"metric": "cost", "slice": {"sex": "f", "age": "*"}}),
        ("bias.coverage", "sex & age", {"groups": ["sex", "age"]}),
        ("drift.column", "descriptor.ink", {"column": "descriptor.ink"}),
        ("validate.complete", "label", {"column": "label"}),
    ],
)
def test_a_subject_becomes_fields(check: str, subject: str, today: dict[str, object]) -> None:
    requirement = {"check": check, "subject": subject, "at_least": 0.5}
    select_by_fields(requirement)
    assert requirement == {"check": check, "at_least": 0.5} | today


def test_a_requirement_that_takes_its_check_from_the_defaults_is_rewritten_too() -> None:
    requirement = {"subject": "specificity | *", "at_least": -0.15}
    select_by_fields(requirement)
    assert requirement == {"metric": "specificity", "at_least": -0.15}


@pytest.mark.parametrize(
    "subject", ["ndcg_at_10 | *gender=*male", "accuracy*", "acc?racy over rule", "cost | age=*[0-9]"]
)
def test_a_pattern_that_no_fields_can_say_is_refused_and_nothing_is_changed(subject: str) -> None:
    requirement = {"check": "bias.gap", "subject": subject}
    with pytest.raises(InputError, match="a pattern that no fields can say"):
        select_by_fields(requirement)
    assert requirement == {"check": "bias.gap", "subject": subject}


def test_without_a_subject_nothing_changes() -> None:
    requirement = {"check": "validate.*"}
    select_by_fields(requirement)
    assert requirement == {"check": "validate.*"}
