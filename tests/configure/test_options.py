"""Options of conf/: experiments and debugging change what they say, and leave the rest of every task as it is."""

from typing import Any

import pytest
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


@pytest.mark.parametrize(
    ("option", "changes"),
    [
        ("fast_dev_run", {"trainer": {"fast_dev_run": True}}),
        ("overfit", {"epochs": 50, "augmentation": None, "trainer": {"overfit_batches": 1}}),
        ("sample", {"epochs": 2, "trainer": {"limit_train_batches": 20, "limit_val_batches": 20}}),
    ],
)
def test_debugging_changes_the_training_alone(option: str, changes: dict[str, Any]) -> None:
    expected = composed("image")
    expected["train"] |= {key: value for key, value in changes.items() if key != "trainer"}
    expected["train"]["trainer"] |= changes["trainer"]
    if option == "overfit":
        expected["train"]["callbacks"]["early_stopping"] = None
    assert composed("image", f"debug={option}") == expected


def test_drift_can_be_more_sensitive() -> None:
    drift = composed("image", "drift=sensitive")["drift"]
    changes = {"min_effect_size": 0.1, "n_permutations": 1000, "max_rows": 50000}
    assert drift == composed("image")["drift"] | changes


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("choice", ["optimizer=sgd", "trainer=bf16", "callbacks=averaging", "logger=csv", "~scheduler"])
def test_each_choice_composes_for_every_task(task: str, choice: str) -> None:
    assert composed(task, choice) != composed(task)
