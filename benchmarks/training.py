"""Training speed of the seven shipped networks: the stage, plain and packed, beside loops of others.

- plain: the stage `train` as it runs, with `train.pack` 1: Lightning, checkpoints, MLflow's live
  curves.
- packed: the same with 8 batches in a turn of Lightning's loop.
- bare: a loop of PyTorch alone, by hand, that does the same training: batches, augmentation, fused
  AdamW, clipping, schedule, validation.
- lightning: a LightningModule as its tutorials have it, with torch's DataLoader over single examples,
  and with the bar, the logger and the checkpoints that Lightning has where nobody says anything.

All four have the same network, examples, optimiser and number of steps. They alternate, each round
beginning with another one, and a ratio is the median over the rounds, so that neither a machine whose
speed changes nor what ran before favours one of them. Networks are those of
params/<task>.yaml; examples are drawn, with the shapes that the task has (`benchmarks.gpu`).

Prints a table and writes benchmarks/training.json. Exits with 1 where a packed training has less
than RATIO of the bare loop's speed, or a plain one takes more than SLOWER milliseconds a step
longer.
"""

import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks import gpu
from benchmarks.gpu import DRAWS, Trial, make_trial
from hallmark import config
from hallmark.layers import model
from hallmark.tracking.live import live
from hallmark.train import training_parts
from hallmark.train.batches import ExampleLoader, GlobalBatches, order_of_training
from hallmark.train.trained_network import TrainingConfig, train_network

ROUNDS = 5
STEPS = 120  # of the optimiser, in each epoch; those of the shipped tasks have 13 to 618
EPOCHS = {"image": 4, "fraud": 4, "robotics": 4}  # of a run: where a step takes milliseconds; elsewhere 1
SEED = 7
RATIO = 0.95  # smallest acceptable ratio of the packed training's speed to the bare loop's
SLOWER = 2.0  # milliseconds that a plain step may take longer than the bare loop's


def prepare(trial: Trial, folder: Path, *, pack: int, sink: Any = lambda *_: None) -> TrainingConfig:
    """Return the configuration of the training as shipped, but for the number of epochs."""
    settings = trial.settings.model_copy(update={"pack": pack})
    return training_parts.training_config(settings, task="benchmark", seed=SEED, folder=folder, sink=sink)


def run_stage(trial: Trial, *, pack: int) -> float:
    """Return the steps per second of the stage's training.

    It writes into a folder of the working directory.
    """
    key = f"{time.time_ns():x}"
    with live(experiment="benchmark", key=key, task="benchmark", path=Path(key) / "metrics.jsonl") as sink:
        trained = train_network(
            trial.train,
            trial.validation,
            network=trial.network,
            answer=trial.answer,
            config=prepare(trial, Path(key), pack=pack, sink=sink),
        )
    assert trained is not None
    return float(trained.training["steps"] / trained.cost["seconds"])


