"""Training steps a second, of our train stage and of a bare PyTorch loop with the same network, batches and validation.

The stage is measured as it runs: Lightning, the progress bar, checkpoints, MLflow's live curves and system metrics. The
runs alternate, and the ratio is the median over the rounds, so that a busy machine slows both. Networks are those of
params/<task>.yaml, data is random of the shapes that these tasks have. Writes benchmarks/training.json.
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
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from hallmark import answers, config, systems
from hallmark.config.stages import Train
from hallmark.contracts.examples import Examples
from hallmark.layers import model
from hallmark.tracking.live import live
from hallmark.train.batches import Batches
from hallmark.train.lightning_module import TrainingConfig
from hallmark.train.trained_network import train_network

ROUNDS = 5
STEPS = 240  # of each run
EPOCHS = 4
SEED = 7
TARGET = 0.9  # the least ratio of the train stage's steps a second to the bare loop's


def digits(rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"image": rng.integers(0, 256, (rows, 1, 8, 8), dtype=np.uint8)}


def transactions(rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    history = rng.normal(size=(rows, 16, 9)).astype(np.float32)
    history[:, :, 0] = rng.random((rows, 16)) < 0.8  # whether there was a transaction
    return {"history": history, "current": rng.normal(size=(rows, 16)).astype(np.float32)}


SHAPES: dict[str, tuple[Callable[..., dict[str, np.ndarray]], int]] = {
    "image": (digits, 10),
    "fraud": (transactions, 2),
}


class Trial(NamedTuple):
    """What each run trains: a network of the training examples, by its loss, on two splits."""

    build: Callable[..., model.Model]
    loss: Callable[..., torch.Tensor]
    settings: Train
    train: Examples
    validation: Examples


def examples(task: str, rows: int, seed: int) -> Examples:
    make, classes = SHAPES[task]
    rng = np.random.default_rng(seed)
    labels = tuple(str(k) for k in range(classes))
    table = pd.DataFrame({"id": np.arange(rows).astype(str), "label": rng.choice(labels, rows)})
    return Examples(table, make(rows, rng), labels)


def run_stage(task: str, trial: Trial) -> float:
    """Return the steps a second of the train stage."""
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


def run_bare_loop(trial: Trial, *, fused: bool) -> float:
    """Return the steps a second of the loop that one would write by hand."""
    settings = trial.settings
    torch.manual_seed(SEED)
    network = trial.build(trial.train, settings.network)
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=fused,
    )
    train = Batches(tensors(trial.train, network.inputs), settings.batch_size, seed=SEED)
    validation = Batches(tensors(trial.validation, network.inputs), settings.batch_size)

    def compute_loss(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return trial.loss(network(*(batch[name] for name in network.inputs)), batch)

    started = time.perf_counter()
    for epoch in range(settings.epochs):
        network.train()
        for position in range(len(train)):
            batch, _ = train.at(epoch, position)
            optimizer.zero_grad()
            compute_loss(batch).backward()
            optimizer.step()

        network.eval()
        with torch.inference_mode():
            for position in range(len(validation)):
                batch, _ = validation.at(0, position)
                compute_loss(batch).item()
    return settings.epochs * len(train) / (time.perf_counter() - started)


def tensors(examples: Examples, inputs: tuple[str, ...]) -> dict[str, torch.Tensor]:
    arrays = {name: torch.from_numpy(examples.arrays[name]) for name in inputs}
    return {**arrays, "target": torch.from_numpy(examples.targets())}


def measure(task: str, parameters: config.Parameters) -> dict[str, Any]:
    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    settings = parameters.train.model_copy(update={"epochs": EPOCHS, "patience": EPOCHS})
    rows = settings.batch_size * STEPS // EPOCHS
    trial = Trial(
        build=partial(model.build, build_trunk=system.network.build, answer=answer.network),
        loss=answer.network.loss,
        settings=settings,
        train=examples(task, rows, 0),
        validation=examples(task, rows // 5, 1),
    )

    runs: dict[str, Callable[[], float]] = {
        "stage": lambda: run_stage(task, trial),
        "bare": lambda: run_bare_loop(trial, fused=False),
        "bare_fused": lambda: run_bare_loop(trial, fused=True),
    }
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS + 1)]
    rounds = rounds[1:]  # the first one warms up

    speeds: dict[str, Any] = {}
    for name in runs:
        speeds[name] = round(statistics.median(speed[name] for speed in rounds), 2)
    for name in ("bare", "bare_fused"):
        ratio = statistics.median(speed["stage"] / speed[name] for speed in rounds)
        speeds[f"ratio_to_{name}"] = round(ratio, 3)
    return {"steps": STEPS, "batch_size": settings.batch_size, "steps_per_second": speeds}


def main() -> int:
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # the local store
    composed = {task: config.read(Path(f"params/{task}.yaml")) for task in SHAPES}
    with (
        tempfile.TemporaryDirectory() as scratch,
        contextlib.chdir(scratch),
    ):  # where MLflow's store is made
        measured = {task: measure(task, parameters) for task, parameters in composed.items()}

    table = Table(title=f"training steps a second, {torch.get_num_threads()} threads, {ROUNDS} alternating rounds")
    for heading in ("task", "train stage", "bare loop", "ratio", "bare loop, fused AdamW", "ratio"):
        table.add_column(heading, justify="left" if heading == "task" else "right")
    columns = ("stage", "bare", "ratio_to_bare", "bare_fused", "ratio_to_bare_fused")
    for task, measurement in measured.items():
        speeds = measurement["steps_per_second"]
        table.add_row(task, *(f"{speeds[name]:.2f}" for name in columns))
    Console().print(table)

    content = {"threads": torch.get_num_threads(), "target_ratio": TARGET, "tasks": measured}
    Path("benchmarks/training.json").write_text(json.dumps(content, indent=2) + "\n")
    ratios = [measurement["steps_per_second"]["ratio_to_bare"] for measurement in measured.values()]
    return int(min(ratios) < TARGET)


if __name__ == "__main__":
    sys.exit(main())
