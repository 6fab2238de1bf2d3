"""Failures of a training that a person can mend, as sentences: memory, lost processes, settings that don't fit."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from hallmark.errors import InputError

_NO_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|out of memory|Cannot allocate memory|(CUBLAS|CUDNN)_STATUS_ALLOC_FAILED",
    re.IGNORECASE,
)
_OF_GPU = re.compile("CUDA|CUBLAS|CUDNN")
_LOST_PROCESS = re.compile(r"gloo/|NCCL|ProcessGroup|Connection (closed|reset) by peer|Broken pipe|TCPStore")
_NO_CLIPPING = re.compile("does not allow for gradient clipping")
_NO_GRADIENT = re.compile(r"Expected to have finished reduction in the prior iteration")

LOST_PROCESS = (
    "another process of this training has ended, and so this one does: the reason stands in the other's message, "
    "if it left one; run the same command again to go on from the checkpoint"
)


@contextmanager
def in_words(*, batch_size: int, accumulate: int, devices: int) -> Iterator[None]:
    """Raise `InputError` in place of the errors of PyTorch that mean the settings or the machine.

    `batch_size` and `accumulate` are train.batch_size and accumulate_grad_batches, `devices` how
    many share a batch.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        sentence = _sentence(error, batch_size=batch_size, accumulate=accumulate, devices=devices)
        if sentence is None:
            raise
        raise InputError(sentence) from error


def _sentence(error: Exception, *, batch_size: int, accumulate: int, devices: int) -> str | None:
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or _NO_MEMORY.search(str(error)):
        return _memory_sentence(error, batch_size=batch_size, accumulate=accumulate, devices=devices)
    if _NO_GRADIENT.search(str(error)):
        return (
            "some weights of the network had no part in the loss, for which DDP waits: "
            "take MACHINE='ddp strategy=ddp_find_unused_parameters_true', or remove them from the network"
        )
    if _NO_CLIPPING.search(str(error)):
        return (
            "a fused optimiser unscales the gradients of 16-mixed itself, after they would be clipped: "
            "set train.optimizer.fused to false, or train.trainer.precision to bf16-mixed"
        )
    return LOST_PROCESS if _LOST_PROCESS.search(str(error)) else None


def _memory_sentence(error: Exception, *, batch_size: int, accumulate: int, devices: int) -> str:
    """Return what ran out of memory, the sizes that need it, and the same training with half of them."""
    is_of_gpu = isinstance(error, torch.OutOfMemoryError) or _OF_GPU.search(str(error))
    device = "GPU" if is_of_gpu else "machine"
    shared = f" on {devices} devices" if devices > 1 else ""
    cure = "take a smaller network"
    if batch_size > 1:
        half = batch_size // 2
        cure = (
            f"train.batch_size={half} with train.trainer.accumulate_grad_batches={2 * accumulate} takes the same steps "
            "with half of it; MACHINE=fsdp on several devices, or a smaller network, need less as well"
        )
    return (
        f"the {device} has not enough memory for train.batch_size {batch_size}{shared} "
        f"(accumulate_grad_batches {accumulate}): {cure}"
    )
