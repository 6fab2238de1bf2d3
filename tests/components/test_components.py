"""Components: what a slot takes, how arguments are checked, and what a factory makes."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from hallmark.components import SLOTS, WITHIN, extensions_in, factory, mistakes
from hallmark.errors import InputError
from hallmark.layers import augmentation

CODE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, train, *, width: int, activation: nn.Module | None = None):
        super().__init__()
        if width == 13:
            raise ZeroDivisionError("an unlucky width")
        self.train_rows = len(train)
        self.layer = nn.Linear(4, width)


def flip(batch):
    return batch


def of_two(batch, other):
    return batch


def scaled(batch, *, by: float):
    return {name: by * tensor for name, tensor in batch.items()}


LIMIT = 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "extensions/image"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def found(project: Path, slot: str, section: Any) -> dict[str, str]:
    all_mistakes = mistakes("train.part", section, SLOTS[slot], task="image", project=project)
    return {mistake.key: mistake.words for mistake in all_mistakes}


@pytest.mark.parametrize(
    ("slot", "section"),
    [
        ("optimizer", {"_target_": "torch.optim.SGD", "lr": 0.1, "momentum": 0.9}),
        ("optimizer", {"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 1, "betas": [0.9, 0.99]}),
        ("scheduler", {"_target_": "torch.optim.lr_scheduler.StepLR", "step_size": 10}),
        ("scheduler", {"_target_": "torch.optim.lr_scheduler.OneCycleLR", "max_lr": 0.1}),
        ("network", {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "torch.nn.Flatten"}]}),
        ("network", {"_target_": "extensions.image.own.Net", "width": 3, "activation": {"_target_": "torch.nn.SiLU"}}),
        ("augmentation", {"_target_": "extensions.image.own.flip"}),
        ("augmentation", {"_target_": "extensions.image.own.scaled", "by": 2.0}),
        ("loss", {"_target_": "torch.nn.CrossEntropyLoss", "label_smoothing": 0.1}),
        ("callback", {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "monitor": "validation_loss"}),
        ("trainer", {"_target_": "pytorch_lightning.Trainer", "precision": "bf16-mixed", "gradient_clip_val": 1.0}),
        ("strategy", {"_target_": "pytorch_lightning.strategies.DDPStrategy"}),
    ],
)
def test_what_fits_has_no_mistake(project: Path, slot: str, section: Mapping[str, Any]) -> None:
    assert found(project, slot, section) == {}


@pytest.mark.parametrize(
    ("slot", "section", "key", "words"),
    [
        ("optimizer", 3, "train.part", "must be a mapping with _target_"),
        ("optimizer", {"lr": 3}, "train.part", "must be a mapping with _target_"),
        ("optimizer", {"_target_": "os.system"}, "train.part._target_", "must be a dotted name in one of torch"),
        ("optimizer", {"_target_": "torch"}, "train.part._target_", "must be a dotted name in one of torch"),
        ("optimizer", {"_target_": "torch.load"}, "train.part._target_", "a function: it must be a subclass of"),
        ("augmentation", {"_target_": "torch.load"}, "train.part._target_", "a function: it must be a function of"),
        ("optimizer", {"_target_": "torch.optim.Agad"}, "train.part._target_", "but torch.optim has no Agad"),
        ("optimizer", {"_target_": "torch.nn.Linear"}, "train.part._target_", "must be a subclass of torch.optim"),
        ("callback", {"_target_": "pytorch_lightning.Trainer"}, "train.part._target_", "pytorch_lightning.Callback"),
        ("network", {"_target_": "extensions.fraud.own.Net"}, "train.part._target_", "extensions.image.<file>.<name>"),
        ("network", {"_target_": "extensions.image.own.LIMIT"}, "train.part._target_", "a value of type int"),
        ("network", {"_target_": "extensions.image.own.flip"}, "train.part._target_", "a function: it must be a sub"),
        ("optimizer", {"_target_": "torch.optim.SGD", "learning": 1}, "train.part.learning", "no argument of torch"),
        ("optimizer", {"_target_": "torch.optim.SGD", "momentun": 1}, "train.part.momentun", "mean momentum?"),
        ("optimizer", {"_target_": "torch.optim.SGD", "params": []}, "train.part.params", "decided elsewhere"),
        ("optimizer", {"_target_": "torch.optim.SGD", "lr": "fast"}, "train.part.lr", "is 'fast': it must be float"),
        ("optimizer", {"_target_": "torch.optim.SGD", "nesterov": 1}, "train.part.nesterov", "is 1: it must be bool"),
        ("scheduler", {"_target_": "torch.optim.lr_scheduler.StepLR"}, "train.part", "needs: step_size"),
        ("network", {"_target_": "extensions.image.own.Net"}, "train.part", "needs: width"),
        ("network", {"_target_": "extensions.image.own.Net", "width": 0.5}, "train.part.width", "must be int"),
        ("augmentation", {"_target_": "extensions.image.own.of_two"}, "train.part", "needs: other"),
        ("trainer", {"_target_": "pytorch_lightning.Trainer", "devices": 2}, "train.part.devices", "decided elsewhere"),
        ("optimizer", {"_target_": "torch.optim.SGD", "_recursive_": True}, "train.part._recursive_", "no key of a"),
        (
            "network",
            {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "torch.nn.Linear", "in_feature": 3}]},
            "train.part._args_[0].in_feature",
            "did you mean in_features?",
        ),
        (
            "network",
            {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "torch.hub.load"}]},
            "train.part._args_[0]._target_",
            "which is a function",
        ),
    ],
)
def test_a_mistake_is_named_by_its_key(project: Path, slot: str, section: Any, key: str, words: str) -> None:
    assert words in found(project, slot, section)[key]


@pytest.mark.parametrize(
    ("slot", "target", "words"),
    [
        ("augmentation", "hallmark.files.os.system", "hallmark.files.os is no module of hallmark"),
        ("augmentation", "hallmark.train.launchers.subprocess.run", "launchers.subprocess is no module of hallmark"),
        ("augmentation", "hallmark.files.require", "a function: it must be a function of (batch)"),
        ("augmentation", "hallmark.layers.augmentation.random_affine.__call__", "random_affine is no module"),
        ("loss", "hallmark.answers.classes.scoring.fit_postprocess", "a function: it must be a subclass of torch.nn"),
        ("descriptor", "evidently.descriptors._generate_descriptors.main", "a function: it must be a subclass of"),
        ("descriptor", "evidently.descriptors.text_match.__builtins__.get", "__builtins__ is no module of evidently"),
        ("drift_metric", "evidently.tests.gte.__globals__.get", "evidently.tests.gte is no module of evidently"),
        ("network", "torch.os.system", "torch.os is no module of torch"),
        ("network", "torch.nn.Linear.from_pretrained", "torch.nn.Linear is no module of torch"),
    ],
)
def test_no_target_leads_out_of_what_the_slot_names(project: Path, slot: str, target: str, words: str) -> None:
    assert words in found(project, slot, {"_target_": target})["train.part._target_"]


@pytest.mark.parametrize(
    ("slot", "target"),
    [
        ("augmentation", "hallmark.layers.augmentation.random_flip"),
        ("loss", "hallmark.answers.classes.network.loss"),
    ],
)
def test_a_public_function_of_a_module_that_the_slot_names_fits(project: Path, slot: str, target: str) -> None:
    assert found(project, slot, {"_target_": target}) == {}


@pytest.mark.parametrize(
    "value",
    [
        "${oc.env:HOME}",
        ["${oc.env:HOME}"],
        {"inner": "${oc.create:{_target_: os.system, command: ls}}"},
        {"${oc.env:HOME}": 1},
    ],
)
def test_nothing_is_resolved_where_an_object_is_made(project: Path, value: Any) -> None:
    section = {"_target_": "extensions.image.own.scaled", "by": value}
    assert "has ${, which would be resolved again" in found(project, "augmentation", section)["train.part.by"]
    with pytest.raises(InputError, match="which would be resolved again"):
        factory("train.augmentation", section, SLOTS["augmentation"], task="image", project=project)


def test_all_mistakes_are_found_at_once(project: Path) -> None:
    section = {"_target_": "torch.optim.SGD", "lr": "fast", "nesterov": "no", "speed": 1}
    assert set(found(project, "optimizer", section)) == {"train.part.lr", "train.part.nesterov", "train.part.speed"}


def test_a_factory_gets_what_the_stage_passes(project: Path) -> None:
    section = {"_target_": "extensions.image.own.Net", "width": 3, "activation": {"_target_": "torch.nn.SiLU"}}
    build = factory("train.network", section, SLOTS["network"], task="image", project=project)
    network = build(train=[1, 2], seed=3)  # it has no parameter `seed`
    assert network.train_rows == 2
    assert network.layer.weight.shape == (3, 4)


def test_an_optimizer_is_made_of_the_weights(project: Path) -> None:
    section = {"_target_": "torch.optim.AdamW", "lr": 0.5, "betas": [0.8, 0.9]}
    build = factory("train.optimizer", section, SLOTS["optimizer"], task="image", project=project)
    optimizer = build([torch.zeros(1, requires_grad=True)])
    assert optimizer.defaults["betas"] == (0.8, 0.9)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_a_function_keeps_its_arguments(project: Path) -> None:
    section = {"_target_": "extensions.image.own.scaled", "by": 2.0}
    augment = factory("train.augmentation", section, SLOTS["augmentation"], task="image", project=project)
    assert augment({"x": 4.0}) == {"x": 8.0}


def test_a_function_of_each_batch_is_called_without_hydras_checks(project: Path) -> None:
    section = {"_target_": "hallmark.layers.augmentation.random_affine", "flip": True}
    augment = factory("train.augmentation", section, SLOTS["augmentation"], task="image", project=project).function()
    assert type(augment) is functools.partial
    assert augment.func is augmentation.random_affine
    assert augment.keywords == {"flip": True}


def test_what_fails_in_an_extension_is_said_with_its_line(project: Path) -> None:
    section = {"_target_": "extensions.image.own.Net", "width": 13}
    build = factory("train.network", section, SLOTS["network"], task="image", project=project)
    with pytest.raises(
        InputError, match=r"train.network can't be made: ZeroDivisionError: an unlucky width \(own.py, line 10"
    ):
        build(train=[])


def test_a_factory_refuses_what_configure_would(project: Path) -> None:
    with pytest.raises(InputError, match=r"train.optimizer._target_ in params/image.yaml is 'os.system'"):
        factory("train.optimizer", {"_target_": "os.system"}, SLOTS["optimizer"], task="image", project=project)


def test_the_extensions_of_a_section_are_listed_once() -> None:
    own = {"_target_": "extensions.image.own.Net"}
    assert extensions_in(
        {"a": own, "b": [own, {"_target_": "torch.nn.ReLU", "c": {"_target_": "extensions.image.o.f"}}]}
    ) == [
        "extensions.image.own.Net",
        "extensions.image.o.f",
    ]


def test_every_slot_says_what_it_takes() -> None:
    assert all(slot.in_words for slot in SLOTS.values())
    assert "torch.optim.Optimizer" in WITHIN.in_words
