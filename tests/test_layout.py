"""The layout names the paths that DVC's pipeline names."""

from pathlib import Path
from typing import get_args

import yaml
from imports import ROOT

from hallmark.layout import JUDGED_STAGES, Layout, ReportingStage

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
LAYOUT = Layout("own")


def outputs_of(stage: str) -> set[Path]:
    """Return the paths that a stage writes for the task `own`, as dvc.yaml lists them."""
    listed = PIPELINE["stages"][stage]["do"]
    entries = [*listed.get("outs", ()), *listed.get("metrics", ())]
    paths = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    return {Path(path.replace("${key}", "own")) for path in paths}


def test_each_stage_writes_where_the_layout_says() -> None:
    assert outputs_of("raw") == {LAYOUT.raw}
    assert outputs_of("configure") == {LAYOUT.parameters}
    assert outputs_of("prepare") == {LAYOUT.prepared}
    assert outputs_of("train") > {LAYOUT.package, LAYOUT.findings("train"), LAYOUT.figures("train")}
    assert outputs_of("evaluate") > {LAYOUT.predictions, LAYOUT.scorers, LAYOUT.figures("evaluate")}
    assert outputs_of("gate") >= {LAYOUT.verdict, LAYOUT.findings("gate")}
    assert outputs_of("publish") == {LAYOUT.report("publish")}


def test_every_report_lies_in_the_folder_of_its_stage() -> None:
    for stage in get_args(ReportingStage):
        own = {path for path in outputs_of(stage) if path != LAYOUT.package}
        assert all(path.is_relative_to(LAYOUT.report(stage)) for path in own)


def test_the_gate_depends_on_the_findings_that_it_judges() -> None:
    dependencies = {path.replace("${key}", "own") for path in PIPELINE["stages"]["gate"]["do"]["deps"]}
    assert LAYOUT.judged_findings == [Path(f"reports/own/{stage}/findings.json") for stage in JUDGED_STAGES]
    assert {path.as_posix() for path in LAYOUT.judged_findings} <= dependencies


def test_another_root_holds_the_same_paths() -> None:
    elsewhere = Layout("own", Path("clone"))
    assert elsewhere.verdict == Path("clone") / LAYOUT.verdict
    assert elsewhere.training_state("0123456789abcdef" * 4) == Path("clone/.state/own/0123456789abcdef")
