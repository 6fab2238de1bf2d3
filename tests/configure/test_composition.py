import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from hallmark.config import Parameters
from hallmark.configure.composition import compose_raw, compose_task, to_yaml
from hallmark.configure.migration import migrate
from hallmark.configure.task_list import read_tasks
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
TASKS = {task: kind.system for task, kind in read_tasks(CONF / "tasks.yaml").items()}


@cache
def composed(task: str = "image", *overrides: str) -> Parameters:
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
        (
            "+train.epoch=3",
            r"unknown key train\.epoch in conf/: train knows augmentation, batch_size, .* did you mean epochs\?",
        ),
        ("+trian.epochs=3", r"unknown key trian in conf/: the top level knows .* did you mean train\?"),
        ("train.epochs=many", "train.epochs in conf/ is 'many': it must be a whole number, at least 1"),
        ("+train.network.dept=3", "unknown key train.network.dept in conf/"),
        ("seed=null", "seed in conf/ is null: it must be a whole number, from 0 to 268435455"),
        ("train.epochs='???'", "the key train.epochs has no value: set it in conf/task/image.yaml"),
        ("bias.metrics=accuracy", "bias.metrics in conf/ is 'accuracy': it must be a list, each one of accuracy, "),
        ("gate=nowhere", "'gate=nowhere' names no option of gate: there are default, high_stakes"),
        (
            "about.title=${nothing.here}",
            r"about\.title in conf/ is '\$\{nothing\.here\}', but there is no key nothing\.here in conf/",
        ),
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
    edit(copy / "augmentation/affine.yaml", "flip: false\n", "flip: 0.5\n")
    edit(copy / "drift/default.yaml", "rows: 10000", "rows: many")
    edit(copy / "config.yaml", "seed: 7", "seed: -7")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image")

    for sentence in (
        "train.epochs in conf/task/image.yaml is 0: it must be at least 1",
        "unknown key train.epoch in conf/task/image.yaml: ",
        "train.augmentation.flip in conf/augmentation/affine.yaml is 0.5: it must be true or false",
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


def test_all_files_that_are_no_yaml_are_named(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    for name in ("task/image.yaml", "drift/default.yaml"):
        (copy / name).write_text("a: [\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"conf/drift/default\.yaml, line 2, .*; conf/task/image\.yaml, line 2, "):
        compose_task(copy, "image", system="image")


def test_a_link_of_an_editor_is_no_file_and_any_other_dangling_link_is_one_sentence(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    (copy / "task/.#image.yaml").symlink_to("someone@host.123:456")
    assert compose_task(copy, "image", system="image") == composed()

    (copy / "task/own.yaml").symlink_to("nowhere")
    (copy / "gate/round.yaml").symlink_to("round.yaml")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image")
    assert str(caught.value).count("can't be read (") == 2

    by_hand = migrate(copy).by_hand
    assert [sentence.split(" can't be read")[0] for sentence in by_hand] == [
        "conf/gate/round.yaml",
        "conf/task/own.yaml",
    ]


@pytest.mark.parametrize("file", ["task/image.yaml", "system/image.yaml", "drift/default.yaml", "config.yaml"])
def test_a_byte_order_mark_is_no_text(tmp_path: Path, file: str) -> None:
    copy = conf(tmp_path)
    (copy / file).write_bytes(b"\xef\xbb\xbf" + (copy / file).read_bytes())
    assert compose_task(copy, "image", system="image") == composed()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("task/image.yaml", "# @package _global_\n[1, 2]\n", "conf/task/image.yaml is a list: it must be a mapping of"),
        ("task/image.yaml", "", "conf/task/image.yaml has no keys: it must state those of the task"),
        ("gate/default.yaml", "[1]", "conf/gate/default.yaml is a list: it must be a mapping of keys"),
        ("config.yaml", "seed: 7", "defaults in conf/config.yaml has no entry `system: ???`, by which the file of"),
    ],
)
def test_a_file_of_another_shape_is_named(tmp_path: Path, file: str, text: str, said: str) -> None:
    copy = conf(tmp_path)
    (copy / file).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        compose_task(copy, "image", system="image")
    assert "has no value" not in str(caught.value)


def test_a_system_without_its_header_is_refused_alone(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    edit(copy / "system/image.yaml", "# @package _global_\n", "")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image")

    sentence = (
        "conf/system/image.yaml has no header `# @package _global_`: without it its keys lie below `system`, where"
    )
    assert str(caught.value).startswith(sentence)
    assert "has no value" not in str(caught.value)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("_globl_", "Hydra knows _global_ alone; did you mean _global_?"),
        ("_group_", "Hydra knows _global_ alone"),
        ("global", "it must be _global_, or a section; did you mean _global_?"),
        ("trian", "it must be _global_, or a section; did you mean train?"),
        ("_global_ x", "it must be one name, as `# @package _global_`"),
    ],
)
def test_a_package_that_nothing_reads_is_refused_alone(tmp_path: Path, package: str, said: str) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", "# @package _global_", f"# @package {package}")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image")
    assert str(caught.value) == f"the header in conf/task/image.yaml has the package {package!r}: {said}"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{override /gate: high_stake}", "there is no file conf/gate/high_stake.yaml; did you mean high_stakes?"),
        ("{overide /gate: high_stakes}", "'overide' is no word of Hydra's; did you mean override?"),
        ("{override /gatee: high_stakes}", "there is no folder conf/gatee; did you mean gate?"),
        ("{override gate: high_stakes}", "it is the folder conf/task/gate, which there is not: write /gate"),
        ("{override /schema@x: high_stakes}", "there is no folder conf/schema: there are augmentation, bias, "),
        ("{/gate: high_stakes}", "but conf/ takes default of gate already: write override /gate: high_stakes"),
        (
            "{override /gate@own: high_stakes}",
            "it overrides gate@own, which no other list names: there are augmentation, bias, ",
        ),
        ("/gate", "the group gate needs an option, one of default, high_stakes: write `/gate: <option>`"),
        ("/gate/high_stake", "there is no file conf/gate/high_stake.yaml; did you mean /gate/high_stakes?"),
        ("_sel_", "there is no file conf/task/_sel_.yaml; did you mean _self_?"),
        ("3", "an entry is one group with its option, as `override /gate: high_stakes`"),
        ("{a: b, c: d}", "an entry is one group with its option, as `override /gate: high_stakes`"),
        ("_self_, _self_", "has a second `_self_`: take one out"),
        ("{override /gate: default}, {override /gate: high_stakes}", "has a second `override /gate: high_stakes`"),
    ],
)
def test_a_wrong_entry_of_a_defaults_list_is_named_with_its_file_and_the_nearest(
    tmp_path: Path, entry: str, said: str
) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/speech.yaml", "\nabout:", f"\ndefaults: [{entry}]\nabout:")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "speech", system="speech")
    assert str(caught.value).startswith("defaults in conf/task/speech.yaml has ")
    assert said in str(caught.value)
    assert "has no value" not in str(caught.value)


