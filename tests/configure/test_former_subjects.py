"""Requirements of before select the same findings by fields, or are refused with what to write."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from hallmark.config.stages import Requirement
from hallmark.configure.former_subjects import select_by_fields
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.gate import selection

SAID = [
    ("evaluate.metric", "accuracy", {"metric": "accuracy"}),
    ("evaluate.metric", "*", {}),
    ("evaluate.gain", "${evaluate.primary_metric} over *", {"metric": "${evaluate.primary_metric}"}),
    ("evaluate.gain", "* over rule", {"against": "rule"}),
    ("evaluate.gain", "accuracy over boosted trees", {"metric": "accuracy", "against": "boosted trees"}),
    ("evaluate.complexity", "accuracy over the best simple method", {"metric": "accuracy"}),
    ("evaluate.single_input", "roc_auc over age alone", {"metric": "roc_auc", "column": "age"}),
    ("evaluate.single_input", "roc_auc over *", {"metric": "roc_auc"}),
    ("evaluate.patch", "accuracy over *", {"metric": "accuracy"}),
    (
        "evaluate.patch",
        "accuracy over the patch of cat alone, where it lies",
        {"metric": "accuracy", "label": "cat"},
    ),
    ("evaluate.group_label", "sex", {"groups": ["sex"]}),
    ("evaluate.recall", "fraud", {"label": "fraud"}),
    ("evaluate.review", "share held", {"case": "share deferred"}),  # whose name changed, too
    ("evaluate.test_use", "models judged on this test split", {}),
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
    ("evaluate.sensitivity", "*", {}),
    ("evaluate.gain", "accuracy over ${a}5", {"metric": "accuracy", "against": "${a}5"}),
    ("evaluate.gain", "${m}1 over ${a}0", {"metric": "${m}1", "against": "${a}0"}),
    ("evaluate.metric", "§reference0", {"metric": "§reference0"}),
    ("evaluate.genre", "ndcg_at_10 | genre=drama", {"metric": "ndcg_at_10", "slice": {"genre": "drama"}}),
    ("evaluate.genre", "ndcg_at_10 | genre=*", {"metric": "ndcg_at_10"}),  # it has no pairs of groups
    ("train.parity", "package", {}),
    ("gate.signature", "a person", {}),
    ("bias.gap", "specificity | *", {"metric": "specificity"}),
    ("bias.gap", "cost | sex=f", {"metric": "cost", "slice": {"sex": "f"}}),
    ("bias.gap", "* | sex=f", {"slice": {"sex": "f"}}),
    ("bias.gap", "cost | sex=f & age=*", {"metric": "cost", "slice": {"sex": "f", "age": "*"}}),
    ("bias.gap", "* | sex=* & age=*", {"slice": {"sex": "*", "age": "*"}}),
    ("bias.*", "cost | sex=f", {"metric": "cost", "slice": {"sex": "f"}}),
    ("bias.coverage", "sex & age", {"groups": ["sex", "age"]}),
    ("drift.column", "descriptor.ink", {"column": "descriptor.ink"}),
    ("drift.column", "recent window", {"case": "recent window"}),
    ("validate.complete", "label", {"column": "label"}),
    ("validate.*", "label", {"column": "label"}),
]
FORMER_TEXTS = {"share deferred": "share held", "error among the accepted": "error among the passed"}
REFUSED = [
    ("bias.gap", "accuracy | age=*"),
    ("bias.gap", "* | age=*"),
    ("bias.gap", "ndcg_at_10 | *gender=*male"),
    ("bias.gap", "cost | age=*[0-9]"),
    ("bias.gap", "cost | *=old"),
    ("bias.coverage", "sex & *"),
    ("bias.coverage", "sex & age & site"),  # pairs at most are audited
    ("bias.coverage", "sex & sex"),
    ("evaluate.metric", "accuracy*"),
    ("evaluate.metric", "acc?racy"),
    ("evaluate.triage", "first *"),
    ("evaluate.single_input", "accuracy over a single input alone"),
    ("evaluate.recall", "every label"),
    ("evaluate.*", "accuracy"),  # a metric, a gap and a label are called so
    ("drift.column", "descriptor.*"),
]
# What stages may write: the cases above, and neighbours of them that a wrong field would take or leave.
ABOUT: dict[str, list[dict[str, Any]]] = {
    "evaluate.metric": [{"metric": "accuracy"}, {"metric": "accuracy_of_five"}, {"metric": "cost"}],
    "evaluate.gap": [{"metric": "accuracy"}],
    "evaluate.gain": [
        {"metric": metric, "against": scorer} for metric in ("accuracy", "cost") for scorer in ("rule", "boosted trees")
    ],
    "evaluate.complexity": [{"metric": "accuracy", "against": "boosted trees"}],
    "evaluate.single_input": [{"metric": "roc_auc", "column": "age"}, {"metric": "roc_auc", "column": "pay"}],
    "evaluate.patch": [{"metric": "accuracy"}, {"metric": "accuracy", "label": "cat"}, {"metric": "cost"}],
    "evaluate.group_label": [{"groups": ("sex",)}, {"groups": ("age",)}],
    "evaluate.recall": [{"label": "fraud"}, {"label": "honest"}, {}],
    "evaluate.review": [{"case": "share deferred"}, {"case": "error among the accepted"}],
    "evaluate.test_use": [{}],
    "evaluate.triage": [{"case": "first 50%"}, {"case": "first 20%"}],
    "evaluate.memorisation": [{"case": "temperature 1"}, {"case": "temperature 0.8"}],
    "evaluate.closed_loop": [{"metric": "return", "scorer": scorer} for scorer in ("rule", "model")],
    "evaluate.sensitivity": [{"slice": {"size": "under 12 mm"}}, {"slice": {"size": "over 12 mm"}}],
    "evaluate.genre": [{"metric": "ndcg_at_10", "slice": {"genre": genre}} for genre in ("drama", "news")],
    "train.parity": [{}],
    "gate.signature": [{}],
    "bias.gap": [
        {"metric": metric, "slice": values}
        for metric in ("cost", "specificity")
        for values in (
            {"sex": "f"},
            {"sex": "m"},
            {"age": "old"},
            {"sex": "f", "age": "old"},
            {"sex": "m", "age": "young"},
            {"sex": "f", "site": "a"},
            {"site": "a", "sex": "f"},
        )
    ],
    "bias.coverage": [{"groups": ("sex",)}, {"groups": ("age",)}, {"groups": ("sex", "age")}],
    "drift.column": [{"column": "descriptor.ink"}, {"column": "descriptor.age"}, {"case": "recent window"}],
    "validate.complete": [{"column": "label"}, {"column": "id"}],
    "validate.mine": [{}, {"column": "label"}],
}
FINDINGS = [Finding(check=check, verdict="pass", **about) for check, abouts in ABOUT.items() for about in abouts]


@pytest.mark.parametrize(("check", "subject", "today"), SAID)
def test_a_subject_becomes_fields(check: str, subject: str, today: dict[str, object]) -> None:
    assert select_by_fields(check, subject) == today


@pytest.mark.parametrize(("check", "subject"), [(check, subject) for check, subject, _ in SAID if "$" not in subject])
def test_the_gate_selects_by_the_fields_what_the_pattern_matched(check: str, subject: str) -> None:
    keys: dict[str, Any] = {"check": check} | select_by_fields(check, subject)
    requirement = Requirement(**{**keys, "groups": list(keys.get("groups", ()))})
    same_check = Requirement(check=keys["check"])
    for finding in FINDINGS:
        if selection.is_about_check_of(same_check, finding):
            text = FORMER_TEXTS.get(finding.subject, finding.subject)
            assert selection.selects(requirement, finding) == fnmatchcase(text, subject), text


@pytest.mark.parametrize(("check", "subject"), REFUSED)
def test_a_pattern_that_no_fields_can_say_is_refused(check: str, subject: str) -> None:
    with pytest.raises(InputError, match=r"write (what it shall select by|one with)"):
        select_by_fields(check, subject)


def test_a_pattern_that_took_pairs_of_groups_too_is_refused_with_how_to_write_them() -> None:
    with pytest.raises(InputError, match=r"is 'accuracy \| age=\*'; no fields select exactly the same") as refusal:
        select_by_fields("bias.gap", "accuracy | age=*")
    assert str(refusal.value).endswith(
        "and pairs of groups need a requirement of their own: "
        'write one with `metric: accuracy, slice: {age: "*"}`, and one for each pair, '
        'such as `metric: accuracy, slice: {age: "*", sex: "*"}`'
    )


@pytest.mark.parametrize(
    ("check", "subject", "sentence"),
    [
        ("evaluate.triage", "*", r"took evaluate\.triage and evaluate\.triage_place: write a requirement for each"),
        ("evaluate.m*", "accuracy", r"'evaluate\.m\*' is no check"),
        ("evaluate.gain", "accuracy", r"no finding of evaluate\.gain is about that"),
    ],
)
def test_what_has_no_findings_of_one_check_is_refused(check: str, subject: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        select_by_fields(check, subject)


def test_a_field_that_another_file_states_is_stated_too() -> None:
    assert select_by_fields("evaluate.gain", "accuracy over *", ["against"]) == {"metric": "accuracy", "against": "*"}
    with pytest.raises(InputError, match="another file states against"):
        select_by_fields("evaluate.metric", "accuracy", ["against"])
