"""What a training must remember to go on exactly where it was: scalars and tensors, in a file that is whole or not."""

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


def save(folder: Path, progress: Progress, network: dict[str, Any], optimizer: dict[str, Any]) -> None:
    """Write the state; an interruption at any moment leaves the former state or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_FILE}.partial"
    with partial.open("wb") as stream:
        torch.save({"progress": vars(progress), "network": network, "optimizer": optimizer}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(folder / _FILE)


def load(folder: Path) -> tuple[Progress, dict[str, Any], dict[str, Any]] | None:
    """Return progress, network and optimiser state, or None where there is none. Only tensors and scalars are read."""
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file raises whatever its first bad byte leads to
        raise InputError(
            f"the state of an interrupted training cannot be read, delete it to start anew: {path}"
        ) from error
    return Progress(**saved["progress"]), saved["network"], saved["optimizer"]


def finish(folder: Path, *, hardware: dict[str, Any]) -> None:
    """Reduce the state in `folder` to what a finished training is found again by: its progress and best weights.

    The finished trainings beside it, of the same task under other keys, go; interrupted ones can still go on.
    """
    saved = load(folder)
    if saved is None:
        raise InputError(f"the state of the training is gone from {folder}: run train again")
    progress, _, _ = saved
    progress.hardware = hardware
    save(folder, progress, progress.best_weights, {})
    (folder / _FINISHED).touch()

    for mark in folder.parent.glob(f"*/{_FINISHED}"):
        if mark.parent != folder:
            shutil.rmtree(mark.parent)
