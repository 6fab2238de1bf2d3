import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from omegaconf import OmegaConf

from hallmark import systems
from hallmark.configure.composing import compose_task
from hallmark.configure.names import read_tasks
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
TASKS = {task: kind.system for task, kind in read_tasks(CONF / "tasks.yaml").items()}


def composed(task: str = "image", *overrides: str):
    return compose_task(CONF, task, system=TASKS[task], parts=systems.load(TASKS[task]).config, overrides=overrides)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_composes_and_names_itself(task: str) -> None:
    parameters = composed(task)
    assert (parameters.task, parameters.system) == (task, TASKS[task])
    assert parameters.publish.experiment == task


@pytest.mark.parametrize("task", TASKS)
def test_the_parameters_in_git_are_what_conf_composes_to(task: str) -> None:
    kept = (CONF.parent / "params" / f"{task}.yaml").read_text(encoding="utf-8")
    assert kept == OmegaConf.to_yaml(composed(task))


def test_an_override_reaches_its_key() -> None:
    assert composed("image", "train.epochs=3").train.epochs == 3


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("+train.epoch=3", "unknown key train.epoch in conf/: train knows batch_size, .* did you mean epochs?"),
        ("+trian.epochs=3", "unknown key trian in conf/: the top level knows .* did you mean train?"),
        ("train.epochs=many", "train.epochs in conf/ has the wrong type: Value 'many' .* Integer"),
        ("+train.network.dept=3", "unknown key train.network.dept in conf/"),
        ("seed=null", "seed in conf/ has the wrong type: Incompatible value 'None' for field of type 'int'"),
        ("train.epochs='???'", "the key train.epochs has no value"),
        ("bias.metrics=accuracy", "bias.metrics in conf/ has the wrong type: Invalid value assigned"),
        ("gate=nowhere", "conf/ does not compose for task 'image': .*Could not .* 'gate/nowhere'"),
        ("about.title=${nothing.here}", "conf/ does not resolve: .*nothing.here"),
    ],
)
def test_a_mistake_is_named_with_its_path(override: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        composed("image", override)


def test_a_broken_yaml_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text("tasks: {image: [", encoding="utf-8")
    with pytest.raises(InputError, match="tasks.yaml must map tasks to their system"):
        read_tasks(tmp_path / "tasks.yaml")
    with pytest.raises(InputError, match="nothing.yaml is missing"):
        read_tasks(tmp_path / "nothing.yaml")


def test_the_answer_is_the_systems_usual_one_or_the_one_that_is_asked_for() -> None:
    parts = systems.load("robotics").config
    assert compose_task(CONF, "robotics", system="robotics", parts=parts).answer == "action"
    composed = compose_task(CONF, "robotics", system="robotics", parts=parts, answer="classes")
    assert composed.answer == "classes"
    with pytest.raises(InputError, match="answer 'next_item' is none of those of the system 'robotics'"):
        compose_task(CONF, "robotics", system="robotics", parts=parts, answer="next_item")


@pytest.mark.parametrize(
    ("task", "override", "key"),
    [
        ("speech", "+decision.positive=yes", "positive"),
        ("robotics", "+decision.matrix={a: {b: 2.0}}", "matrix"),
        ("recommendation", "+decision.specificity=0.9", "specificity"),
        ("language", "+decision.mistake=2.0", "mistake"),
    ],
)
def test_a_key_of_decision_that_the_answer_cannot_use_is_refused(task: str, override: str, key: str) -> None:
    with pytest.raises(InputError, match=rf"the answer '\w+' can use .* and not decision\.{key}"):
        composed(task, override)


def test_an_unset_system_key_is_refused() -> None:
    @dataclass
    class Reading:
        column: str = "???"

    parts = ModuleType("parts")
    original = systems.load("image").config
    parts.Raw, parts.Network, parts.Reading = original.Raw, original.Network, Reading  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"prepare\.reading"):
        compose_task(CONF, "image", system="image", parts=parts)


@pytest.mark.parametrize(
    "text",
    ["epochs: 2001-99-99\n", "epochs: " + "9" * 5000 + "\n", "epochs: " + "[" * 5000 + "\n", 'epochs: "\\ud800"\n'],
    ids=["no date", "more digits than Python takes", "brackets", "half a character"],
)
def test_a_file_that_yaml_cannot_make_values_of_is_one_sentence(tmp_path: Path, text: str) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    (conf / "train/default.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        compose_task(conf, "image", system="image", parts=systems.load("image").config)
