"""The schemas for editors and the page of all keys: as the models are, and of use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from imports import ROOT
from jsonschema import Draft202012Validator

from hallmark import systems
from hallmark.configure import json_schema, reference_page
from hallmark.configure.task_list import read_tasks
from hallmark.contracts.checks import CHECKS

CONF = ROOT / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")
FILES = [*sorted((CONF / "task").glob("*.yaml")), *sorted((ROOT / "docs/examples").glob("*.yaml"))]


def stated_schema(path: Path) -> Path:
    """The schema that a task's file names; an example stands in conf/task/ once it is used."""
    content = path.read_text(encoding="utf-8")
    names: list[str] = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", content, re.MULTILINE)
    line = "# yaml-language-server: $schema=../schema/<system>.json"
    assert len(names) == 1, f"{path.name} must name the schema of its system once, in the line {line}"
    return (CONF / "task" / names[0]).resolve()


def mistakes(system: str, content: Any) -> list[str]:
    validator = Draft202012Validator(json_schema.task_schema(system))
    return [error.json_path for error in validator.iter_errors(content)]


@pytest.mark.parametrize("system", systems.NAMES)
def test_the_schemas_in_git_are_those_of_the_models(system: str) -> None:
    kept = (CONF / "schema" / f"{system}.json").read_text(encoding="utf-8")
    assert kept == json_schema.to_json(json_schema.task_schema(system)), "run `make schema`"
    Draft202012Validator.check_schema(json.loads(kept))


def test_the_page_in_git_is_that_of_the_models() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == reference_page.render(CONF), (
        "run `make schema`"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_file_meets_the_schema_that_it_names(path: Path) -> None:
    found = stated_schema(path)
    assert found.parent == CONF / "schema"
    if path.parent.name == "task":
        assert found.stem == TASKS[path.stem].system
    assert mistakes(found.stem, yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("system", systems.NAMES)
def test_a_systems_own_file_meets_its_schema(system: str) -> None:
    assert mistakes(system, yaml.safe_load((CONF / "system" / f"{system}.yaml").read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"train": {"epoch": 3}}, "$.train"),
        ({"train": {"epochs": 0}}, "$.train.epochs"),
        ({"train": {"network": {"width": 0}}}, "$.train.network.width"),
        ({"evaluate": {"metrics": ["acuracy"]}}, "$.evaluate.metrics[0]"),
        ({"evaluate": {"metrics": ["perplexity"]}}, "$.evaluate.metrics[0]"),
        ({"prepare": {"reading": {"format": "foldr"}}}, "$.prepare.reading.format"),
        ({"prepare": {"split": {"method": "random"}}}, "$.prepare.split.method"),
        ({"about": {"title": ["a"]}}, "$.about.title"),
        ({"gate": {"requirements": {"mine": {"check": "evaluate.metrik"}}}}, "$.gate.requirements.mine.check"),
        ({"gate": {"requirements": {"mine": {"metric": "acuracyy"}}}}, "$.gate.requirements.mine.metric"),
        ({"gate": {"requirements": {"mine": {"failed": "warn"}}}}, "$.gate.requirements.mine.failed"),
        (
            {
                "gate": {"requirements": {"mine": {"metric": "acuracyy"}}},
                "defaults": [{"override /gate": "high_stakes"}],
            },
            "$.gate.requirements.mine.metric",
        ),
        ({"task": "image"}, "$"),
    ],
)
def test_an_editor_marks_a_mistake_where_it_is(content: dict[str, Any], path: str) -> None:
    assert mistakes("image", content) == [path]


def test_a_part_of_a_section_and_a_reference_are_no_mistakes() -> None:
    requirements = {"group_gap": {"at_least": -0.15}, "drift_error": {"at_least": "${gate.champion.at_least}"}}
    assert (
        mistakes("image", {"gate": {"requirements": requirements}, "defaults": [{"override /gate": "high_stakes"}]})
        == []
    )


@pytest.mark.parametrize("check", [*CHECKS, "validate.*", "bias.*", "validate.not_blank", "validate.größe 2"])
def test_every_check_may_be_named_by_a_requirement(check: str) -> None:
    assert mistakes("image", {"gate": {"requirements": {"mine": {"check": check}}}}) == []


@pytest.mark.parametrize("metric", ["accuracy", "cost", "*", None, "${evaluate.primary_metric}", "return"])
def test_a_metric_of_the_system_or_of_a_check_may_be_named(metric: str | None) -> None:
    assert mistakes("image", {"gate": {"requirements": {"mine": {"metric": metric}}}}) == []


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"evaluate": {"functions": {"lift": {}}, "metrics": ["accuracy", "lift"]}},
        {"evaluate": {"metrics": ["accuracy", "lift"]}, "defaults": [{"override /evaluate": "with_lift"}]},
    ],
)
def test_a_metric_of_the_tasks_own_may_be_named(elsewhere: dict[str, Any]) -> None:
    requirement = {"gate": {"requirements": {"mine": {"check": "evaluate.metric", "metric": "lift"}}}}
    assert mistakes("image", requirement | elsewhere) == []


def test_a_text_needs_no_quotes_where_configure_needs_none() -> None:
    content = yaml.safe_load("decision: {unit: 012}\nprepare: {reading: {labels: {1: 1, 2: no}}}\nabout: {title: 3}")
    assert mistakes("image", content) == []
    assert mistakes("image", {"about": {"title": None}}) == ["$.about.title"]


def test_a_choice_may_be_a_reference() -> None:
    assert mistakes("image", {"evaluate": {"primary_metric": "${evaluate.metrics[0]}"}}) == []


def test_the_page_names_every_key_of_every_shipped_task() -> None:
    named = set(re.findall(r"^\| `([^`]+)` ", reference_page.render(CONF), re.MULTILINE))
    for task in TASKS:
        parameters = yaml.safe_load((ROOT / "params" / f"{task}.yaml").read_text(encoding="utf-8"))
        for section in ("about", "decision", "train", "evaluate", "bias", "drift", "publish"):
            assert {f"{section}.{key}" for key in parameters[section]} - {
                "train.network",
                "train.optimizer",
                "train.trainer",
                "evaluate.diagnostics",
            } <= named
        for component in ("network", "scheduler"):
            assert {f"train.{component}.{key}" for key in parameters["train"][component]} <= named
