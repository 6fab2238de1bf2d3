"""What counts as the same on another machine, and what does not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.findings import Finding
from hallmark.contracts.summaries import Level, Reason, Summary
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.verify.evidence_comparison import CELLS, EvidenceComparison

METRIC = Finding(
    check="evaluate.metric",
    metric="accuracy",
    estimate=0.9,
    low=0.88,
    high=0.92,
    requirement="≥ 0.8",
    n=400,
    verdict="pass",
    reason="0.9 of 400 answers are right.",
)
JUDGED = Judgement("accuracy", METRIC, "all of 0.9 [0.88, 0.92] is ≥ 0.8", "eligible")


def differences(one: Finding, other: Finding) -> list[str]:
    comparison = EvidenceComparison()
    comparison.findings("evaluate", [one], [other])
    return [each.subject.rpartition(", ")[2] for each in comparison.differences]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, []),
        ({"estimate": 0.9019}, []),  # 5 % of the width, 0.04, is 0.002
        ({"estimate": 0.9021}, ["estimate"]),
        ({"low": 0.879, "high": 0.921}, []),
        ({"high": None}, ["high"]),
        ({"verdict": "unresolved"}, ["verdict"]),
        ({"n": 401}, ["n"]),
        ({"reason": "0.901 of 400 answers are right."}, []),
        ({"reason": "0.94 of 400 answers are right."}, []),  # 5 % of 0.9 is 0.045
        ({"reason": "0.99 of 400 answers are right."}, ["reason"]),
        ({"low": -np.inf, "high": np.inf}, ["low", "high"]),
        ({"estimate": np.inf}, ["estimate"]),
        ({"reason": "0.7 of 400 answers are right."}, ["reason"]),
        ({"reason": "0.9 of 400 answers are wrong."}, ["reason"]),
        ({"requirement": "≥ 0.5"}, ["requirement"]),
        ({"needed": 100}, ["needed"]),
    ],
)
def test_a_finding_may_differ_by_what_machines_do(change: dict[str, Any], names: list[str]) -> None:
    assert differences(METRIC, replace(METRIC, **change)) == names


@pytest.mark.parametrize(("seen", "names"), [(1.0009e-2, []), (1.002e-2, ["estimate"])])
def test_a_number_without_an_interval_may_differ_by_a_thousandth(seen: float, names: list[str]) -> None:
    alone = Finding(check="drift.column", column="amount", estimate=1e-2)
    assert differences(alone, replace(alone, estimate=seen)) == names


def test_a_finding_more_or_of_another_subject_is_named() -> None:
    comparison = EvidenceComparison()
    comparison.findings("evaluate", [METRIC], [METRIC, replace(METRIC, metric="cost")])
    (only,) = comparison.differences
    assert "evaluate.metric of cost" in only.actual


def test_the_deviation_is_the_largest_share_of_what_is_tolerated() -> None:
    comparison = EvidenceComparison()
    comparison.findings("evaluate", [METRIC], [replace(METRIC, estimate=0.901, low=0.8802)])
    assert comparison.differences == []
    assert comparison.deviation == pytest.approx(0.001 / (0.05 * 0.04), abs=0.01)


def test_judgements_and_digests_must_be_equal() -> None:
    names = ("model", "raw", "code", "environment", "evidence")
    verdict = Verdict("eligible", (JUDGED,), dict.fromkeys(names, "a" * 64))
    other_machine = replace(verdict, digests={**verdict.digests, "environment": "b" * 64, "evidence": "b" * 64})
    other_raw = replace(verdict, digests={**verdict.digests, "raw": "b" * 64})
    blocked = replace(verdict, status="blocked", judged=(replace(JUDGED, status="blocked"),))
    asked = replace(verdict, judged=(replace(JUDGED, requirement="ranking"),))
    subjects = []
    for seen in (verdict, other_machine, other_raw, blocked, asked):
        comparison = EvidenceComparison()
        comparison.verdicts(verdict, seen)
        subjects.append([each.subject for each in comparison.differences])

    judgement = "judgement accuracy, evaluate.metric of accuracy"
    assert subjects == [
        [],
        [],
        ["digest raw"],
        ["the verdict's status", judgement],
        ["the verdict's judgements"],
    ]


def table(rows: int = 2000) -> pd.DataFrame:
    confidence = np.linspace(0.1, 0.9, rows)
    confidence[3] = np.nan
    label = np.where(np.arange(rows) % 2, "a", "b").astype(object)
    label[5] = None
    return pd.DataFrame({"id": [f"row{i}" for i in range(rows)], "confidence": confidence, "label": label})


@pytest.mark.parametrize(
    ("column", "rows", "value", "found"),
    [
        ("confidence", 1900, 1e-7, False),  # the last bits of every cell
        ("confidence", 2, 0.5, False),  # one in a thousand may tip
        ("confidence", 3, 0.5, True),
        ("label", 2, "c", False),
        ("label", 3, "c", True),
    ],
)
def test_of_the_predictions_a_thousandth_may_differ(column: str, rows: int, value: str | float, found: bool) -> None:
    seen = table()
    is_changed = seen.index.isin(range(10, 10 + rows))
    changed = value if isinstance(value, str) else seen[column] + value
    seen[column] = seen[column].mask(is_changed, changed)

    comparison = EvidenceComparison()
    comparison.table("predictions", table(), seen, share=CELLS)
    assert bool(comparison.differences) == found


def test_other_rows_or_columns_are_no_table_to_compare() -> None:
    for seen in (table().iloc[1:], table().rename(columns={"label": "answer"})):
        comparison = EvidenceComparison()
        comparison.table("predictions", table(), seen, share=1.0)
        assert [each.subject for each in comparison.differences] == ["predictions"]


def test_a_table_with_intervals_is_judged_by_their_width() -> None:
    row = pd.DataFrame({"metric": ["accuracy"], "estimate": [0.9], "low": [0.88], "high": [0.92]})
    for estimate, count in ((0.9019, 0), (0.9021, 1)):
        comparison = EvidenceComparison()
        comparison.table("scorers", row, row.assign(estimate=estimate))
        assert len(comparison.differences) == count


def test_an_interval_without_bounds_tolerates_nothing() -> None:
    boundless = replace(METRIC, low=-np.inf, high=np.inf)
    assert differences(boundless, replace(boundless, estimate=0.61)) == ["estimate"]
    comparison = EvidenceComparison()
    columns = {"estimate": [0.999], "low": [-np.inf], "high": [np.inf]}
    comparison.table("scorers", pd.DataFrame(columns), pd.DataFrame(columns | {"estimate": [0.61]}))
    assert len(comparison.differences) == 1


LEVEL = Level(scorer="model", estimate=0.9, low=0.88, high=0.92, n=400)
SUMMARY = Summary(
    task="small",
    metric="accuracy",
    model=LEVEL,
    best_simple_method=replace(LEVEL, scorer="trees"),
    rule=None,
    worst_gap=replace(METRIC, check="bias.gap", slice={"site": "a"}),
    status="eligible",
    reasons=(Reason(requirement="accuracy", finding=METRIC, further=2),),
)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, []),
        ({"model": replace(LEVEL, estimate=0.9019)}, []),  # within a twentieth of the interval
        ({"model": replace(LEVEL, estimate=0.91)}, ["the summary's model, estimate"]),
        ({"best_simple_method": replace(LEVEL, scorer="linear")}, ["the summary's best simple method, name and n"]),
        ({"rule": replace(LEVEL, scorer="rule")}, ["the summary's rule"]),
        ({"worst_gap": None}, ["the summary: findings"]),
        ({"status": "blocked"}, ["the summary's task, metric and status"]),
        ({"reasons": (replace(SUMMARY.reasons[0], further=3),)}, ["the summary's reasons"]),
    ],
)
def test_a_summary_that_says_otherwise_is_named(change: dict[str, Any], names: list[str]) -> None:
    comparison = EvidenceComparison()
    comparison.summaries(SUMMARY, replace(SUMMARY, **change))
    assert [each.subject for each in comparison.differences] == names
