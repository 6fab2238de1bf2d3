"""Which findings the gate takes from which stage's file."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import small_task
from imports import ROOT

from hallmark.configure.names import read_tasks
from hallmark.contracts import findings
from hallmark.contracts.findings import STAGES, Finding
from hallmark.errors import InputError
from hallmark.gate.collecting import collect

TASKS = read_tasks(ROOT / "conf/tasks.yaml")
GOOD = Finding("evaluate.metric", 5, "accuracy", 0.99, 0.98, 1.0, n=400)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    for stage, found in small_task.FOUND.items():
        findings.write(found, tmp_path / stage / "findings.json")
    return tmp_path


@pytest.mark.parametrize("task", TASKS)
def test_all_that_the_shipped_tasks_found_is_taken(task: str) -> None:
    reports = ROOT / "reports" / task
    assert len(collect(reports, TASKS[task].system)) == sum(
        len(findings.read(path)) for path in findings.files(reports)
    )


def test_findings_come_in_the_order_of_the_stages(reports: Path) -> None:
    assert collect(reports, "table") == [each for stage in STAGES for each in small_task.FOUND[stage]]


@pytest.mark.parametrize("stage", STAGES)
def test_a_finding_of_another_stage_is_refused_in_any_file(reports: Path, stage: str) -> None:
    """As it would be planted: a good figure in a file that a weaker check looks at."""
    of_stage = {"validate": "validate.schema", "train": "train.parity", "evaluate": "evaluate.metric"}
    of_stage |= {"bias": "bias.gap", "drift": "drift.column"}
    path = reports / stage / "findings.json"
    for other, check in of_stage.items():
        planted = replace(GOOD, check=check)
        findings.write([*small_task.FOUND[stage], planted], path)
        if other == stage:
            assert planted in collect(reports, "table")
            continue
        number = len(small_task.FOUND[stage]) + 1
        with pytest.raises(
            InputError, match=rf"{stage}/findings.json, finding {number}, is of '{check}' of 'accuracy'"
        ):
            collect(reports, "table")


@pytest.mark.parametrize(
    ("check", "stage"),
    [
        ("evaluate.metrics", "evaluate"),  # no check at all
        ("evaluate.triage", "evaluate"),  # of the medical system
        ("evaluate.metric.more", "evaluate"),
        ("evaluate", "evaluate"),
        ("gate.signature", "bias"),  # what a person gives
        ("gate.verdict", "train"),
        ("*", "drift"),
        ("", "validate"),
    ],
)
def test_a_check_that_the_stage_of_this_system_lacks_is_refused(reports: Path, check: str, stage: str) -> None:
    findings.write([replace(GOOD, check=check)], reports / stage / "findings.json")
    with pytest.raises(InputError, match=rf"{stage}/findings.json, finding 1"):
        collect(reports, "table")


def test_all_that_is_foreign_is_named_at_once(reports: Path) -> None:
    for stage in ("bias", "drift"):
        findings.write([GOOD, GOOD], reports / stage / "findings.json")
    with pytest.raises(InputError) as caught:
        collect(reports, "table")
    assert str(caught.value).count("is of 'evaluate.metric' of 'accuracy'") == 4


@pytest.mark.parametrize("name", ["estimate", "low", "high"])
@pytest.mark.parametrize("text", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1" + "0" * 400])
def test_a_number_that_is_not_finite_is_refused_when_it_is_read(reports: Path, name: str, text: str) -> None:
    path = reports / "evaluate/findings.json"
    record = {**asdict(GOOD), name: "the number"}
    path.write_text(json.dumps([record]).replace('"the number"', text), encoding="utf-8")
    with pytest.raises(InputError, match=r"evaluate/findings.json") as caught:
        collect(reports, "table")
    if "e" in text or "0" in text:  # the others are no JSON
        assert f"finding 1 (evaluate.metric), is none ({name} is " in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0.999, "high": 0.1}, "its interval begins at low 0.999, above its end high 0.1"),
        ({"n": -1}, "n is -1, must be 0 or more"),
    ],
)
def test_a_finding_that_contradicts_itself_is_refused(reports: Path, change: dict[str, float], words: str) -> None:
    findings.write([replace(GOOD, **change)], reports / "evaluate/findings.json")
    with pytest.raises(InputError, match=words):
        collect(reports, "table")


def test_brackets_without_end_are_refused(reports: Path) -> None:
    (reports / "bias/findings.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(InputError, match=r"bias/findings.json is no whole table of findings"):
        collect(reports, "table")
