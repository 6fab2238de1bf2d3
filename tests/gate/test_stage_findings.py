"""Which findings the gate takes from which stage's file."""

import json
from pathlib import Path

import pytest
import small_task
from imports import ROOT

from hallmark.configure.task_list import read_tasks
from hallmark.contracts import findings
from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.gate.stage_findings import read_stage_findings
from hallmark.layout import JUDGED_STAGES, Layout

TASKS = read_tasks(ROOT / "conf/tasks.yaml")
GOOD = Finding(check="evaluate.metric", metric="accuracy", estimate=0.99, low=0.98, high=1.0, n=400)

PLANTED = {
    finding.check: finding
    for finding in (
        Finding(check="validate.schema", verdict="pass"),
        Finding(check="train.parity", verdict="pass"),
        GOOD,
        Finding(check="bias.gap", metric="accuracy", slice={"site": "a"}, estimate=0.0),
        Finding(check="drift.column", column="amount", verdict="pass"),
    )
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout("small", tmp_path)
    for stage in JUDGED_STAGES:
        findings.write(small_task.FOUND[stage], layout.findings(stage))
    return layout


@pytest.mark.parametrize("task", TASKS)
def test_all_that_the_shipped_tasks_found_is_taken(task: str) -> None:
    layout = Layout(task, ROOT)
    assert len(read_stage_findings(layout, TASKS[task].system)) == sum(
        len(findings.read(path)) for path in layout.judged_findings
    )


def test_findings_come_in_the_order_of_the_stages(layout: Layout) -> None:
    assert read_stage_findings(layout, "table") == [each for stage in JUDGED_STAGES for each in small_task.FOUND[stage]]


@pytest.mark.parametrize("stage", JUDGED_STAGES)
def test_a_finding_of_another_stage_is_refused_in_any_file(layout: Layout, stage: str) -> None:
    """As it would be planted: a good figure in a file that a weaker check looks at."""
    path = layout.reports / stage / "findings.json"
    for check in PLANTED:
        other = check.partition(".")[0]
        planted = PLANTED[check]
        findings.write([*small_task.FOUND[stage], planted], path)
        if other == stage:
            assert planted in read_stage_findings(layout, "table")
            continue

        number = len(small_task.FOUND[stage]) + 1
        with pytest.raises(InputError, match=rf"{stage}/findings.json, finding {number}, has the check '{check}' "):
            read_stage_findings(layout, "table")


@pytest.mark.parametrize(
    ("record", "stage"),
    [
        ({"check": "evaluate.metrics"}, "evaluate"),  # no check at all
        ({"check": "evaluate.triage", "case": "first 10%"}, "evaluate"),  # of the medical system
        ({"check": "evaluate.metric.more"}, "evaluate"),
        ({"check": "evaluate"}, "evaluate"),
        ({"check": "gate.signature"}, "bias"),  # what a person gives
        ({"check": "gate.verdict", "case": "eligible"}, "train"),
        ({"check": "validate.*"}, "validate"),
        ({"check": "*"}, "drift"),
        ({"check": ""}, "validate"),
    ],
)
def test_a_check_that_the_stage_of_this_system_lacks_is_refused(
    layout: Layout, record: dict[str, str], stage: str
) -> None:
    (layout.reports / stage / "findings.json").write_text(json.dumps([record]), encoding="utf-8")
    with pytest.raises(InputError, match=rf"{stage}/findings.json, finding 1"):
        read_stage_findings(layout, "table")


def test_all_that_is_foreign_is_named_at_once(layout: Layout) -> None:
    for stage in ("bias", "drift"):
        findings.write([GOOD, GOOD], layout.reports / stage / "findings.json")
    with pytest.raises(InputError) as caught:
        read_stage_findings(layout, "table")
    assert str(caught.value).count("has the check 'evaluate.metric' (accuracy)") == 4


@pytest.mark.parametrize("name", ["estimate", "low", "high"])
@pytest.mark.parametrize("text", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1" + "0" * 400])
def test_a_number_that_is_not_finite_is_refused_when_it_is_read(layout: Layout, name: str, text: str) -> None:
    path = layout.reports / "evaluate/findings.json"
    record = {**findings.record(GOOD), name: "the number"}
    path.write_text(json.dumps([record]).replace('"the number"', text), encoding="utf-8")
    with pytest.raises(InputError, match=r"evaluate/findings.json") as caught:
        read_stage_findings(layout, "table")
    if "e" in text or "0" in text:  # the others are no JSON
        assert f"finding 1 (evaluate.metric), is none ({name} is " in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0.999, "high": 0.1}, "its interval begins at low 0.999, above its end high 0.1"),
        ({"n": -1}, "n is -1, must be 0 or more"),
    ],
)
def test_a_finding_that_contradicts_itself_is_refused(layout: Layout, change: dict[str, float], words: str) -> None:
    record = findings.record(GOOD) | change  # no such finding can be made, but a file can hold its text
    (layout.reports / "evaluate/findings.json").write_text(json.dumps([record]), encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_stage_findings(layout, "table")


def test_brackets_without_end_are_refused(layout: Layout) -> None:
    (layout.reports / "bias/findings.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(InputError, match=r"bias/findings.json is no whole table of findings"):
        read_stage_findings(layout, "table")
