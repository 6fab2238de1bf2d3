"""Components in configure: every shipped option passes, what can't be made is refused, and own files have digests."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from imports import ROOT
from omegaconf import OmegaConf

from hallmark import components, extensions
from hallmark.config import Parameters
from hallmark.config.component import PLACES
from hallmark.configure import compose_task, own_components, read_tasks
from hallmark.errors import InputError

CONF = ROOT / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")
GROUPS = ("network", "augmentation", "optimizer", "scheduler", "trainer", "callbacks", "logger")
OPTIONS = [(group, path.stem) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]
CODE = """
from torch import nn
from extensions.image.layers import Layer


class Net(nn.Module):
    def __init__(self, train, *, width: int):
        super().__init__()


def darker(batch, *, by: float):
    return batch
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    folder = tmp_path / "extensions/image"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(CODE, encoding="utf-8")
    (folder / "layers.py").write_text("class Layer:\n    pass\n", encoding="utf-8")
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


def composed(conf: Path, *overrides: str, task: str = "image") -> Parameters:
    return compose_task(conf, task, system=TASKS[task].system, overrides=overrides)


def option(group: str, name: str) -> dict[str, Any]:
    """Return the section `train` with an option of a group."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        content = compose("config", overrides=["~system", "~task", f"{group}={name}"])
    train: dict[str, Any] = OmegaConf.to_container(content.train)  # type: ignore[assignment]
    return train


def test_each_group_has_two_options_at_least_which_say_when_one_takes_them() -> None:
    for group in (*GROUPS, "gate", "drift", "debug", "experiment", "machine"):
        files = sorted((CONF / group).glob("*.yaml"))
        assert len(files) >= 2, group
        for file in files:
            lines = file.read_text(encoding="utf-8").splitlines()
            comment = next(line for line in lines if not line.startswith("# @package"))
            assert comment.startswith("# "), file


@pytest.mark.parametrize(("group", "name"), OPTIONS)
def test_every_shipped_option_can_be_made(group: str, name: str) -> None:
    section = option(group, name)[group]
    slot = components.SLOTS[{"callbacks": "callback"}.get(group, group)]
    parts = section if group in ("callbacks", "logger") else {group: section}
    for key, part in parts.items():
        if part is not None:
            assert list(components.mistakes(key, part, slot, task="image")) == []


def test_the_known_components_are_those_of_the_signatures() -> None:
    slots = {
        "torch": "optimizer",
        "Trainer": "trainer",
        "callbacks": "callback",
        "progress_bar": "callback",
        "curve_logger": "logger",
        "descriptors": "descriptor",
    }
    values = {float: 0.5, int: 1, str: "x", bool: True}
    for target, arguments in own_components.KNOWN.items():
        slot = next(slot for part, slot in slots.items() if part in target.split("."))
        section = {"_target_": target} | {name: values[kind] for name, kind in arguments.items()}
        choices = {"precision": "32-true", "logging_interval": "step", "mode": "min"}
        section |= {name: choices[name] for name in choices if name in section}
        found = list(components.mistakes("it", section, components.SLOTS[slot], task="image"))
        assert found == [], target


@pytest.mark.parametrize("task", TASKS)
def test_a_shipped_task_needs_no_look_at_signatures(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "mistakes", None)
    assert composed(CONF, task=task).extensions == type(composed(CONF, task=task).extensions)()


@pytest.mark.parametrize("task", ["image", "fraud", "medical", "robotics"])
def test_another_network_is_chosen_without_the_arguments_of_the_shipped_one(task: str) -> None:
    assert composed(CONF, "network=perceptron", task=task).train.network.model_dump() == {
        "_target_": "hallmark.layers.perceptron.Perceptron",
        "width": 64,
        "depth": 2,
        "dropout": 0.1,
    }


def test_what_no_training_of_the_task_depends_on_is_refused() -> None:
    """An edit of it would train nothing anew, and change no digest under the verdict."""
    with pytest.raises(
        InputError, match=r"scans.yaml is 'hallmark\.systems\.medical.* would go unseen: .*systems.image"
    ):
        composed(CONF, "network=scans")
    loss = "{_target_: torch.nn.CrossEntropyLoss, weight: {_target_: hallmark.contracts.package.Package}}"
    with pytest.raises(InputError, match=r"'hallmark\.contracts\.package\.Package', and no training of this task"):
        composed(CONF, f"train.loss={loss}")
    sampler = "{_target_: hallmark.train.samplers.BalancedClasses}"
    assert composed(CONF, f"train.sampler={sampler}").train.sampler is not None


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["train.optimizer.momentun=0.9", "optimizer=sgd"], "did you mean train.optimizer.momentum?"),
        (["+train.optimizer.momentum=0.9"], "train.optimizer.momentum in conf/ is no argument of torch.optim.AdamW"),
        (
            ["train.network._target_=torch.nn.Flatten"],
            "train.network.width in conf/network/convolutional_wide.yaml is no argument of torch.nn.Flatten: it takes "
            "start_dim, end_dim; where an option of conf/network/ has it, make an option of your own there",
        ),
        (["train.optimizer._target_=torch.optim.Adma"], "torch.optim has no Adma"),
        (["train.optimizer._target_=torch.nn.Linear"], "it must be a subclass of torch.optim.Optimizer"),
        (["train.optimizer._target_=os.system"], "'os.system': it must be a dotted name in one of torch, "),
        (
            ["train.callbacks.early_stopping.patience=soon"],
            "train.callbacks.early_stopping.patience in conf/ is 'soon'",
        ),
        (["+train.callbacks.own={patience: 3}"], "the key train.callbacks.own._target_ has no value"),
        (["network=perceptron", "train.network.depth=two"], "train.network.depth in conf/ is 'two'"),
        (
            ["network=perceptron", "+train.network.bins=3"],
            "train.network.bins in conf/ is no argument of hallmark.layers",
        ),
        (["+train.network.bins=3"], "unknown key train.network.bins"),
        (["+train.trainer.devices=2"], "it belongs to the machine, in conf/machine/, which MACHINE chooses"),
        (["+train.trainer.max_epochs=2"], "train.trainer.max_epochs in conf/ can't be stated here: write train.epochs"),
        (["+train.trainer.num_sanity_val_steps=2"], "train.trainer.num_sanity_val_steps in conf/ is decided elsewhere"),
        (["+train.trainer.enable_progress_bar=false"], "write train.callbacks.progress_bar: null"),
        (["+train.network._convert_=all"], "is no key of a component: there are _target_, _partial_, _args_"),
        (["+evaluate._target_=torch.nn.Linear"], "only components, such as train.network, have it"),
        (["network=own"], "names no option of network: there are acoustic, convolutional, "),
    ],
)
def test_what_can_not_be_made_is_refused(overrides: list[str], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        composed(CONF, *overrides)


def test_components_of_ones_own_have_a_digest_for_just_the_stage_that_uses_them(conf: Path) -> None:
    own = ["train.network={_target_: extensions.image.own.Net, width: 3}"]
    parameters = composed(conf, *own)
    project = conf.parent
    expected = extensions.digest_of(["extensions.image.own.Net"], "image", project)
    assert parameters.extensions.model_dump() == {
        "prepare": "",
        "validate": "",
        "train": expected,
        "evaluate": "",
        "drift": "",
    }
    assert parameters.own_names("train") == ["extensions.image.own.Net"]
    extensions.require_unchanged(parameters.own_names("train"), parameters.extensions.train, "image", project)

    (project / "extensions/image/layers.py").write_text("class Layer:\n    size = 3\n", encoding="utf-8")
    assert composed(conf, *own).extensions.train != expected  # a file that it imports counts
    with pytest.raises(InputError, match=r"extensions\.image\.own\.Net, or a file that it imports, has changed"):
        extensions.require_unchanged(parameters.own_names("train"), expected, "image", project)


def test_an_option_of_ones_own_is_chosen_like_a_shipped_one(conf: Path) -> None:
    (conf / "augmentation/darker.yaml").write_text(
        "# @package train.augmentation\n_target_: extensions.image.own.darker\nby: 0.5\n", encoding="utf-8"
    )
    parameters = composed(conf, "augmentation=darker")
    assert parameters.train.augmentation is not None
    assert parameters.train.augmentation.arguments == {"by": 0.5}
    with pytest.raises(InputError, match=r"train\.augmentation\.by in conf/.* is 'much'"):
        composed(conf, "augmentation=darker", "train.augmentation.by=much")


OWN = "network: {_target_: extensions.image.own.Net, width: 3}"


@pytest.mark.parametrize("file", ["task/image.yaml", "system/image.yaml", "experiment/own.yaml"])
def test_another_target_begins_a_component_anew(conf: Path, file: str) -> None:
    path = conf / file
    text = path.read_text(encoding="utf-8") if path.exists() else "# @package _global_\ntrain:\n"
    if "\ntrain:\n" not in text:
        text += "\ntrain:\n"
    path.write_text(text.replace("train:\n", f"train:\n  {OWN}\n", 1), encoding="utf-8")
    if "system" in file:  # above which the task would choose an option
        task_file = conf / "task/image.yaml"
        task_text = task_file.read_text(encoding="utf-8")
        task_file.write_text(task_text.replace("  - override /network: convolutional_wide\n", ""), encoding="utf-8")
    parameters = composed(conf, *(["experiment=own"] if "experiment" in file else []))
    assert parameters.train.network.model_dump() == {"_target_": "extensions.image.own.Net", "width": 3}
    assert parameters.train.optimizer.lr == 3e-3  # nothing else is concerned


def with_optimizer(conf: Path, file: str, section: str) -> Path:
    """Let a file of conf/, which may be new, state the optimiser."""
    path = conf / file
    text = path.read_text(encoding="utf-8") if path.exists() else "# @package _global_\ntrain:\n"
    path.write_text(text.replace("train:\n", f"train:\n  optimizer: {section}\n", 1), encoding="utf-8")
    return path


SGD = "{_target_: torch.optim.SGD, lr: 0.1, weight_decay: 0.5}"


def test_an_option_that_a_stated_component_would_beat_is_refused(conf: Path) -> None:
    """Hydra composes the task's file after the options: SGD would train where AdamW was chosen."""
    with_optimizer(conf, "task/image.yaml", SGD)
    assert composed(conf).train.optimizer.target == "torch.optim.SGD"
    cure = "make it an option, conf/optimizer/<name>.yaml, and choose that by `- override /optimizer: <name>`"
    beats = f"conf/task/image.yaml states train.optimizer by its own _target_, which beats every option: {cure}"
    with pytest.raises(
        InputError, match=re.escape(f"the override 'optimizer=adamw' chooses an option of optimizer, but {beats}")
    ):
        composed(conf, "optimizer=adamw")

    text = "# @package _global_\ndefaults:\n  - override /optimizer: adamw\n"
    (conf / "experiment/mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(
        InputError, match=re.escape(f"conf/experiment/mine.yaml chooses an option of optimizer, but {beats}")
    ):
        composed(conf, "experiment=mine")
    assert composed(conf, "debug=sample", "experiment=small").train.optimizer.target == "torch.optim.SGD"
    assert composed(conf, "optimizer=sgd").train.optimizer.lr == 0.1  # the same target: values above the option's


