"""The checkpoint of a training: all that it needs to continue exactly, in one file, written atomically."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hallmark.errors import InputError

_FILE = "state.pt"
_FINISHED = "finished"  # an empty file in the folder of a finished training


@dataclass
class Progress:
    """The progress of a training. Batches, learning rate and the randomness of dropout follow from `step`.

    step: Steps of the optimiser so far.
    best_loss: The lowest validation loss so far, after the epoch `best_epoch` (from 1), with
        `best_weights`.
    loss_sum, loss_steps: Sum of the training loss, and number of steps, since the last line of the
        curves.
    curves: The lines of curves.csv so far.
    seconds: Time of training so far, over all restarts.
    hardware: What the training ran on; empty until it has finished.
    """

    step: int = 0
    best_loss: float = float("inf")
    best_epoch: int = 0
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    loss_sum: float = 0.0
    loss_steps: int = 0
    curves: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    hardware: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """The progress of a training, with the state dictionaries of its network and of its optimiser."""

    progress: Progress
    network: dict[str, Any]
    optimizer: dict[str, Any]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint; after an interruption, the file is either the former one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "progress": vars(checkpoint.progress),
        "network": checkpoint.network,
        "optimizer": checkpoint.optimizer,
    }

    partial = folder / f"{_FILE}.partial"
    with partial.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(folder / _FILE)


def load(folder: Path) -> Checkpoint | None:
    """Return the checkpoint in `folder`, or None where there is none.

    Only tensors and plain values are unpickled. Raises `InputError` on a damaged file.
    """
    path = folder / _FILE
    if not path.exists():
        return None

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # which exception a damaged file raises depends on its first bad byte
        raise InputError(
            f"the state of an interrupted training cannot be read, delete it to start anew: {path}"
        ) from error
    return Checkpoint(Progress(**content["progress"]), content["network"], content["optimizer"])


def mark_finished(folder: Path, *, hardware: dict[str, Any]) -> None:
    """Reduce the checkpoint in `folder` to progress and best weights, and mark the training as finished.

    Finished trainings of the same task with other keys, in folders beside it, are removed;
    interrupted ones stay, so that they can continue. Raises `InputError` where the checkpoint is
    gone.
    """
    checkpoint = load(folder)
    if checkpoint is None:
        raise InputError(f"the state of the training is gone from {folder}: run train again")

    progress = checkpoint.progress
    progress.hardware = hardware
    save(folder, Checkpoint(progress, network=progress.best_weights, optimizer={}))
    (folder / _FINISHED).touch()

    for mark in folder.parent.glob(f"*/{_FINISHED}"):
        if mark.parent != folder:
            shutil.rmtree(mark.parent)
