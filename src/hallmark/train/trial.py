"""A trial of a network on one batch, before any training: does it fit the examples and the answer?"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hallmark import extensions
from hallmark.errors import InputError
from hallmark.train.lightning_module import Loss

_ROWS = 8  # of the batch


def try_network(
    network: nn.Module,
    batch: Mapping[str, Tensor],
    *,
    inputs: Sequence[str],
    shapes: Mapping[str, tuple[int | None, ...]],
    loss: Loss | None,
) -> None:
    """Run the network and the loss on a few rows of a batch, in evaluation mode.

    shapes: What the answer asks for: the outputs in their order, each with its shape for one
        example; None where a size is free.
    loss: None: the network has its own.

    Raises `InputError` where the network fails, where its outputs are not those, or where the loss
    is no number.
    """
    few_rows = {name: tensor[:_ROWS] for name, tensor in batch.items()}
    n_rows = len(next(iter(few_rows.values())))
    name = type(network).__name__ if not hasattr(network, "trunk") else type(network.trunk).__name__

    was_training = network.training
    network.eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        arguments = [few_rows[each] for each in inputs]
        outputs = _call(f"train.network: {name}.forward", lambda: network(*arguments))
        _check_outputs(name, outputs, n_rows, shapes)
        if loss is not None:
            value = _call("train.loss", lambda: loss(outputs, few_rows))
            _check_loss(value)
    network.train(was_training)


def try_augmentation(augmentation: Callable[[Any], Any], batch: Mapping[str, Tensor]) -> None:
    """Call the augmentation with a few rows of a batch.

    Raises `InputError` where it fails, or returns no batch of the same arrays.
    """
    few_rows = {name: tensor[:_ROWS].clone() for name, tensor in batch.items()}
    with torch.random.fork_rng(devices=[]):
        changed = _call("train.augmentation", lambda: augmentation(dict(few_rows)))
    if not isinstance(changed, Mapping) or changed.keys() != few_rows.keys():
        given = ", ".join(map(str, changed)) if isinstance(changed, Mapping) else type(changed).__name__
        raise InputError(
            f"train.augmentation returns {given or 'nothing'}: it must return the batch, tensors by name, "
            f"{', '.join(few_rows)}"
        )


def _call(what: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except InputError:
        raise
    except Exception as error:  # whatever a person's own code raises
        first_line = (str(error).strip().splitlines() or ["no message"])[0]
        raise InputError(
            f"{what} fails on the first {_ROWS} examples: {type(error).__name__}: {first_line}{_place_of(error)}"
        ) from error


def _place_of(error: BaseException) -> str:
    """Return the last line of an extension that an error came through, in brackets; empty where there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if extensions.ROOT in path.parts:
            return f" ({path.name}, line {frame.lineno})"
    return ""


def _check_outputs(name: str, outputs: Any, n_rows: int, shapes: Mapping[str, tuple[int | None, ...]]) -> None:
    tensors = outputs if isinstance(outputs, tuple) else (outputs,)
    needed = ", ".join(f"{each!r} {_in_words(shape)}" for each, shape in shapes.items())
    if not all(isinstance(tensor, Tensor) for tensor in tensors) or len(tensors) != len(shapes):
        given = f"{len(tensors)} outputs" if len(tensors) != 1 else "one output"
        raise InputError(f"train.network: {name}.forward gives {given}, and the answer needs {needed}")

    for (output, shape), tensor in zip(shapes.items(), tensors, strict=True):
        own_shape = tuple(tensor.shape[1:])
        fits = len(own_shape) == len(shape) and all(
            size in (None, own) for size, own in zip(shape, own_shape, strict=True)
        )
        if tensor.ndim == 0 or len(tensor) != n_rows or not fits:
            raise InputError(
                f"train.network: {name}.forward gives {output!r} of the shape {_of_batch(tensor.shape)} "
                f"for {n_rows} examples, and the answer needs {_of_batch((n_rows, *shape))}"
            )


def _check_loss(value: Any) -> None:
    if not isinstance(value, Tensor) or value.ndim != 0:
        what = f"a tensor of the shape {_of_batch(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise InputError(f"train.loss gives {what}: it must be one number, the mean over the batch")


def _in_words(shape: Sequence[int | None]) -> str:
    return f"of {_of_batch(shape)} for an example" if shape else "of one number for an example"


def _of_batch(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