def run_bare_loop(trial: Trial) -> float:
    """Return the steps per second of the loop that one would write by hand."""
    parts = prepare(trial, Path("unused"), pack=1)
    torch.manual_seed(SEED)
    network = model.build(trial.network, trial.train, trial.answer)
    order = order_of_training(len(trial.train), SEED, None)
    batches = GlobalBatches(order, parts.batch_size)
    train = ExampleLoader(to_tensors(trial, network, "train"), batches)
    validation_order = order_of_training(len(trial.validation), SEED, None)
    validation = ExampleLoader(
        to_tensors(trial, network, "validation"), GlobalBatches(validation_order, parts.batch_size)
    )

    optimizer = parts.optimizer(list(network.parameters()))
    assert parts.scheduler is not None
    scheduler = parts.scheduler(optimizer, total_steps=trial.settings.epochs * len(train))
    limit = trial.settings.trainer.gradient_clip_val

    def compute_loss(batch: dict[str, Tensor]) -> Tensor:
        return trial.answer.loss(network(*(batch[name] for name in network.inputs)), batch)

    start = time.perf_counter()
    for epoch in range(trial.settings.epochs):
        order.set_epoch(epoch)
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

    seconds = time.perf_counter() - start
    return trial.settings.epochs * len(train) / seconds


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
        if self.parts.augmentation is not None:
            batch = self.parts.augmentation(batch)
        loss = self.compute_loss(batch)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        self.log("validation_loss", self.compute_loss(batch), prog_bar=True)

    def configure_optimizers(self) -> Any:
        optimizer = self.parts.optimizer(self.parameters())
        assert self.parts.scheduler is not None
        scheduler = self.parts.scheduler(optimizer, total_steps=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_train_start(self) -> None:
        self.start = time.perf_counter()

    def on_train_end(self) -> None:
        self.seconds = time.perf_counter() - self.start


def run_plain_lightning(trial: Trial) -> float:
    """Return the steps per second of Lightning as its tutorials use it."""
    parts = prepare(trial, Path("unused"), pack=1)
    torch.manual_seed(SEED)
    network = model.build(trial.network, trial.train, trial.answer)
    train, validation = (SingleExamples(to_tensors(trial, network, split)) for split in ("train", "validation"))
    module = TutorialModule(network, trial, parts)
    trainer = lightning.Trainer(
        max_epochs=trial.settings.epochs,
        accelerator="cpu",
        gradient_clip_val=trial.settings.trainer.gradient_clip_val,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(
            module,
            DataLoader(train, batch_size=parts.batch_size, shuffle=True, drop_last=True),
            DataLoader(validation, batch_size=parts.batch_size),
        )
    return trainer.global_step / module.seconds


def measure(task: str, parameters: config.Parameters) -> dict[str, Any]:
    """Return a task's median steps per second of each way, and what they say of the stage."""
    trial = make_trial(task, parameters, gpu.EPOCHS * STEPS)
    callbacks = {name: each for name, each in parameters.train.callbacks.items() if name != "early_stopping"}
    epochs = EPOCHS.get(task, 1)
    trial = replace(trial, settings=trial.settings.model_copy(update={"epochs": epochs, "callbacks": callbacks}))
    ways: dict[str, Callable[[], float]] = {
        "plain": lambda: run_stage(trial, pack=1),
        "packed": lambda: run_stage(trial, pack=8),
        "bare": lambda: run_bare_loop(trial),
        "lightning": lambda: run_plain_lightning(trial),
    }

    rounds: list[dict[str, float]] = []
    for round_number in range(ROUNDS + 1):
        first = round_number % len(ways)
        order = [*ways][first:] + [*ways][:first]
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            rounds.append({name: ways[name]() for name in order})
    rounds = rounds[1:]  # the first one warms up

    return {
        "steps": epochs * STEPS,
        "batch_size": trial.settings.batch_size,
        "steps_per_second": {name: round(statistics.median(each[name] for each in rounds), 2) for name in ways},
        "packed_to_bare": round(statistics.median(each["packed"] / each["bare"] for each in rounds), 3),
        "plain_to_bare": round(statistics.median(each["plain"] / each["bare"] for each in rounds), 3),
        "plain_slower_ms": round(1000 * statistics.median(1 / each["plain"] - 1 / each["bare"] for each in rounds), 3),
    }


def main(tasks: list[str] | None = None) -> int:
    """Measure the tasks, all seven where none is named, print and write the speeds."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # the local store
    names = tasks or list(DRAWS)
    composed = {task: config.read(Path(f"params/{task}.yaml")) for task in names}
    # Of a trial there is a folder for MLflow's store, checkpoints and logs.
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        shown = track(names, "training the networks", console=Console(stderr=True))
        measurements = {task: measure(task, composed[task]) for task in shown}

    Console().print(speed_table(measurements))
    if not tasks:
        content = {"threads": torch.get_num_threads(), "ratio": RATIO, "slower_ms": SLOWER, "tasks": measurements}
        Path("benchmarks/training.json").write_text(json.dumps(content, indent=2) + "\n")
    return int(not all(map(holds, measurements.values())))


def speed_table(measurements: Mapping[str, Any]) -> Table:
    table = Table(title=f"training steps per second, {torch.get_num_threads()} threads, {ROUNDS} alternating rounds")
    headings = ("task", "bare loop", "packed", "ratio", "plain", "ms slower", "plain Lightning", " ")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("task", " ") else "right")
    for task, measurement in measurements.items():
        speeds = measurement["steps_per_second"]
        table.add_row(
            task,
            f"{speeds['bare']:.1f}",
            f"{speeds['packed']:.1f}",
            f"{measurement['packed_to_bare']:.3f}",
            f"{speeds['plain']:.1f}",
            f"{measurement['plain_slower_ms']:.2f}",
            f"{speeds['lightning']:.1f}",
            "✓" if holds(measurement) else "✗",
        )
    return table


def holds(measurement: Mapping[str, Any]) -> bool:
    return bool(measurement["packed_to_bare"] >= RATIO and measurement["plain_slower_ms"] <= SLOWER)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
