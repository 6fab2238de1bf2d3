"""Options of conf/: experiments and debugging change what they say, and leave the rest of every task as it is."""

from typing import Any

import pytest
import yaml
from imports import ROOT

from hallmark.configure import compose_task, read_tasks

CONF = ROOT / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")


def composed(task: str, *overrides: str) -> dict[str, Any]:
    parameters = compose_task(CONF, task, system=TASKS[task].system, overrides=overrides)
    return parameters.model_dump() | {"overrides": []}


@pytest.mark.parametrize("task", TASKS)
def test_a_small_experiment_has_three_epochs(task: str) -> None:
    expected = composed(task)
    expected["train"]["epochs"] = 3
    expected["train"]["callbacks"]["early_stopping"] = None
    assert composed(task, "experiment=small") == expected


def test_an_experiment_beats_the_task_and_the_command_line_beats_it() -> None:
    train = composed("medical", "experiment=averaged_sgd", "train.optimizer.lr=0.2")["train"]
    assert train["optimizer"]["_target_"] == "torch.optim.SGD"
    assert train["optimizer"]["lr"] == 0.2
    assert train["callbacks"]["averaging"]["_target_"].endswith("StochasticWeightAveraging")
    assert composed("medical", "experiment=averaged_sgd", "optimizer=adamw")["train"]["optimizer"]["lr"] == 2e-3


# What each option changes in the task image, which takes the others of its groups already: `ABSENT` is a key that goes.
ABSENT = "no such key"
SGD = {"_target_": "torch.optim.SGD", "lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
AVERAGING = {
    "train.callbacks.checkpoint": None,
    "train.callbacks.averaging._target_": "pytorch_lightning.callbacks.StochasticWeightAveraging",
    "train.callbacks.averaging.swa_lrs": 1e-3,
    "train.callbacks.averaging.swa_epoch_start": 0.75,
}
CHANGES: dict[str, dict[str, Any]] = {
    "augmentation=affine": {},
    "augmentation=affine_any_turn": {
        f"train.augmentation.{name}": value
        for name, value in {"shift": 0.05, "rotation": 180, "scale": 0.05, "flip": True}.items()
    },
    "callbacks=averaging": AVERAGING,
    "callbacks=default": {},
    "debug=fast_dev_run": {"train.trainer.fast_dev_run": True},
    "debug=overfit": {
        "train.epochs": 50,
        "train.augmentation": None,
        "train.callbacks.early_stopping": None,
        "train.trainer.overfit_batches": 1,
    },
    "debug=sample": {
        "train.epochs": 2,
        "train.trainer.limit_train_batches": 20,
        "train.trainer.limit_val_batches": 20,
    },
    "drift=default": {},
    "drift=sensitive": {"drift.min_effect_size": 0.1, "drift.n_permutations": 1000, "drift.max_rows": 50_000},
    "experiment=averaged_sgd": {
        **AVERAGING,
        **{f"train.optimizer.{name}": value for name, value in SGD.items()},
        "train.optimizer.fused": ABSENT,
    },
    "experiment=small": {"train.epochs": 3, "train.callbacks.early_stopping": None},
    "gate=default": {},
    "gate=high_stakes": {"gate.requirements.signature.check": "gate.signature"},
    "logger=csv": {"train.logger.csv._target_": "pytorch_lightning.loggers.CSVLogger"},
    "logger=mlflow": {},
    "logger=tensorboard": {"train.logger.tensorboard._target_": "pytorch_lightning.loggers.TensorBoardLogger"},
    "optimizer=adamw": {"train.optimizer.lr": 2e-3, "train.optimizer.weight_decay": 0.01},
    "optimizer=adamw_embeddings": {"train.optimizer.lr": 4e-3, "train.optimizer.weight_decay": 0.5},
    "optimizer=adamw_few_examples": {},
    "optimizer=adamw_large_batches": {"train.optimizer.lr": 4e-3, "train.optimizer.weight_decay": 0.01},
    "optimizer=adamw_many_steps": {"train.optimizer.weight_decay": 0.01},
    "optimizer=adamw_speech": {"train.optimizer.lr": 8e-3, "train.optimizer.weight_decay": 0.01},
    "optimizer=sgd": {
        **{f"train.optimizer.{name}": value for name, value in SGD.items()},
        "train.optimizer.fused": ABSENT,
    },
    "scheduler=exponential": {
        "train.scheduler._target_": "torch.optim.lr_scheduler.ExponentialLR",
        "train.scheduler.gamma": 0.9995,
        "train.scheduler.warmup": ABSENT,
    },
    "scheduler=warmup_cosine": {},
    "scheduler=warmup_cosine_short": {"train.scheduler.warmup": 0.05},
    "trainer=accumulate": {"train.trainer.accumulate_grad_batches": 4},
    "trainer=bf16": {"train.trainer.precision": "bf16-mixed"},
    "trainer=default": {},
}
# The task that each network is for; the perceptron suits several.
TASK_OF_NETWORK = {
    "acoustic": "speech",
    "convolutional": "image",
    "convolutional_wide": "image",
    "detector": "fraud",
    "language_model": "language",
    "perceptron": "robotics",
    "policy": "robotics",
    "recommender": "recommendation",
    "scans": "medical",
}


def flat(content: Any, key: str = "") -> dict[str, Any]:
    """Return every value below `content` that is no mapping, by its dotted key."""
    if not isinstance(content, dict) or not content:
        return {key: content}
    return {
        inner_key: value
        for name, inner in content.items()
        for inner_key, value in flat(inner, f"{key}.{name}".lstrip(".")).items()
    }


@pytest.fixture(scope="module")
def shipped_image() -> dict[str, Any]:
    return flat(composed("image"))


@pytest.mark.parametrize(("choice", "changes"), CHANGES.items(), ids=str)
def test_an_option_changes_what_it_says_and_nothing_else(
    choice: str, changes: dict[str, Any], shipped_image: dict[str, Any]
) -> None:
    chosen = flat(composed("image", choice))
    keys_below_null = {
        name for name in shipped_image for key, value in changes.items() if value is None and name.startswith(f"{key}.")
    }
    new_requirement = {name for name in chosen if name.startswith("gate.requirements.signature.")} - {*changes}
    others = (chosen.keys() | shipped_image.keys()) - keys_below_null - new_requirement
    differing = {
        name: chosen.get(name, ABSENT) for name in others if chosen.get(name, ABSENT) != shipped_image.get(name, ABSENT)
    }
    assert differing == changes


def test_every_option_is_in_these_tables() -> None:
    groups = {choice.partition("=")[0] for choice in CHANGES}
    options = {f"{group}={path.stem}" for group in groups for path in (CONF / group).glob("*.yaml")}
    assert options == {*CHANGES}
    assert {path.stem for path in (CONF / "network").glob("*.yaml")} == {*TASK_OF_NETWORK}


@pytest.mark.parametrize(("network", "task"), TASK_OF_NETWORK.items())
def test_a_network_is_chosen_for_its_own_task(network: str, task: str) -> None:
    stated = yaml.safe_load((CONF / f"network/{network}.yaml").read_text(encoding="utf-8"))
    stated.pop("defaults", None)
    section = composed(task, f"network={network}")["train"]["network"]
    assert stated.items() <= section.items()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("choice", ["optimizer=sgd", "trainer=bf16", "callbacks=averaging", "logger=csv", "~scheduler"])
def test_each_choice_composes_for_every_task(task: str, choice: str) -> None:
    assert composed(task, choice) != composed(task)
