"""What several processes need to train as one does: callbacks that every training has, and that do nothing for one."""

from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor

from hallmark.errors import InputError


class SameTraining(lightning.Callback):
    """Refuses, before the first step, a process whose training is another one than that of the first process.

    key: The digest of what this training depends on.
    has_checkpoint: Whether this process finds the checkpoint of an interrupted training.
    """

    def __init__(self, key: str, *, has_checkpoint: bool) -> None:
        self.key = key
        self.has_checkpoint = has_checkpoint

    def setup(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        key, has_checkpoint = trainer.strategy.broadcast((self.key, self.has_checkpoint))
        if key != self.key:
            raise InputError(
                "this machine has other data, parameters or code than the first one: the same commit and the same "
                "data/prepared must be on each"
            )
        if has_checkpoint != self.has_checkpoint:
            raise InputError(
                "this machine does not find the checkpoint that the first one finds: "
                ".state must be a folder that all share"
            )


class ExactMeans(lightning.Callback):
    """Has the mean of whole numbers over the processes keep its fraction.

    Lightning weighs what is logged with `sync_dist=True` by the number of rows, and cuts their mean
    over the processes to a whole number: with 203 rows on two processes every loss would be 0.5 %
    too high (Lightning-AI/pytorch-lightning issue 21859).
    """

    def setup(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        if trainer.world_size == 1:
            return
        reduce = trainer.strategy.reduce

        def reduce_exactly(tensor: Any, group: Any = None, reduce_op: Any = "mean") -> Any:
            is_whole = isinstance(tensor, Tensor) and not tensor.is_floating_point()
            is_mean = isinstance(reduce_op, str) and reduce_op in ("mean", "avg")
            return reduce(tensor.double() if is_whole and is_mean else tensor, group, reduce_op)

        trainer.strategy.reduce = reduce_exactly  # type: ignore[method-assign]


class SameBuffers(lightning.Callback):
    """Has every process validate the network that is saved: with the buffers of the first process.

    Those of batch normalisation follow from a process's own slices; DDP shares them out before a
    training step alone.
    """

    def on_validation_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if trainer.world_size > 1:
            for buffer in module.buffers():
                torch.distributed.broadcast(buffer, src=0)


class SliceWeights(lightning.Callback):
    """Weighs the gradient of each process by the rows of its slice, which may differ by one.

    So the gradient that the processes share is that of the mean loss over the whole batch, whatever
    LightningModule computes the loss.
    """

    def on_train_batch_start(
        self, trainer: lightning.Trainer, _: lightning.LightningModule, __: Any, batch_idx: int
    ) -> None:
        if trainer.world_size > 1:
            data = trainer.datamodule  # type: ignore[attr-defined]  # an attribute that Lightning sets
            self.weight = data.train_batches.weight(batch_idx)

    def on_before_backward(self, trainer: lightning.Trainer, _: lightning.LightningModule, loss: Tensor) -> None:
        if trainer.world_size > 1 and self.weight != 1.0:
            loss.register_hook(lambda gradient: gradient * self.weight)  # type: ignore[no-untyped-call]
