"""The five ways of `benchmarks.training`, of which a process runs one, over and over.

`python -m benchmarks.training_ways <task> <way> <folder>` stops itself (SIGSTOP) where each training begins, and again
where it ends. Whoever started it lets it go on.
"""

import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks import gpu
from benchmarks.gpu import Trial, make_trial
from hallmark import config
from hallmark.config.stages import SHIPPED_PACK
from hallmark.layers import model
from hallmark.tracking import live
from hallmark.train import training_parts
from hallmark.train.batches import ExampleLoader, GlobalBatches, order_of_training
from hallmark.train.trained_network import TrainingConfig, train_network, turns_between_lines

LEAST_STEPS = 120  # of the optimiser in an epoch: a shorter one is mostly validation
MOST_STEPS = 250  # a longer one takes minutes
EPOCHS = {"image": 4, "fraud": 2, "robotics": 2}  # of a training: where a step takes milliseconds; elsewhere 1
# Steps of the optimiser in an epoch of the shipped task.
SHIPPED_STEPS = {
    "image": 13,
    "medical": 38,
    "recommendation": 52,
    "speech": 81,
    "fraud": 248,
    "robotics": 285,
    "language": 618,
}
STEPS = {task: min(max(steps, LEAST_STEPS), MOST_STEPS) for task, steps in SHIPPED_STEPS.items()}  # in each epoch here
SENDING = 4 * live.INTERVAL  # seconds between two requests to MLflow: this process runs a quarter of the time
SEED = 7


def stop() -> None:
    """Stop this process and those that it has started, until whoever has started it lets them go on."""
    os.killpg(os.getpgrp(), signal.SIGSTOP)


class Marks(lightning.Callback):
    """Stops where a training begins and where it ends. Between them, curves have lines as often as in the shipped task.

    log_every: Turns of Lightning's loop between two lines; None: as it is.
    """

    def __init__(self, log_every: int | None = None) -> None:
        self.log_every = log_every

    def on_train_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        if self.log_every is not None:
            trainer.log_every_n_steps = self.log_every  # type: ignore[attr-defined]  # an attribute that Lightning sets
        stop()

    def on_train_end(self, *_: Any) -> None:
        stop()


def make_benchmark_trial(task: str) -> tuple[Trial, int]:
    """Return a task's network with drawn examples, and the number of epochs of the shipped task."""
    parameters = config.read(Path(f"params/{task}.yaml"))
    trial = make_trial(task, parameters, gpu.EPOCHS * STEPS[task])
    callbacks = {name: each for name, each in parameters.train.callbacks.items() if name != "early_stopping"}
    settings = trial.settings.model_copy(update={"epochs": EPOCHS.get(task, 1), "callbacks": callbacks})
    return replace(trial, settings=settings), parameters.train.epochs