@pytest.mark.parametrize("text", ["requirements: []", "champion: [1]"])
def test_a_list_in_the_place_of_a_section_is_named(tmp_path: Path, text: str) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", "gate:\n", f"gate:\n  {text}\n")
    path = copy / "task/image.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  requirements:\n", "  was:\n"), encoding="utf-8")
    key = text.partition(":")[0]
    with pytest.raises(
        InputError, match=rf"gate\.{key} in conf/task/image\.yaml, line \d+, is a list: it must be a map"
    ):
        compose_task(copy, "image", system="image")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("  epochs: 60\n", "  epochs: 1e3\n", "train.epochs in conf/task/image.yaml is 1000.0: it must be a whole"),
        ("  epochs: 60\n", "  epochs: .nan\n", "train.epochs in conf/task/image.yaml is nan: it must be a whole"),
        ("  epochs: 60\n", "  <<: {epoch: 60}\n  epochs: 60\n", "unknown key train.epoch in conf/task/image.yaml: "),
        ("  epochs: 60\n", "  epoch: ${seed}\n  epochs: 60\n", "unknown key train.epoch in conf/task/image.yaml: "),
        ("  epochs: 60\n", "  epochs: ${about.title}\n", "train.epochs in conf/task/image.yaml is 'Handwritten"),
    ],
)
def test_the_file_is_named_however_the_value_is_written(tmp_path: Path, before: str, after: str, said: str) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/image.yaml", before, after)
    with pytest.raises(InputError, match=re.escape(said)):
        compose_task(copy, "image", system="image")


def test_an_unknown_key_is_reported_once(tmp_path: Path) -> None:
    copy = conf(tmp_path)
    edit(copy / "task/fraud.yaml", "  unit: EUR\n", "  unit: EUR\n  mistak: 2\n")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "fraud", system="table")
    assert str(caught.value).count("decision.mistak ") == 1
    assert str(caught.value).endswith("; did you mean mistake?")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"3"', "is '3': it must be one of 1, 3; write 3 without quotation marks"),
        ("1.0", "is 1.0: it must be a whole number, without a point"),
        ("2", "is 2: it must be one of 1, 3"),
    ],
)
def test_a_choice_of_numbers_is_one_of_them_as_it_is(tmp_path: Path, value: str, said: str) -> None:
    copy = conf(tmp_path)
    edit(copy / "system/image.yaml", "channels: 1", f"channels: {value}")
    with pytest.raises(InputError) as caught:
        compose_task(copy, "image", system="image")
    assert str(caught.value) == f"prepare.reading.channels in conf/system/image.yaml {said}"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("trainer=accumulate", r"train\.trainer accumulates gradients"),
        ("callbacks=averaging", r"train\.callbacks\.averaging averages weights"),
        ("debug=sample", r"train\.trainer\.limit_train_batches counts batches"),
    ],
)
def test_what_needs_single_batches_has_them(override: str, words: str) -> None:
    assert compose_task(CONF, "image", system="image", overrides=[override]).train.steps_per_turn == 1
    with pytest.raises(InputError, match=rf"train\.pack .* is 8: {words}, which needs single batches, set it to 1"):
        compose_task(CONF, "image", system="image", overrides=[override, "train.pack=8"])


def test_a_network_of_this_project_is_packed_and_ones_own_is_not() -> None:
    own = ["train.network._target_=torch.nn.Identity", "~train.network.width", "~train.network.depth"]
    assert compose_task(CONF, "image", system="image").train.steps_per_turn == 16
    assert compose_task(CONF, "image", system="image", overrides=["train.pack=1"]).train.steps_per_turn == 1
    assert (
        compose_task(CONF, "image", system="image", overrides=[*own, "~train.network.dropout"]).train.steps_per_turn
        == 1
    )
