"""The files of a training: Lightning's checkpoints, written atomically, and the result of a finished one."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from hallmark.errors import InputError

RESUME = "resume.ckpt"  # Lightning's checkpoint that an interrupted training goes on from
CHECKPOINTS = "checkpoints"  # the folder of Lightning's ModelCheckpoint
_RESULT = "result.pt"
_FINISHED = "finished"  # an empty file in the folder of a finished training
_PLAIN = (bool, int, float, str, type(None))


class AtomicCheckpointIO(TorchCheckpointIO):
    """Lightning's plugin for files of checkpoints: each is either the former one or the new one, whole.

    A file that Lightning removes stays until the next `RESUME` is written, since the present one may
    name it: as the best weights so far.
    """

    def __init__(self) -> None:
        self.removed: list[Path] = []

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | os.PathLike[str],
        storage_options: Any = None,  # noqa: ARG002  # for files that lie elsewhere
    ) -> None:
        target = Path(path)
        if "hyper_parameters" in checkpoint:  # of the examples, say, which no safe loading takes
            checkpoint["hyper_parameters"] = _plain_values(checkpoint["hyper_parameters"])
        _write(checkpoint, target)

        if target.name == RESUME:
            self.flush()

    def remove_checkpoint(self, path: str | os.PathLike[str]) -> None:
        self.removed.append(Path(path))

    def flush(self) -> None:
        """Remove the files that Lightning has removed."""
        for path in self.removed:
            super().remove_checkpoint(path)
        self.removed.clear()


@dataclass(frozen=True)
class Result:
    """The result of a training, with the weights that are packaged.

    weights: The network's state dictionary.
    curves: The lines of the curves; `steps_per_epoch` makes epochs of their steps.
    training: Facts of the training for package.json.
    cost: Time and hardware.
    """

    weights: dict[str, Tensor]
    curves: list[dict[str, float]]
    steps_per_epoch: int
    training: dict[str, Any]
    cost: dict[str, Any]


def save_result(folder: Path, result: Result) -> None:
    """Write the result of a training that has come to its end."""
    _write(asdict(result), folder / _RESULT)


def load_result(folder: Path) -> Result | None:
    """Return the result of the training in `folder`, or None where it has not come to its end.

    Raises `InputError` on a damaged file.
    """
    path = folder / _RESULT
    if not path.exists():
        return None
    return Result(**read(path))


def read(path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint or a result; only tensors and plain values are unpickled.

    Raises `InputError` on a damaged file.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # which exception a damaged file raises depends on its first bad byte
        raise InputError(
            f"the state of an interrupted training cannot be read, delete its folder to start anew: {path}"
        ) from error
    return content


def remove_later_files(folder: Path) -> None:
    """Remove what Lightning's ModelCheckpoint wrote after the checkpoint that a restart goes on from.

    It is written again. Raises `InputError` on a damaged checkpoint.
    """
    path = folder / RESUME
    kept: set[Path] = set()
    if path.exists():
        for state in read(path)["callbacks"].values():
            best_paths = [*state.get("best_k_models", {}), state.get("best_model_path")]
            kept |= {Path(name) for name in (*best_paths, state.get("last_model_path")) if name}

    for written in (folder / CHECKPOINTS).glob("*.ckpt"):
        if written not in kept:
            written.unlink()


def mark_finished(folder: Path) -> None:
    """Mark the training in `folder` as finished: from now on its result is taken, and no step.

    What it would go on from is removed, and so are finished trainings of the same task with other
    keys, in folders beside it; interrupted ones stay, so that they can go on. Raises `InputError`
    where the result is gone.
    """
    if not (folder / _RESULT).exists():
        raise InputError(f"the result of the training is gone from {folder}: run train again")

    (folder / RESUME).unlink(missing_ok=True)
    (folder / _FINISHED).touch()
    for mark in folder.parent.glob(f"*/{_FINISHED}"):
        if mark.parent != folder:
            shutil.rmtree(mark.parent)


def _write(content: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def _plain_values(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(each) for each in value)
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _is_plain(each) for name, each in value.items())
    return isinstance(value, _PLAIN)