def lines_apart(task: str, epochs: int, pack: int) -> int:
    """Return the turns between two lines of the curves in the shipped task."""
    turns = -(-SHIPPED_STEPS[task] // pack)
    return turns_between_lines(turns, epochs, at_most=50)  # Lightning's own number


def make_config(trial: Trial, folder: Path, *, pack: int, sink: Any = lambda *_: None) -> TrainingConfig:
    """Return the configuration of the training as shipped, but for the number of epochs."""
    settings = trial.settings.model_copy(update={"pack": pack})
    return training_parts.training_config(settings, task="benchmark", seed=SEED, folder=folder, sink=sink)


def run_stage(trial: Trial, *, pack: int, log_every: int) -> None:
    """Train as the stage does. It writes into a folder of the working directory."""
    key = f"{time.time_ns():x}"
    with live.live(experiment="benchmark", key=key, task="benchmark", path=Path(key) / "metrics.jsonl") as sink:
        parts = make_config(trial, Path(key), pack=pack, sink=sink)
        train_network(
            trial.train,
            trial.validation,
            network=trial.network,
            answer=trial.answer,
            config=replace(parts, callbacks=[lambda: Marks(log_every), *parts.callbacks]),
        )


def run_bare_loop(trial: Trial) -> None:
    """Train in the loop that one would write by hand."""
    parts = make_config(trial, Path("unused"), pack=1)
    torch.manual_seed(SEED)
    network = model.build(trial.network, trial.train, trial.answer)
    train, validation = make_loaders(trial, network, parts)

    optimizer = parts.optimizer(list(network.parameters()))
    assert parts.scheduler is not None
    scheduler = parts.scheduler(optimizer, total_steps=trial.settings.epochs * len(train))
    limit = trial.settings.trainer.gradient_clip_val

    def compute_loss(batch: dict[str, Tensor]) -> Tensor:
        return trial.answer.loss(network(*(batch[name] for name in network.inputs)), batch)

    stop()
    for epoch in range(trial.settings.epochs):
        train.batches.sampler.set_epoch(epoch)
        network.train()
        for batch in train:
            augmented = batch if parts.augmentation is None else parts.augmentation(batch)
            optimizer.zero_grad()
            torch.autograd.backward(compute_loss(augmented))
            if limit:
                torch.nn.utils.clip_grad_norm_(network.parameters(), limit)
            optimizer.step()
            scheduler.step()

        network.eval()
        with torch.inference_mode():
            for batch in validation:
                compute_loss(batch).item()
    stop()


def make_loaders(trial: Trial, network: model.Model, parts: TrainingConfig) -> tuple[ExampleLoader, ExampleLoader]:
    """Return the batches of the training and of the validation split, as the stage has them."""
    train_order = order_of_training(len(trial.train), SEED, None)
    validation_order = order_of_training(len(trial.validation), SEED, None)
    return (
        ExampleLoader(to_tensors(trial, network, "train"), GlobalBatches(train_order, parts.batch_size)),
        ExampleLoader(to_tensors(trial, network, "validation"), GlobalBatches(validation_order, parts.batch_size)),
    )


def to_tensors(trial: Trial, network: model.Model, split: str) -> dict[str, Tensor]:
    """Return the inputs and targets of a split by name, and the class indices as "target"."""
    examples = trial.train if split == "train" else trial.validation
    names = [*network.inputs, *network.targets]
    tensors = {name: torch.from_numpy(examples.arrays[name]) for name in names}
    if examples.labels:
        tensors["target"] = torch.from_numpy(examples.targets())
    return tensors


class SingleExamples(Dataset[dict[str, Tensor]]):
    """Examples one by one, as torch's tutorials have them."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors

    def __len__(self) -> int:
        return len(next(iter(self.tensors.values())))

    def __getitem__(self, row: int) -> dict[str, Tensor]:
        return {name: tensor[row] for name, tensor in self.tensors.items()}


class TutorialModule(lightning.LightningModule):
    """A LightningModule as Lightning's tutorials have it."""

    def __init__(self, network: model.Model, trial: Trial, parts: TrainingConfig) -> None:
        super().__init__()
        self.network = network
        self.trial = trial
        self.parts = parts

    def compute_loss(self, batch: dict[str, Tensor]) -> Tensor:
        return self.trial.answer.loss(self.network(*(batch[name] for name in self.network.inputs)), batch)

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        loss = self.compute_augmented_loss(batch)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def compute_augmented_loss(self, batch: dict[str, Tensor]) -> Tensor:
        augmented = batch if self.parts.augmentation is None else self.parts.augmentation(batch)
        return self.compute_loss(augmented)

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        self.log("validation_loss", self.compute_loss(batch), prog_bar=True)

    def configure_optimizers(self) -> Any:
        optimizer = self.parts.optimizer(self.parameters())
        assert self.parts.scheduler is not None
        scheduler = self.parts.scheduler(optimizer, total_steps=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def run_plain_lightning(trial: Trial) -> None:
    """Train by Lightning as its tutorials use it."""
    parts = make_config(trial, Path("unused"), pack=1)
    torch.manual_seed(SEED)
    network = model.build(trial.network, trial.train, trial.answer)
    train, validation = (SingleExamples(to_tensors(trial, network, split)) for split in ("train", "validation"))
    trainer = lightning.Trainer(
        max_epochs=trial.settings.epochs,
        accelerator="cpu",
        gradient_clip_val=trial.settings.trainer.gradient_clip_val,
        callbacks=[Marks()],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(
            TutorialModule(network, trial, parts),
            DataLoader(train, batch_size=parts.batch_size, shuffle=True, drop_last=True),
            DataLoader(validation, batch_size=parts.batch_size),
        )


class SilentModule(TutorialModule):
    """The same, of which Lightning has nothing to log."""

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        return self.compute_augmented_loss(batch)

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        self.compute_loss(batch)


def run_lightning_alone(trial: Trial) -> None:
    """Train in Lightning's loop over our batches, with all of Lightning's that can be switched off switched off."""
    parts = make_config(trial, Path("unused"), pack=1)
    torch.manual_seed(SEED)
    network = model.build(trial.network, trial.train, trial.answer)
    trainer = lightning.Trainer(
        max_epochs=trial.settings.epochs,
        accelerator="cpu",
        gradient_clip_val=trial.settings.trainer.gradient_clip_val,
        callbacks=[Marks()],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(SilentModule(network, trial, parts), *make_loaders(trial, network, parts))


def main(task: str, way: str, folder: Path) -> None:
    """Train by one way, over and over, until somebody ends this process."""
    trial, epochs = make_benchmark_trial(task)
    ways: Mapping[str, Callable[[], None]] = {
        "plain": lambda: run_stage(trial, pack=1, log_every=lines_apart(task, epochs, 1)),
        "packed": lambda: run_stage(trial, pack=SHIPPED_PACK, log_every=lines_apart(task, epochs, SHIPPED_PACK)),
        "bare": lambda: run_bare_loop(trial),
        "loop": lambda: run_lightning_alone(trial),
        "lightning": lambda: run_plain_lightning(trial),
    }
    live.INTERVAL = SENDING
    os.chdir(folder)
    while True:
        ways[way]()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
