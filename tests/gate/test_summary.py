"""The summary, computed by hand."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from hallmark.config.stages import Requirement
from hallmark.contracts import summaries
from hallmark.contracts.findings import Finding
from hallmark.contracts.summaries import Level, Reason
from hallmark.errors import InputError
from hallmark.gate.judgements import decide
from hallmark.gate.summary import summarise

COLUMNS = ["scorer", "split", "metric", "estimate", "low", "high", "n"]
SCORERS = pd.DataFrame(
    [
        ("model", "test", "accuracy", 0.9, 0.85, 0.95, 40),
        ("model", "validation", "accuracy", 0.99, 0.98, 1.0, 20),
        ("model", "test", "cost", 3.0, 2.0, 4.0, 40),
        ("trees", "test", "accuracy", 0.7, 0.6, 0.8, 40),
        ("linear", "test", "accuracy", 0.8, None, None, 40),  # better on test, and not chosen
        ("rule", "test", "accuracy", 0.5, 0.4, 0.6, 40),
    ],
    columns=COLUMNS,
)
MODEL = Finding(check="evaluate.metric", metric="accuracy", estimate=0.9, low=0.85, high=0.95, n=40)
CHOSEN = Finding(check="evaluate.complexity", metric="accuracy", against="trees", estimate=0.2, low=0.1, high=0.3, n=40)


def gap(metric: str, site: str, low: float | None) -> Finding:
    high = None if low is None else 0.5
    estimate = None if low is None else 0.1
    return Finding(check="bias.gap", metric=metric, slice={"site": site}, estimate=estimate, low=low, high=high, n=9)


GAPS = [gap("accuracy", "a", -0.1), gap("accuracy", "b", -0.3), gap("accuracy", "c", None), gap("cost", "a", -9.0)]
FINDINGS = [MODEL, CHOSEN, *GAPS]
REQUIREMENTS = {
    "accuracy": Requirement(check="evaluate.metric", at_least=0.8),
    "gaps": Requirement(check="bias.gap", metric="accuracy", at_least=-0.2),
}


def summary_of(findings: list[Finding], scorers: pd.DataFrame = SCORERS) -> summaries.Summary:
    return summarise(findings, scorers, decide(findings, REQUIREMENTS, {}), task="small", metric="accuracy")


def test_the_summary_by_hand() -> None:
    summary = summary_of(FINDINGS)
    assert summary.model == Level(scorer="model", estimate=0.9, low=0.85, high=0.95, n=40)
    assert summary.best_simple_method == Level(scorer="trees", estimate=0.7, low=0.6, high=0.8, n=40)
    assert summary.rule == Level(scorer="rule", estimate=0.5, low=0.4, high=0.6, n=40)
    assert summary.worst_gap == GAPS[1]  # of the primary metric, where it is judged
    assert summary.status == "needs review"
    unresolved = replace(GAPS[1], requirement="≥ -0.2", verdict="unresolved", needed=summary.reasons[0].finding.needed)
    assert summary.reasons == (Reason(requirement="gaps", finding=unresolved, further=1),)


def test_it_reads_as_lines_for_people() -> None:
    assert dict(summary_of(FINDINGS).lines) == {
        "accuracy on test": "0.900 [0.850, 0.950], n = 40",
        "best simple method": "trees: 0.700 [0.600, 0.800]",
        "fixed rule": "0.500 [0.400, 0.600]",
        "worst group": "accuracy, site=b: 0.1 [-0.3, 0.5]",
        "what decided": "2 findings, under gaps",
    }


def test_where_all_is_met_every_requirement_is_a_reason() -> None:
    findings = [MODEL, CHOSEN, gap("accuracy", "a", -0.1)]
    summary = summary_of(findings)
    assert summary.status == "eligible"
    assert [(reason.requirement, reason.further) for reason in summary.reasons] == [("accuracy", 0), ("gaps", 0)]
    assert summary.decided == "2 judged findings meet their requirements"


def test_gaps_of_another_metric_count_where_the_primary_metric_is_not_judged() -> None:
    assert summary_of([MODEL, CHOSEN, GAPS[3]]).worst_gap == GAPS[3]
    assert summary_of([MODEL, CHOSEN, GAPS[2]]).worst_gap is None
    assert summary_of([MODEL, CHOSEN]).lines["worst group"] == "not judged"


def test_without_a_simple_method_or_a_rule_there_is_none() -> None:
    summary = summary_of([MODEL, *GAPS], SCORERS[SCORERS["scorer"] == "model"])
    assert (summary.best_simple_method, summary.rule) == (None, None)
    assert not {"best simple method", "fixed rule"} & summary.lines.keys()


def test_a_limit_that_is_unknown_is_no_number() -> None:
    summary = summary_of([MODEL, replace(CHOSEN, against="linear")])
    assert summary.best_simple_method == Level(scorer="linear", estimate=0.8, low=None, high=None, n=40)
    assert summary.best_simple_method.text == "0.800"


@pytest.mark.parametrize("scorer", ["model", "trees"])
def test_scorers_that_lack_what_the_findings_name_are_refused(scorer: str) -> None:
    with pytest.raises(InputError, match=rf"has no accuracy of \['{scorer}'\] on test: run evaluate again"):
        summary_of(FINDINGS, SCORERS[SCORERS["scorer"] != scorer])


def test_a_summary_survives_its_file(tmp_path: Path) -> None:
    for findings in (FINDINGS, [MODEL]):
        summary = summary_of(findings)
        summaries.write(summary, tmp_path / "summary.json")
        assert summaries.read(tmp_path / "summary.json") == summary


@pytest.mark.parametrize("content", ["", "{}", "[]", "3", '{"status": "fine"}'])
def test_a_file_that_is_no_summary_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "summary.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"summary\.json is no summary .*: run the gate again"):
        summaries.read(tmp_path / "summary.json")
