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
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from hallmark import answers, config, systems
from hallmark.contracts.examples import Examples
from hallmark.layers import model
from hallmark.tracking.live import live
from hallmark.train import fitting
from hallmark.train.batches import Batches
from hallmark.train.learner import Plan

ROUNDS, STEPS = 5, 240  # steps of each run
EPOCHS = 4
TARGET = 0.9


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


class Network(NamedTuple):
    build: Callable[..., model.Model]
    loss: Callable[..., torch.Tensor]


def examples(task: str, rows: int, seed: int) -> Examples:
    make, classes = SHAPES[task]
    rng = np.random.default_rng(seed)
    labels = tuple(str(k) for k in range(classes))
    table = pd.DataFrame({"id": np.arange(rows).astype(str), "label": rng.choice(labels, rows)})
    return Examples(table, make(rows, rng), labels)


def stage(task: str, network: Network, plan: Plan, data: tuple[Examples, Examples]) -> float:
    """Steps a second of the train stage."""
    key = f"{time.time_ns():x}"
    with live(experiment="benchmark", key=key, task=task, path=Path(key) / "metrics.jsonl") as sink:
        trained = fitting.train(*data, build=network.build, loss=network.loss, plan=plan, folder=Path(key), sink=sink)
    assert trained is not None
    return float(trained.training["steps"] / trained.cost["seconds"])


def bare(network: Network, plan: Plan, data: tuple[Examples, Examples], *, fused: bool) -> float:
    """Steps a second of the loop that one would write by hand."""
    torch.manual_seed(plan.seed)
    built = network.build(data[0], plan.network)
    weights = built.parameters()
    optimizer = torch.optim.AdamW(weights, lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=fused)
    train, validation = (tensors(part, built.inputs) for part in data)
    batches, held = Batches(train, plan.batch_size, seed=plan.seed), Batches(validation, plan.batch_size)
    started = time.perf_counter()
    for epoch in range(plan.epochs):
        built.train()
        for position in range(len(batches)):
            batch, _ = batches.at(epoch, position)
            optimizer.zero_grad()
            network.loss(built(*(batch[name] for name in built.inputs)), batch).backward()
            optimizer.step()
        built.eval()
        with torch.inference_mode():
            for position in range(len(held)):
                batch, _ = held.at(0, position)
                network.loss(built(*(batch[name] for name in built.inputs)), batch).item()
    return plan.epochs * len(batches) / (time.perf_counter() - started)


def tensors(part: Examples, inputs: tuple[str, ...]) -> dict[str, torch.Tensor]:
    arrays = {name: torch.from_numpy(part.arrays[name]) for name in inputs}
    return {**arrays, "target": torch.from_numpy(part.targets())}


def measure(task: str, parameters: config.Parameters) -> dict[str, Any]:
    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    build = partial(model.build, build_trunk=system.network.build, answer=answer.network)
    network = Network(build, answer.network.loss)
    plan = replace(Plan(seed=7, **dict(parameters.train)), epochs=EPOCHS, patience=EPOCHS)
    rows = plan.batch_size * STEPS // EPOCHS
    data = examples(task, rows, 0), examples(task, rows // 5, 1)
    runs: dict[str, Callable[[], float]] = {
        "stage": lambda: stage(task, network, plan, data),
        "bare": lambda: bare(network, plan, data, fused=False),
        "bare_fused": lambda: bare(network, plan, data, fused=True),
    }
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS + 1)][1:]  # the first one warms up
    found: dict[str, Any] = {name: round(statistics.median(each[name] for each in rounds), 2) for name in runs}
    for name in ("bare", "bare_fused"):
        found[f"ratio_to_{name}"] = round(statistics.median(each["stage"] / each[name] for each in rounds), 3)
    return {"steps": STEPS, "batch_size": plan.batch_size, "steps_per_second": found}


def main() -> int:
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # the local store
    composed = {task: config.read(Path(f"params/{task}.yaml")) for task in SHAPES}
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):  # where MLflow's store is made
        found = {task: measure(task, parameters) for task, parameters in composed.items()}
    table = Table(title=f"training steps a second, {torch.get_num_threads()} threads, {ROUNDS} alternating rounds")
    for heading in ("task", "train stage", "bare loop", "ratio", "bare loop, fused AdamW", "ratio"):
        table.add_column(heading, justify="left" if heading == "task" else "right")
    for task, each in found.items():
        speed = each["steps_per_second"]
        names = ("stage", "bare", "ratio_to_bare", "bare_fused", "ratio_to_bare_fused")
        table.add_row(task, *(f"{speed[name]:.2f}" for name in names))
    Console().print(table)
    text = json.dumps({"threads": torch.get_num_threads(), "target_ratio": TARGET, "tasks": found}, indent=2)
    Path("benchmarks/training.json").write_text(text + "\n")
    slow = [task for task, each in found.items() if each["steps_per_second"]["ratio_to_bare"] < TARGET]
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
