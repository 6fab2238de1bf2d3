"""The checkpoint of a training: all that it needs to go on exactly where it was, in a file that is whole."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hallmark.errors import InputError

_FILE = "state.pt"
_FINISHED = "finished"  # an empty file that marks the folder of a training that has ended


@dataclass
class Progress:
    """How far a training is. All else (batches, learning rate, the randomness of dropout) follows from `step`."""

    step: int = 0  # optimiser steps done
    best_loss: float = float("inf")  # on the validation split
    best_epoch: int = 0  # 1 is the first
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    loss_sum: float = 0.0  # since the last line of the curves
    loss_steps: int = 0
    curves: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0  # over all restarts
    hardware: dict[str, Any] = field(default_factory=dict)  # what trained, once the training has finished


@dataclass(frozen=True)
class Checkpoint:
    """How far a training is, with the state dictionaries of its network and of its optimiser."""

    progress: Progress
    network: dict[str, Any]
    optimizer: dict[str, Any]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint; an interruption at any moment leaves the former one or the new one."""
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
    """Return the checkpoint in `folder`, or None where there is none. Only tensors and scalars are read.

    Raises `InputError` on a damaged file.
    """
    path = folder / _FILE
    if not path.exists():
        return None

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file raises whatever its first bad byte leads to
        raise InputError(
            f"the state of an interrupted training cannot be read, delete it to start anew: {path}"
        ) from error
    return Checkpoint(Progress(**content["progress"]), content["network"], content["optimizer"])


def mark_finished(folder: Path, *, hardware: dict[str, Any]) -> None:
    """Reduce the checkpoint in `folder` to what a finished training is found again by: its progress and best weights.

    The finished trainings beside it, of the same task under other keys, are removed; interrupted ones can still go on.
    Raises `InputError` where the checkpoint is gone.
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
