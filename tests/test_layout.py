"""The layout names the paths that DVC's pipeline names, and nobody else spells them."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml
from imports import ROOT

from hallmark.layout import JUDGED_STAGES, Layout, ReportingStage

SOURCES = sorted(path.relative_to(ROOT) for room in ("src", "pipelines") for path in (ROOT / room).rglob("*.py"))
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
LAYOUT = Layout("own")
FILES = {
    path.name
    for path in (
        *(
            LAYOUT.findings("gate"),
            LAYOUT.predictions,
            LAYOUT.scorers,
            LAYOUT.metrics("test"),
            LAYOUT.groups,
            LAYOUT.splits,
        ),
        *(LAYOUT.verdict, LAYOUT.signature, LAYOUT.summary, LAYOUT.card, LAYOUT.published_version, LAYOUT.drift_page),
        *(LAYOUT.cost("train"), LAYOUT.curves, LAYOUT.failures, LAYOUT.data_docs, LAYOUT.parameters, LAYOUT.ledger),
    )
}


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
    assert outputs_of("evaluate") > {LAYOUT.predictions, LAYOUT.episodes, LAYOUT.scorers, LAYOUT.figures("evaluate")}
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


FOLDERS = {"data", "data/raw", "data/prepared", "params", "models", "reports", ".ledger", ".state"}
BELOW_A_FOLDER = re.compile(r"(data/(raw|prepared)|params|models|reports|\.ledger|\.state)/")
OF_NO_TASK = {  # what lies in these folders and is no task's
    "src/hallmark/lock_copy.py": [".state/dvc.lock"],
    "src/hallmark/verify/lock.py": ["models/", "reports/"],  # all that DVC keeps
}


@pytest.mark.parametrize(
    ("code", "spelled"),
    [
        ('Path("reports") / task / "gate"', ["reports"]),
        ('f"models/{task}"', ["models/"]),
        ('root / "params" / f"{task}.yaml"', ["params"]),
        ('read("data/prepared/image/splits.csv")', ["data/prepared/image/splits.csv"]),
        ('folder / "findings.json"', ["findings.json"]),
        ('checks["reports"]; layout.findings("gate"); Path("conf")', []),
    ],
)
def test_a_spelled_path_is_found(code: str, spelled: list[str]) -> None:
    assert spelled_paths(ast.parse(code)) == spelled


def test_no_other_module_spells_the_path_of_a_task() -> None:
    spelled = {path: spelled_paths(ast.parse((ROOT / path).read_text(encoding="utf-8"))) for path in SOURCES}
    found = {path.as_posix(): texts for path, texts in spelled.items() if texts and path.name != "layout.py"}
    assert found == OF_NO_TASK


def spelled_paths(tree: ast.AST) -> list[str]:
    """Return the literals that make a path below a folder of the layout, and names of its files that join a path."""
    spelled = []
    for node in ast.walk(tree):
        literals = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.Constant)]
        texts = [child.value for child in literals if isinstance(child.value, str)]
        joins_a_path = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        is_path = isinstance(node, ast.Call) and ast.unparse(node.func) == "Path"
        is_sentence = isinstance(node, ast.Expr)  # a docstring
        for text in texts:
            names_a_folder = text in FOLDERS and (joins_a_path or is_path)
            names_a_file = text in FILES and joins_a_path
            begins_in_a_folder = BELOW_A_FOLDER.match(text) and not is_sentence
            if names_a_folder or names_a_file or begins_in_a_folder:
                spelled.append(text)
    return spelled