def test_components_that_two_files_state_are_not_mixed(conf: Path) -> None:
    with_optimizer(conf, "task/image.yaml", SGD)
    with_optimizer(conf, "experiment/mine.yaml", "{_target_: torch.optim.RAdam, lr: 0.01}")
    said = "train.optimizer is torch.optim.SGD in conf/task/image.yaml, and torch.optim.RAdam in conf/experiment/mine"
    with pytest.raises(InputError, match=re.escape(said)):
        composed(conf, "experiment=mine")


def test_an_override_begins_a_component_anew_that_the_task_states(conf: Path) -> None:
    with_optimizer(conf, "task/image.yaml", SGD)
    optimizer = composed(conf, "train.optimizer={_target_: torch.optim.RAdam, lr: 0.01}").train.optimizer
    assert optimizer.model_dump() == {"_target_": "torch.optim.RAdam", "lr": 0.01}


def test_the_same_target_keeps_the_arguments_of_the_option(conf: Path) -> None:
    path = conf / "task/image.yaml"
    target = "hallmark.systems.image.network.ConvolutionalNetwork"
    text = path.read_text(encoding="utf-8").replace(
        "train:\n", f"train:\n  network: {{_target_: {target}, width: 8}}\n"
    )
    path.write_text(text, encoding="utf-8")
    assert composed(conf).train.network.arguments == {"width": 8, "depth": 2, "dropout": 0.0}


def test_options_may_have_arguments_of_other_kinds(conf: Path) -> None:
    for name, value in (("listed", "[1, 2]"), ("mapped", "{a: 1}")):
        text = f"# @package train.augmentation\n_target_: extensions.image.own.darker\nby: {value}\n"
        (conf / f"augmentation/{name}.yaml").write_text(text, encoding="utf-8")
    assert composed(conf).train.epochs == 60
    with pytest.raises(InputError, match=r"train\.augmentation\.by .* is \[1, 2\]: it must be float"):
        composed(conf, "augmentation=listed")


def test_every_place_has_a_slot() -> None:
    assert set(PLACES.values()) <= set(components.SLOTS)
