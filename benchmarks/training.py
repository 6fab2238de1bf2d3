"""Training speed: steps per second of the train stage, and of a plain PyTorch loop that does the
same training.

Both have the same network, batches and validation. The stage is measured with all that it does:
Lightning, the progress bar, checkpoints, MLflow's live curves and system metrics. Stage and loop
alternate, and a ratio is the median over the rounds, so that a busy machine slows both. Networks
are those of params/<task>.yaml; data is random, with the shapes that the task has. Prints a table
and writes benchmarks/training.json.
"""

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.gpu import Trial
from hallmark import answers, config, systems
from hallmark.contracts.examples import Examples
from hallmark.layers import model
from hallmark.tracking.live import live
from hallmark.train.batches import Batches
from hallmark.train.lightning_module import TrainingConfig
from hallmark.train.trained_network import train_network

ROUNDS = 5
STEPS = 240  # optimiser steps of each run, over all epochs
EPOCHS = 4
SEED = 7
TARGET = 0.9  # the smallest acceptable ratio of the stage's speed to that of the plain loop


def draw_digits(rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the inputs of the task image: grey pictures (rows, 1, 8, 8), 0-255."""
    return {"image": rng.integers(0, 256, (rows, 1, 8, 8), dtype=np.uint8)}


def draw_transactions(rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the inputs of the task fraud: 16 former transactions of 9 columns each, and the current
    one's 16 columns.
    """
    history = rng.normal(size=(rows, 16, 9)).astype(np.float32)
    history[:, :, 0] = rng.random((rows, 16)) < 0.8  # whether there was a transaction
    return {"history": history, "current": rng.normal(size=(rows, 16)).astype(np.float32)}


# By task: what draws its inputs, and the number of its labels.
INPUTS: dict[str, tuple[Callable[..., dict[str, np.ndarray]], int]] = {
    "image": (draw_digits, 10),
    "fraud": (draw_transactions, 2),
}


def draw_examples(task: str, rows: int, seed: int) -> Examples:
    draw_inputs, label_count = INPUTS[task]
    rng = np.random.default_rng(seed)
    labels = tuple(str(number) for number in range(label_count))
    table = pd.DataFrame({"id": np.arange(rows).astype(str), "label": rng.choice(labels, rows)})
    return Examples(table, draw_inputs(rows, rng), labels)


def run_stage(task: str, trial: Trial) -> float:
    """Return the steps per second of the train stage.

    It writes into a folder of the working directory.
    """
    key = f"{time.time_ns():x}"
    with live(experiment="benchmark", key=key, task=task, path=Path(key) / "metrics.jsonl") as sink:
        trained = train_network(
            trial.train,
            trial.validation,
            build=trial.build,
            loss=trial.loss,
            config=TrainingConfig(settings=trial.settings, seed=SEED, folder=Path(key), sink=sink),
        )
    assert trained is not None
    return float(trained.training["steps"] / trained.cost["seconds"])


def run_plain_loop(trial: Trial, *, fused: bool) -> float:
    """Return the steps per second of the loop that one would write by hand.

    `fused` is AdamW's option.
    """
    settings = trial.settings
    torch.manual_seed(SEED)
    network = trial.build(trial.train, settings.network)
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings.optimizer.lr,
        weight_decay=settings.optimizer.weight_decay or 0.0,
        fused=fused,
    )
    train = Batches(to_tensors(trial.train, network.inputs), settings.batch_size, seed=SEED)
    validation = Batches(to_tensors(trial.validation, network.inputs), settings.batch_size)

    def compute_loss(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        inputs = [batch[name] for name in network.inputs]
        return trial.loss(network(*inputs), batch)

    start = time.perf_counter()
    for epoch in range(settings.epochs):
        network.train()
        for position in range(len(train)):
            batch, _ = train.at(epoch, position)
            optimizer.zero_grad()
            torch.autograd.backward(compute_loss(batch))
            optimizer.step()

        network.eval()
        with torch.inference_mode():
            for position in range(len(validation)):
                batch, _ = validation.at(0, position)
                compute_loss(batch).item()

    seconds = time.perf_counter() - start
    return settings.epochs * len(train) / seconds


def to_tensors(examples: Examples, inputs: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """Return the inputs by name, and the class indices as "target"."""
    arrays = {name: torch.from_numpy(examples.arrays[name]) for name in inputs}
    return {**arrays, "target": torch.from_numpy(examples.targets())}


def measure(task: str, parameters: config.Parameters) -> dict[str, Any]:
    """Return a task's median speeds (steps per second), and the median ratios of the stage's to
    either loop's.
    """
    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    settings = parameters.train.model_copy(update={"epochs": EPOCHS, "callbacks": {}})
    rows = settings.batch_size * STEPS // EPOCHS
    trial = Trial(
        build=partial(model.build, build_trunk=system.network.build, answer=answer.network),
        loss=answer.network.loss,
        settings=settings,
        train=draw_examples(task, rows, 0),
        validation=draw_examples(task, rows // 5, 1),
    )

    runs: dict[str, Callable[[], float]] = {
        "stage": lambda: run_stage(task, trial),
        "bare": lambda: run_plain_loop(trial, fused=False),
        "bare_fused": lambda: run_plain_loop(trial, fused=True),
    }
    rounds = []
    for _ in range(ROUNDS + 1):
        rounds.append({name: run() for name, run in runs.items()})
    rounds = rounds[1:]  # the first one warms up

    speeds: dict[str, Any] = {}
    for name in runs:
        speeds[name] = round(statistics.median(speed[name] for speed in rounds), 2)
    for name in ("bare", "bare_fused"):
        ratio = statistics.median(speed["stage"] / speed[name] for speed in rounds)
        speeds[f"ratio_to_{name}"] = round(ratio, 3)
    return {"steps": STEPS, "batch_size": settings.batch_size, "steps_per_second": speeds}


def main() -> int:
    """Measure the tasks, print and write the speeds.

    Return 1 where the stage is slower than TARGET times the loop.
    """
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # the local store
    composed = {task: config.read(Path(f"params/{task}.yaml")) for task in INPUTS}
    with (
        tempfile.TemporaryDirectory() as scratch,
        contextlib.chdir(scratch),
    ):  # where MLflow's store is made
        measurements = {task: measure(task, parameters) for task, parameters in composed.items()}

    table = Table(title=f"training steps per second, {torch.get_num_threads()} threads, {ROUNDS} alternating rounds")
    for heading in ("task", "train stage", "bare loop", "ratio", "bare loop, fused AdamW", "ratio"):
        table.add_column(heading, justify="left" if heading == "task" else "right")
    columns = ("stage", "bare", "ratio_to_bare", "bare_fused", "ratio_to_bare_fused")
    for task, measurement in measurements.items():
        speeds = measurement["steps_per_second"]
        table.add_row(task, *(f"{speeds[name]:.2f}" for name in columns))
    Console().print(table)

    content = {"threads": torch.get_num_threads(), "target_ratio": TARGET, "tasks": measurements}
    Path("benchmarks/training.json").write_text(json.dumps(content, indent=2) + "\n")
    ratios = [measurement["steps_per_second"]["ratio_to_bare"] for measurement in measurements.values()]
    return int(min(ratios) < TARGET)


if __name__ == "__main__":
    sys.exit(main())
