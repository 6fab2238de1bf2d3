"""The seven shipped networks on a GPU: speed, memory, bfloat16 against float32, and resuming.

Each network is the one of params/<task>.yaml, trained by `train_network` with its answer's loss, on
one GPU. Data is random, with the shapes that the task has, and with something in it to learn, so
that a loss which goes wrong can be seen. No data file is read.

Measured for each network:

- Speed on the GPU in bfloat16, as `trainer=bf16` has it, on the GPU in float32, and on the CPU of
  the same machine. Trainings in the two precisions alternate. A speed is the median over the rounds,
  with the validation after each epoch, without the first epoch, which warms up.
- Peak memory: what PyTorch allocated on the GPU, at most.
- bfloat16: its validation loss after the same steps as float32's, which may differ by a fraction
  TOLERANCE. "float32" is what PyTorch makes of it by default: convolutions may use TF32.
- Resuming: a training that is stopped after half of its epochs, and goes on from its checkpoint,
  has the validation curve of one that was not stopped. GPUs may add in another order from run to
  run, so it may differ by twice as much as trainings that were not stopped differ among themselves.

Prints two tables and writes benchmarks/gpu.json. Exits with 1 where a network fails on the GPU,
where one of the last two does not hold, and where there is no GPU.
"""

import argparse
import contextlib
import importlib.metadata
import io
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from hallmark import answers, config
from hallmark.answers.answer import Network
from hallmark.config.stages import Train
from hallmark.contracts.examples import Examples
from hallmark.layers.model import MakeNetwork
from hallmark.train import checkpoint, devices, training_parts
from hallmark.train.curve_logger import Sink
from hallmark.train.machine import Machine, trainer_arguments
from hallmark.train.trained_network import TrainedNetwork, train_network

ROUNDS = 3
EPOCHS = 4
STEPS = 240  # optimiser steps of each training on the GPU, over all epochs
CPU_STEPS = 64  # of each training on the CPU
SEED = 7
TOLERANCE = 0.03  # largest relative difference of the validation losses in bfloat16 and float32

BFLOAT16 = "bf16-mixed"  # as `trainer=bf16` has it
MIB = 2**20  # bytes
OUTPUT = Path("benchmarks/gpu.json")


# ---- examples ----


