import shutil
from pathlib import Path

import pytest

from hallmark.configure.composition import compose_raw, compose_task, to_yaml
from hallmark.configure.task_list import read_tasks
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
TASKS = {task: kind.system for task, kind in read_tasks(CONF / "tasks.yaml").items()}


def composed(task: str = "image", *overrides: str):
    return compose_task(CONF, task, system=TASKS[task], overrides=overrides)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_composes_and_names_itself(task: str) -> None:
    parameters = composed(task)
    assert (parameters.task, parameters.system) == (task, TASKS[task])
    assert parameters.publish.experiment == task


@pytest.mark.parametrize("task", TASKS)
def test_the_parameters_in_git_are_what_conf_composes_to(task: str) -> None:
    kept = (CONF.parent / "params" / f"{task}.yaml").read_text(encoding="utf-8")
    assert kept == to_yaml(composed(task))


def test_an_override_reaches_its_key() -> None:
    assert composed("image", "train.epochs=3").train.epochs == 3


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("+train.epoch=3", r"unknown key train\.epoch in conf/: train knows batch_size, .* did you mean epochs\?"),
        ("+trian.epochs=3", r"unknown key trian in conf/: the top level knows .* did you mean train\?"),
        ("train.epochs=many", "train.epochs in conf/ is 'many': it must be a whole number, at least 1"),
        ("+train.network.dept=3", "unknown key train.network.dept in conf/"),
        ("seed=null", "seed in conf/ is null: it must be a whole number, from 0 to 268435455"),
        ("train.epochs='???'", "the key train.epochs has no value: set it in conf/task/image.yaml"),
        ("bias.metrics=accuracy", "bias.metrics in conf/ is 'accuracy': it must be a list, each one of accuracy, "),
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
    assert compose_task(CONF, "robotics", system="robotics").answer == "action"
    assert compose_raw(CONF, "robotics", system="robotics", answer="classes").answer == "classes"
    with pytest.raises(InputError, match="answer 'next_item' is none of those of the system 'robotics'"):
        compose_task(CONF, "robotics", system="robotics", answer="next_item")


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
    with pytest.raises(InputError, match=rf"decision\.{key} in conf/ can't be used by the answer '\w+', which can"):
        composed(task, override)


def conf(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_a_key_that_the_system_must_have_is_asked_for(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", "    height: 8\n", "")
    with pytest.raises(InputError, match=r"the key prepare\.reading\.height has no value: set it in conf/task/image"):
        compose_task(copy, "image", system="image")


def test_a_mistake_is_said_to_be_in_the_file_that_holds_it(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", "  epochs: 60\n", "  epochs: 0\n  epoch: 60\n")
    edit(copy / "system/image.yaml", "    flip: false\n", "    flip: 0.5\n")
    edit(copy / "drift/default.yaml", "rows: 10000", "rows: many")
    edit(copy / "config.yaml", "seed: 7", "seed: -7")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image")
    for sentence in (
        "train.epochs in conf/task/image.yaml is 0: it must be at least 1",
        "unknown key train.epoch in conf/task/image.yaml: ",
        "train.network.flip in conf/system/image.yaml is 0.5: it must be true or false",
        "drift.max_rows in conf/drift/default.yaml is 'many': it must be a whole number, at least 1",
        "seed in conf/config.yaml is -7: it must be from 0 to 268435455",
    ):
        assert sentence in str(caught.value)


def test_mistakes_of_every_kind_are_said_at_once_with_their_file(tmp_path: Path) -> None:
    """Of the schema, of a requirement, of what the answer can't use, of expectations and of functions."""
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", "  epochs: 60\n", "  epochs: 0\n")
    mistakes = """
decision: {specificity: 0.9}
gate: {requirements: {own: {check: evaluate.metrics}}}
validate:
  expectations:
    own: {type: expect_nothing, arguments: {}}
    other:
      type: expect_column_values_to_be_unique
      arguments: {column: id, row_condition: [{column: id, operator: is}]}
evaluate:
  functions:
    accuracy: {function: extensions.image.own.none, direction: higher, support: share, columns: [id]}
"""
    (copy / "extra").mkdir()
    (copy / "extra/own.yaml").write_text(f"# @package _global_{mistakes}", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image", overrides=["+extra=own"])
    said = str(caught.value)
    for words in (
        "train.epochs in conf/task/image.yaml is 0: ",
        "decision.specificity in conf/",
        "gate.requirements.own.check in conf/",
        "validate.expectations.own.type in conf/",
        "validate.expectations.other.arguments.row_condition[0].operator in conf/",
        "evaluate.functions.accuracy in conf/",
        "evaluate.functions.accuracy.function in conf/",
    ):
        assert words in said


def test_a_syntax_error_names_its_file_and_line(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", "  epochs: 60\n", "  epochs: 60\n patience: [\n")
    lines = (copy / "task/image.yaml").read_text(encoding="utf-8").splitlines()
    with pytest.raises(InputError, match=rf"conf/task/image\.yaml, line {lines.index(' patience: [') + 1}, column 2: "):
        compose_task(copy, "image", system="image")


@pytest.mark.parametrize(
    "text",
    ["epochs: 2001-99-99\n", "epochs: " + "9" * 5000 + "\n", "epochs: " + "[" * 5000 + "\n", 'epochs: "\\ud800"\n'],
    ids=["no date", "more digits than Python takes", "brackets", "half a character"],
)
def test_a_file_that_yaml_cannot_make_values_of_is_one_sentence(tmp_path: Path, text: str) -> None:
    copy = conf(tmp_path)
    (copy / "train/default.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        compose_task(copy, "image", system="image")
