"""The gate's truth table, and what it does with what it can't know."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallmark.config.stages import Consequence, Requirement
from hallmark.contracts import verdicts
from hallmark.contracts.findings import Finding, Verdict
from hallmark.errors import InputError
from hallmark.gate.judgements import conclusions, decide

METRIC = Finding(check="evaluate.metric", metric="accuracy", estimate=0.93, low=0.91, high=0.95, n=100)
DIGESTS = {"model": "a" * 64}


@pytest.mark.parametrize(
    ("at_least", "failed", "unresolved", "verdict", "status"),
    [
        (0.90, "blocked", "blocked", "pass", "eligible"),
        (0.90, "review", "review", "pass", "eligible"),
        (0.91, "blocked", "blocked", "pass", "eligible"),  # the bound itself meets it
        (0.96, "blocked", "review", "fail", "blocked"),
        (0.96, "review", "blocked", "fail", "needs review"),
        (0.92, "blocked", "review", "unresolved", "needs review"),
        (0.92, "review", "blocked", "unresolved", "blocked"),
    ],
)
def test_a_bound_is_judged_on_the_interval(
    at_least: float, failed: Consequence, unresolved: Consequence, verdict: Verdict, status: str
) -> None:
    asked = Requirement(check="evaluate.metric", at_least=at_least, failed=failed, unresolved=unresolved)
    decided = decide([METRIC], {"accuracy": asked}, DIGESTS)
    assert decided.status == status
    assert decided.judged[0].finding.verdict == verdict
    assert decided.judged[0].status == status
    assert len(decided.deciding) == (status != "eligible")


@pytest.mark.parametrize("own", ["pass", "fail", "unresolved"])
def test_without_a_bound_the_finding_judges_itself(own: Verdict) -> None:
    finding = Finding(check="validate.unique", column="id", verdict=own, reason="Two rows have the id 7.")
    decided = decide([finding], {"data": Requirement(check="validate.*")}, DIGESTS)
    assert decided.status == {"pass": "eligible", "fail": "blocked", "unresolved": "needs review"}[own]
    assert decided.judged[0].reason == "Two rows have the id 7."


def test_needed_and_the_reason_say_what_would_settle_it() -> None:
    # half width 0.02 about 0.93 must shrink to 0.01: four times as many, so 300 more than the 100.
    decided = decide([METRIC], {"accuracy": Requirement(check="evaluate.metric", at_least=0.92)}, DIGESTS)
    (judgement,) = decided.deciding
    assert judgement.finding.needed == 300
    assert judgement.reason == "0.93 [0.91, 0.95] straddles ≥ 0.92: about 300 more entities would settle it"
    assert "accuracy (evaluate.metric, accuracy): 0.93 [0.91, 0.95]" in decided.sentence


@pytest.mark.parametrize(
    ("at_least", "said"),
    [
        (0.94, "more entities would settle it, as not met if the estimate stays"),
        (0.93, "its estimate so near the bound"),
    ],
)
def test_an_estimate_that_does_not_meet_it_is_said_to(at_least: float, said: str) -> None:
    decided = decide([METRIC], {"accuracy": Requirement(check="evaluate.metric", at_least=at_least)}, DIGESTS)
    assert decided.status == "needs review"
    assert said in decided.judged[0].reason


def test_what_could_not_be_estimated_is_unresolved() -> None:
    unknown = replace(METRIC, estimate=None, low=None, high=None, reason="No positives in test.")
    decided = decide([unknown], {"accuracy": Requirement(check="evaluate.metric", at_least=0.5)}, DIGESTS)
    assert decided.status == "needs review"
    assert "No positives in test." in decided.judged[0].reason


@pytest.mark.parametrize("consequence", ["blocked", "review"])
def test_a_requirement_that_selects_nothing_blocks(consequence: Consequence) -> None:
    asked = Requirement(check="drift.column", column="amount", failed=consequence, unresolved=consequence)
    decided = decide([METRIC], {"drift": asked}, DIGESTS)
    assert decided.status == "blocked"
    assert "is selected by drift.column, column amount" in decided.sentence


def test_a_mere_measurement_is_no_answer_to_a_requirement_without_bounds() -> None:
    counted = Finding(check="validate.count", column="train", estimate=100, n=100)
    assert decide([counted], {"data": Requirement(check="validate.*")}, DIGESTS).status == "blocked"
    passed = Finding(check="validate.unique", column="id", verdict="pass")
    judged = decide([counted, passed], {"data": Requirement(check="validate.*")}, DIGESTS).judged
    assert [judgement.finding for judgement in judged] == [passed]


def test_no_requirement_at_all_blocks() -> None:
    assert decide([METRIC], {}, DIGESTS).status == "blocked"


def test_the_worst_decides_and_only_it_is_named_as_deciding() -> None:
    asked = {
        "met": Requirement(check="evaluate.metric", at_least=0.5),
        "unsure": Requirement(check="evaluate.metric", at_least=0.92),
        "missed": Requirement(check="evaluate.metric", at_least=0.99),
    }
    decided = decide([METRIC], asked, DIGESTS)
    assert decided.status == "blocked"
    assert [judgement.requirement for judgement in decided.deciding] == ["missed"]


@given(
    st.lists(st.sampled_from([("pass", "eligible"), ("fail", "blocked"), ("unresolved", "needs review")]), min_size=1)
)
def test_more_bad_news_never_makes_a_better_verdict(own: list[tuple[Verdict, str]]) -> None:
    found = [Finding(check="validate.x", column=str(index), verdict=verdict) for index, (verdict, _) in enumerate(own)]
    order = ["eligible", "needs review", "blocked"]
    statuses = [
        order.index(decide(found[:count], {"data": Requirement(check="validate.*")}, DIGESTS).status)
        for count in range(1, len(found) + 1)
    ]
    assert statuses == sorted(statuses)
    assert statuses[-1] == max(order.index(status) for _, status in own)


def test_the_gate_answers_whether_a_human_must_sign() -> None:
    decided = decide([METRIC], {"accuracy": Requirement(check="evaluate.metric", at_least=0.92)}, DIGESTS)
    summary, judged = conclusions(decided)

    assert summary.check == "gate.verdict"
    assert summary.question == 10
    assert summary.subject == "needs review"
    assert summary.verdict == "unresolved"
    assert judged.requirement == "≥ 0.92"


LABELLESS = Finding(check="evaluate.recall", verdict="not applicable", reason="There are no labels.")


def test_what_the_answer_cannot_offer_is_not_applicable_and_neither_passes_nor_blocks() -> None:
    asked = {
        "accuracy": Requirement(check="evaluate.metric", at_least=0.9),
        "recall": Requirement(check="evaluate.recall", at_least=0.1),
    }
    decided = decide([METRIC, LABELLESS], asked, DIGESTS)
    assert decided.status == "eligible"
    assert decided.sentence == "eligible: all 1 judged findings meet their requirements"
    assert decided.inapplicable == ("recall",)
    recall = decided.judged[1]
    assert (recall.status, recall.finding.verdict, recall.finding.requirement) == (
        "not applicable",
        "not applicable",
        "≥ 0.1",
    )
    assert recall.reason == "There are no labels."

    stricter = asked | {"accuracy": Requirement(check="evaluate.metric", at_least=0.99)}
    assert decide([METRIC, LABELLESS], stricter, {}).status == "blocked"


def test_where_nothing_else_is_asked_nothing_is_cleared() -> None:
    decided = decide([LABELLESS], {"recall": Requirement(check="evaluate.recall", at_least=0.1)}, DIGESTS)
    assert decided.status == "blocked"


def test_a_finding_that_is_there_is_judged_whatever_else_does_not_apply() -> None:
    seen = Finding(check="evaluate.recall", label="fraud", estimate=0.05, low=0.01, high=0.08, n=90)
    decided = decide([LABELLESS, seen], {"recall": Requirement(check="evaluate.recall", at_least=0.1)}, DIGESTS)
    assert [judgement.status for judgement in decided.judged] == ["blocked"]


@pytest.mark.parametrize(
    ("check", "system", "status"),
    [
        ("evaluate.triage", "image", "not applicable"),
        ("evaluate.triage", "medical", "blocked"),  # which has it, so somebody must have switched it off
        ("evaluate.closed_loop", "medical", "not applicable"),
        ("evaluate.recal", "image", "blocked"),  # mistyped
        ("evaluate.*", "image", "blocked"),
        ("evaluate.triage", None, "blocked"),
    ],
)
def test_a_check_of_another_system_does_not_apply_but_a_missing_one_blocks(
    check: str, system: str | None, status: str
) -> None:
    asked = {"met": Requirement(check="train.parity"), "it": Requirement(check=check, case="nothing", at_least=0.5)}
    parity = Finding(check="train.parity", verdict="pass")
    decided = decide([METRIC, parity], asked, DIGESTS, system=system)
    assert decided.judged[1].status == status
    assert decided.status == ("eligible" if status == "not applicable" else "blocked")


def test_a_verdict_with_what_does_not_apply_survives_its_file(tmp_path: Path) -> None:
    asked = {
        "met": Requirement(check="evaluate.metric", at_least=0.5),
        "recall": Requirement(check="evaluate.recall", at_least=0.1),
    }
    decided = decide([METRIC, LABELLESS], asked, DIGESTS)
    verdicts.write(decided, tmp_path / "verdict.json")

    assert verdicts.read(tmp_path / "verdict.json") == decided
    assert json.loads((tmp_path / "verdict.json").read_text())["judged"][1]["status"] == "not applicable"

    nothing = replace(decided, judged=decided.judged[1:])
    verdicts.write(nothing, tmp_path / "nothing.json")
    with pytest.raises(InputError, match="its own judgements say 'blocked'"):
        verdicts.read(tmp_path / "nothing.json")


def test_a_mistyped_metric_blocks_though_another_check_of_the_stage_is_not_applicable() -> None:
    asked = {
        "good": Requirement(check="evaluate.*", metric="acuracy", at_least=0.9),
        "never_missing": Requirement(check="bias.gap"),
    }
    passed = Finding(check="bias.gap", metric="accuracy", slice={"site": "a"}, verdict="pass")
    assert decide([LABELLESS, METRIC, passed], asked, DIGESTS).status == "blocked"
    assert decide([LABELLESS, passed], asked, DIGESTS).inapplicable == ("good",)


def test_what_is_not_applicable_is_the_finding_itself_and_what_is_missing_is_one_of_the_gate() -> None:
    asked = {
        "recall": Requirement(check="evaluate.recall", at_least=0.1),
        "triage": Requirement(check="evaluate.triage", case="first 20%", at_least=0.5),
        "accuracy": Requirement(check="evaluate.metric", metric="roc_auc", at_least=0.5),
    }
    recall, triage, accuracy = (each.finding for each in decide([METRIC, LABELLESS], asked, {}, system="image").judged)

    assert recall == replace(LABELLESS, requirement="≥ 0.1")
    assert (triage.check, triage.subject) == ("gate.unmatched", "evaluate.triage, case first 20%")
    assert (accuracy.check, accuracy.subject) == ("gate.unmatched", "evaluate.metric, metric roc_auc")
    assert [triage.verdict, accuracy.verdict] == ["not applicable", "fail"]
