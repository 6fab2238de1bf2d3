"""A task's answer predicts what its reading makes: labels of a known set, or numbers."""

import shutil
from pathlib import Path

import pytest
import yaml
from imports import ROOT

from hallmark import answers, systems
from hallmark.config import Parameters, parameters_model
from hallmark.configure.composition import compose_task
from hallmark.errors import InputError


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A copy of conf/ with the wall-following robot, whose actions are labels; those of `robotics` are numbers."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    shutil.copy(ROOT / "docs/examples/wall_following.yaml", tmp_path / "conf/task/wall_following.yaml")
    return tmp_path / "conf"


def composed(conf: Path, task: str, answer: str, *overrides: str) -> Parameters:
    return compose_task(conf, task, system="robotics", answer=answer, overrides=overrides)


@pytest.mark.parametrize(
    ("task", "answer", "words"),
    [
        (
            "robotics",
            "classes",
            "prepare.reading.actions in conf/task/robotics.yaml makes the array 'target.action', but the task's "
            "answer, 'classes', predicts labels of a known set: write `answer: action` for the task in "
            "conf/tasks.yaml, or ",
        ),
        (
            "wall_following",
            "action",
            "prepare.reading.labels in conf/task/wall_following.yaml makes labels of a known set, but the task's "
            "answer, 'action', predicts the array 'target.action': write `answer: classes` for the task in "
            "conf/tasks.yaml, or ",
        ),
    ],
)
def test_what_the_reading_does_not_make_is_no_answer(conf: Path, task: str, answer: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        composed(conf, task, answer)
    assert words in str(caught.value)


def test_each_answer_of_its_own_reading_passes(conf: Path) -> None:
    assert composed(conf, "robotics", "action").answer == "action"
    assert composed(conf, "wall_following", "classes").answer == "classes"


def test_a_reading_that_makes_no_action_is_refused_for_that_alone(conf: Path) -> None:
    with pytest.raises(InputError) as caught:
        composed(conf, "wall_following", "classes", "prepare.reading.columns.label=null")
    assert "prepare.reading.actions in conf/ names none: set actions" in str(caught.value)
    assert "conf/tasks.yaml" not in str(caught.value)


@pytest.mark.parametrize("path", sorted((ROOT / "params").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_reading_of_a_shipped_task_makes_what_its_answer_predicts(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    parameters = parameters_model(content["system"]).model_validate(content)
    target = parameters.prepare.reading.target()
    assert target is not None
    assert target.array == answers.load(content["answer"]).target
    assert content["answer"] in systems.ANSWERS[content["system"]]