def draw_image(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw pictures with 8 bits: each the faint pattern of its label, in noise. One label in ten is random."""
    reading: Any = parameters.prepare.reading
    labels = tuple(reading.labels.values())
    shape = (reading.channels, reading.height, reading.width)

    label_indices = rng.integers(0, len(labels), rows)
    patterns = rng.normal(0, 25, (len(labels), *shape))
    noise = rng.normal(0, 40, (rows, *shape))
    pictures = to_pixels(128 + patterns[label_indices] + noise)

    label_indices = spoil_labels(label_indices, len(labels), rng)
    return make_examples({"image": pictures}, label_indices=label_indices, labels=labels)


def draw_medical(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw scans, of which every second has a brighter square in its middle, and clinical columns.

    One label in ten is random.
    """
    reading: Any = parameters.prepare.reading
    labels = tuple(reading.labels.values())
    shape = (reading.channels, reading.height, reading.width)

    label_indices = rng.integers(0, len(labels), rows)
    scans = rng.normal(60, 40, (rows, *shape))
    middle = slice(reading.height // 2 - 4, reading.height // 2 + 4)  # pixels
    scans[:, :, middle, middle] += 30.0 * label_indices[:, None, None, None]

    # A numeric column is a number and whether it is missing; a categorical one is a column for each
    # value and one for none.
    numeric_columns = 2 * len(reading.clinical.numeric)
    categorical_columns = sum(len(values) + 1 for values in reading.clinical.categorical.values())
    clinical = rng.random((rows, numeric_columns + categorical_columns)).round()
    clinical[:, 0] = rng.normal(58, 12, rows)  # age, years

    label_indices = spoil_labels(label_indices, len(labels), rng)
    arrays = {"image": to_pixels(scans), "clinical": clinical.astype(np.float32)}
    return make_examples(arrays, label_indices=label_indices, labels=labels)


def draw_fraud(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw former transactions of 9 channels each, and the current one's columns: 8 numbers and a category.

    One in ten is a fraud: those with the highest sum of four numbers and noise.
    """
    reading: Any = parameters.prepare.reading
    labels = tuple(reading.labels.values())

    history = rng.normal(size=(rows, reading.history.length, 9)).astype(np.float32)
    history[:, :, 0] = rng.random(history.shape[:2]) < 0.8  # whether there was a transaction
    numbers = rng.normal(size=(rows, 8))
    categories = [np.eye(len(values))[rng.integers(0, len(values), rows)] for values in reading.categorical.values()]
    current = np.concatenate([numbers, *categories], axis=1).astype(np.float32)

    risk = numbers[:, :3].sum(axis=1) + history[:, -1, 2] + rng.normal(size=rows)
    is_fraud = risk > np.quantile(risk, 0.9)
    arrays = {"history": history, "current": current}
    return make_examples(arrays, label_indices=is_fraud.astype(int), labels=labels)


def draw_robotics(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw readings of sensors, some of them absent, and actions that follow from the last two."""
    reading: Any = parameters.prepare.reading
    shape = (rows, reading.history, len(reading.observations))

    observations = rng.normal(size=shape).astype(np.float32)
    present = (rng.random(shape[:2]) < 0.95).astype(np.float32)
    effects = rng.normal(size=(2 * shape[2], len(reading.actions)))
    drive = observations[:, -2:].reshape(rows, -1) @ effects + rng.normal(0, 0.3, (rows, len(reading.actions)))
    action = 1 / (1 + np.exp(-drive))  # a fraction of its range

    arrays = {"observations": observations, "present": present, "target.action": action.astype(np.float32)}
    return make_examples(arrays)


def draw_language(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw windows of tokens. After each token come 8 others, all equally likely."""
    reading: Any = parameters.prepare.reading
    context = reading.context
    vocabulary_size = reading.vocabulary  # token 0 is padding, and none of them

    chain = np.empty((rows, context + 1), np.int32)
    chain[:, 0] = rng.integers(1, vocabulary_size + 1, rows)
    for position in range(context):
        successor = 3 * chain[:, position] + rng.integers(0, 8, rows)
        chain[:, position + 1] = 1 + successor % vocabulary_size

    length = np.where(rng.random(rows) < 0.9, context, rng.integers(context // 8, context + 1, rows))
    is_own = np.arange(context) < length[:, None]
    arrays = {
        "tokens": np.where(is_own, chain[:, :-1], 0).astype(np.int32),
        "length": length.astype(np.int32),
        "target.next": chain[np.arange(rows), length],
    }
    return make_examples(arrays, encoding={"vocabulary": [str(token) for token in range(vocabulary_size + 1)]})


def draw_recommendation(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw histories of items. The next item is one, two or three places further in the catalogue.

    No history has an item twice: it is shorter than a way around the catalogue.
    """
    reading: Any = parameters.prepare.reading
    raw: Any = parameters.raw
    memory = reading.memory

    first_item = rng.integers(0, raw.items, rows)
    places = first_item[:, None] + rng.integers(1, 4, (rows, memory + 1)).cumsum(axis=1)
    codes = (1 + places % raw.items).astype(np.int32)  # code 0 is padding in front
    history_length = rng.integers(1, memory + 1, rows)
    is_own = np.arange(memory) >= memory - history_length[:, None]

    scored_positions = rng.integers(1, reading.length + 1, rows)  # the last ones of a history
    arrays = {
        "items": np.where(is_own, codes[:, :-1], 0).astype(np.int32),
        "target.item": codes[:, -1],
        "target.counted": np.arange(reading.length) >= reading.length - scored_positions[:, None],
    }
    encoding = {
        "items": [str(item) for item in range(raw.items)],
        "length": reading.length,
        "repeats": reading.repeats,
    }
    return make_examples(arrays, encoding=encoding)


def draw_speech(parameters: config.Parameters, rows: int, rng: np.random.Generator) -> Examples:
    """Draw recordings of 19 to 40 letters, each a tone of its own and a sixteenth of a second long."""
    reading: Any = parameters.prepare.reading
    samples_per_letter = reading.sample_rate // 16
    n_samples = round(reading.seconds * reading.sample_rate)

    n_letters = rng.integers(19, 41, rows)
    letters = rng.integers(1, len(reading.alphabet) + 1, (rows, 40)).astype(np.int16)
    letters[np.arange(40) >= n_letters[:, None]] = 0

    waveform = np.zeros((rows, n_samples), np.int16)
    seconds = np.arange(40 * samples_per_letter) / reading.sample_rate
    for row in range(rows):
        frequency = 200 + 120 * np.repeat(letters[row], samples_per_letter)  # Hz
        tones = 8000 * np.sin(2 * np.pi * frequency * seconds) + rng.normal(0, 1000, len(seconds))
        own_samples = n_letters[row] * samples_per_letter
        waveform[row, :own_samples] = tones[:own_samples]

    arrays = {
        "waveform": waveform,
        "length": (n_letters * samples_per_letter).astype(np.int32),
        "target.tokens": letters,
        "target.length": n_letters.astype(np.int32),
    }
    return make_examples(arrays, encoding={"alphabet": reading.alphabet, "sample_rate": reading.sample_rate})


def spoil_labels(label_indices: np.ndarray, n_labels: int, rng: np.random.Generator) -> np.ndarray:
    """Return the labels with a random one in every tenth place, so that no network gets to a loss near 0."""
    random_labels = rng.integers(0, n_labels, len(label_indices))
    return np.where(rng.random(len(label_indices)) < 0.1, random_labels, label_indices)


def to_pixels(values: np.ndarray) -> np.ndarray:
    return values.clip(0, 255).astype(np.uint8)


def make_examples(
    arrays: Mapping[str, np.ndarray],
    *,
    label_indices: np.ndarray | None = None,
    labels: tuple[str, ...] = (),
    encoding: Mapping[str, Any] | None = None,
) -> Examples:
    """Return examples of the arrays (n, …). `label_indices` (n,) are positions in `labels`."""
    rows = len(next(iter(arrays.values())))
    table = pd.DataFrame({"id": np.arange(rows).astype(str)})
    if label_indices is not None:
        table["label"] = np.array(labels)[label_indices]
    return Examples(table, arrays, labels, encoding=encoding or {})


DRAWS: dict[str, Callable[[config.Parameters, int, np.random.Generator], Examples]] = {
    "image": draw_image,
    "speech": draw_speech,
    "language": draw_language,
    "recommendation": draw_recommendation,
    "fraud": draw_fraud,
    "medical": draw_medical,
    "robotics": draw_robotics,
}


# ---- trainings ----


@dataclass(frozen=True)
class Trial:
    """One network with its examples: what a training needs, but for the device.

    network: Makes the network of the training examples.
    answer: Has its head and its loss.
    """

    network: MakeNetwork
    answer: Network
    settings: Train
    train: Examples
    validation: Examples

    @property
    def steps_per_epoch(self) -> int:
        return len(self.train) // self.settings.batch_size

    def with_precision(self, precision: str) -> "Trial":
        trainer = self.settings.trainer.model_copy(update={"precision": precision})
        return replace(self, settings=self.settings.model_copy(update={"trainer": trainer}))

    def shorten(self, steps: int) -> "Trial":
        """Return the trial with the first examples alone, as many as so many steps need."""
        train_rows, validation_rows = count_rows(self.settings.batch_size, steps)
        return replace(
            self,
            train=self.train.take(np.arange(train_rows)),
            validation=self.validation.take(np.arange(validation_rows)),
        )


def count_rows(batch_size: int, steps: int) -> tuple[int, int]:
    """Return how many examples train and validate in so many steps over all epochs."""
    train_rows = batch_size * (steps // EPOCHS)
    validation_rows = max(1, train_rows // 5)
    return train_rows, validation_rows


def make_trial(task: str, parameters: config.Parameters, steps: int) -> Trial:
    answer = answers.load(parameters.answer)
    settings = parameters.train.model_copy(update={"epochs": EPOCHS, "callbacks": {}})

    train_rows, validation_rows = count_rows(settings.batch_size, steps)
    examples = DRAWS[task](parameters, train_rows + validation_rows, np.random.default_rng(SEED))
    return Trial(
        network=training_parts.network_factory(parameters.train, task=task),
        answer=answer.network,
        settings=settings,
        train=examples.take(np.arange(train_rows)),
        validation=examples.take(np.arange(train_rows, len(examples))),
    )


@dataclass(frozen=True)
class Clock:
    """A sink of curves that notes when each epoch ended: steps so far → seconds on some clock."""

    epoch_ends: dict[int, float] = field(default_factory=dict)

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        if "validation_loss" in metrics:  # a number, so the GPU is done with the epoch
            self.epoch_ends[step] = time.perf_counter()

    def steps_per_second(self) -> float:
        """Return the speed over all epochs but the first."""
        steps = list(self.epoch_ends)
        seconds = self.epoch_ends[steps[-1]] - self.epoch_ends[steps[0]]
        return (steps[-1] - steps[0]) / seconds


class Interruption(Exception):  # noqa: N818  # it is meant, and no error
    """The end of a training that is to be continued."""


def interrupt_after(last_step: int) -> Sink:
    """Return a sink that stops the training at its first line after `last_step`."""

    def interrupt(step: int, _: Mapping[str, float]) -> None:
        if step > last_step:
            raise Interruption

    return interrupt


def run_training(trial: Trial, folder: Path, sink: Sink, accelerator: str) -> TrainedNetwork:
    """Train on one device of a kind, or go on from the checkpoint in `folder`. The progress bar is not shown."""
    machine = Machine.model_validate({"accelerator": accelerator, "devices": 1})
    with contextlib.redirect_stderr(io.StringIO()):
        trained = train_network(
            trial.train,
            trial.validation,
            network=trial.network,
            answer=trial.answer,
            config=training_parts.training_config(
                trial.settings,
                task="benchmark",
                seed=SEED,
                folder=folder,
                sink=sink,
                machine=trainer_arguments(machine, task="benchmark"),
            ),
        )
    assert trained is not None  # there is one process
    return trained


@dataclass(frozen=True)
class Run:
    """A whole training: its steps per second, its validation curve (one loss an epoch), and its result."""

    steps_per_second: float
    validation_curve: np.ndarray
    trained: TrainedNetwork


def run_whole(trial: Trial, accelerator: str) -> Run:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trained = run_training(trial, Path(folder), clock, accelerator)
    return Run(clock.steps_per_second(), validation_curve(trained), trained)


def run_interrupted(trial: Trial, accelerator: str) -> np.ndarray:
    """Return the validation curve of a training that is stopped after half of its epochs, and goes on.

    It has taken steps after the checkpoint, which are lost and taken again.
    """
    settings = trial.settings.model_copy(update={"checkpoint_steps": trial.steps_per_epoch})
    trial = replace(trial, settings=settings)
    half = EPOCHS // 2 * trial.steps_per_epoch
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.suppress(Interruption):
            run_training(trial, Path(folder), interrupt_after(half), accelerator)
            raise AssertionError("the training was not interrupted")

        assert (Path(folder) / checkpoint.RESUME).exists()  # from which it goes on
        trained = run_training(trial, Path(folder), lambda *_: None, accelerator)
    return validation_curve(trained)


def validation_curve(trained: TrainedNetwork) -> np.ndarray:
    return trained.curves["validation_loss"].dropna().to_numpy()


# ---- measurements ----


def measure(trial: Trial, accelerator: str, cpu_steps: int) -> dict[str, Any]:
    """Return what is measured of a network on one device of `accelerator` and on the CPU, for JSON."""
    bfloat16_trial = trial.with_precision(BFLOAT16)
    bfloat16_runs: list[Run] = []
    float32_runs: list[Run] = []
    if accelerator == "gpu":
        torch.cuda.reset_peak_memory_stats()
    for round_number in range(ROUNDS):
        bfloat16_runs.append(run_whole(bfloat16_trial, accelerator))
        if accelerator == "gpu" and round_number == 0:
            peak_bytes = torch.cuda.max_memory_allocated()
        float32_runs.append(run_whole(trial, accelerator))

    resumed_curve = run_interrupted(bfloat16_trial, accelerator)

    cpu_trial = trial.shorten(cpu_steps)
    cpu_runs = [run_whole(cpu_trial, "cpu") for _ in range(ROUNDS)]

    batch_size = trial.settings.batch_size
    gpu: dict[str, Any] = {"precision": BFLOAT16, **describe_speed(bfloat16_runs, batch_size)}
    if accelerator == "gpu":
        gpu["peak_memory_mib"] = round(peak_bytes / MIB, 1)
    gpu_float32 = describe_speed(float32_runs, batch_size)
    cpu = describe_speed(cpu_runs, batch_size)
    return {
        "parameters": bfloat16_runs[0].trained.training["parameters"],
        "batch_size": batch_size,
        "gpu": gpu,
        "gpu_float32": gpu_float32,
        "cpu": cpu,
        "ratio_to_cpu": round(gpu["steps_per_second"] / cpu["steps_per_second"], 3),
        "ratio_to_float32": round(gpu["steps_per_second"] / gpu_float32["steps_per_second"], 3),
        "precision": compare_precisions(bfloat16_runs[0].validation_curve, float32_runs[0].validation_curve),
        "resume": compare_resumed(resumed_curve, [run.validation_curve for run in bfloat16_runs]),
    }


def describe_speed(runs: Sequence[Run], batch_size: int) -> dict[str, float]:
    steps_per_second = statistics.median(run.steps_per_second for run in runs)
    return {
        "steps_per_second": round(steps_per_second, 2),
        "examples_per_second": round(steps_per_second * batch_size, 1),
    }


def compare_precisions(bfloat16_curve: np.ndarray, float32_curve: np.ndarray) -> dict[str, Any]:
    """Compare the last validation losses of two precisions. The curves have one loss an epoch."""
    relative_difference = float(abs(bfloat16_curve[-1] / float32_curve[-1] - 1))
    return {
        "validation_curve": bfloat16_curve.tolist(),
        "validation_curve_float32": float32_curve.tolist(),
        "relative_difference": relative_difference,
        "within_tolerance": relative_difference <= TOLERANCE,
    }


def compare_resumed(resumed_curve: np.ndarray, whole_curves: Sequence[np.ndarray]) -> dict[str, Any]:
    """Compare the validation curve of a training that was stopped with those of others that were not.

    `largest_difference` is between it and the first of the others, `difference_of_rounds` between
    any two of the others. Both are absolute, and the largest of all epochs.
    """
    largest_difference = largest_gap(resumed_curve, whole_curves[0])
    difference_of_rounds = max(largest_gap(*pair) for pair in itertools.combinations(whole_curves, 2))
    return {
        "largest_difference": largest_difference,
        "exactly_equal": largest_difference == 0,
        "difference_of_rounds": difference_of_rounds,
        "as_near_as_rounds": largest_difference <= 2 * difference_of_rounds,
    }


def largest_gap(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).max())


def describe_machine(accelerator: str) -> dict[str, Any]:
    processor = devices.describe_hardware("cpu", 1)
    machine: dict[str, Any] = {
        "cpu": processor["names"][0],
        "cores": os.cpu_count(),
        "threads": processor["threads"],
        "python": platform.python_version(),
        "torch": processor["torch"],
        "lightning": importlib.metadata.version("pytorch-lightning"),
    }
    if accelerator == "gpu":
        machine |= {
            "gpu": torch.cuda.get_device_name(0),
            "driver": driver_version(),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        }
    return machine


def driver_version() -> str | None:
    """Return the version of NVIDIA's driver, None where nvidia-smi does not tell it."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


# ---- tables ----


def speed_table(measurements: Mapping[str, Any], title: str) -> Table:
    table = Table(title=title)
    headings = ("task", "parameters", "batch", "GPU", "float32", "CPU", "GPU / CPU", "peak MiB")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "task" else "right")
    for task, measurement in measurements.items():
        table.add_row(
            task,
            f"{measurement['parameters']:,}",
            str(measurement["batch_size"]),
            *(f"{measurement[device]['steps_per_second']:.1f}" for device in ("gpu", "gpu_float32", "cpu")),
            f"{measurement['ratio_to_cpu']:.2f}",
            str(measurement["gpu"].get("peak_memory_mib", "-")),
        )
    return table


def agreement_table(measurements: Mapping[str, Any], title: str) -> Table:
    table = Table(title=title)
    headings = ("task", "loss", "float32's", "difference", "", "resumed", "rounds", " ")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("task", "", " ") else "right")
    for task, measurement in measurements.items():
        precision = measurement["precision"]
        resume = measurement["resume"]
        table.add_row(
            task,
            f"{precision['validation_curve'][-1]:.4f}",
            f"{precision['validation_curve_float32'][-1]:.4f}",
            f"{precision['relative_difference']:.2%}",
            "✓" if precision["within_tolerance"] else "✗",
            "equal" if resume["exactly_equal"] else f"{resume['largest_difference']:.1e}",
            "equal" if resume["difference_of_rounds"] == 0 else f"{resume['difference_of_rounds']:.1e}",
            "✓" if resume["as_near_as_rounds"] else "✗",
        )
    return table


def holds(measurement: Mapping[str, Any]) -> bool:
    return bool(measurement["precision"]["within_tolerance"] and measurement["resume"]["as_near_as_rounds"])


# ---- the command ----


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.gpu", description="Train the seven shipped networks on a GPU.")
    parser.add_argument(
        "--cpu-only",
        action="store_true",
        help="try the benchmark itself: the CPU takes the GPU's place, and no file is written",
    )
    parser.add_argument("--steps", type=int, default=STEPS, help="of each training on the GPU")
    options = parser.parse_args(arguments)
    if options.steps < EPOCHS:
        parser.error(f"--steps is {options.steps}: each of the {EPOCHS} epochs needs one")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the networks, print and write the results.

    Return 1 where there is no GPU, and where a network fails or does not hold what is asked of it.
    """
    options = parse_arguments(arguments)
    if not options.cpu_only and not torch.cuda.is_available():
        print("PyTorch finds no GPU here, and this benchmark trains on one.", file=sys.stderr)
        return 1

    accelerator = "cpu" if options.cpu_only else "gpu"
    cpu_steps = min(CPU_STEPS, options.steps)
    console = Console()

    measurements: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for task in DRAWS:
        parameters = config.read(Path(f"params/{task}.yaml"))
        trial = make_trial(task, parameters, options.steps)
        start = time.perf_counter()
        try:
            measurements[task] = measure(trial, accelerator, cpu_steps)
        except Exception as error:  # the other networks are measured all the same
            traceback.print_exc()
            failures[task] = f"{type(error).__name__}: {error}"
        outcome = failures.get(task, "measured")
        console.print(f"{task}: {outcome} ({time.perf_counter() - start:.0f} s)", soft_wrap=True, markup=False)

    machine = describe_machine(accelerator)
    device = machine.get("gpu", "the CPU in its place")
    console.print(speed_table(measurements, f"steps per second: {device}, and {machine['threads']} threads"))
    console.print(agreement_table(measurements, f"validation loss after {options.steps} steps, and after resuming"))

    if not options.cpu_only:
        content = {
            "machine": machine,
            "rounds": ROUNDS,
            "epochs": EPOCHS,
            "steps": options.steps,
            "cpu_steps": cpu_steps,
            "tolerance": TOLERANCE,
            "tasks": measurements,
            "failures": failures,
        }
        OUTPUT.write_text(json.dumps(content, indent=2) + "\n")
    return int(bool(failures) or not all(map(holds, measurements.values())))


if __name__ == "__main__":
    sys.exit(main())
