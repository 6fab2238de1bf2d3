"""The data of a training as Lightning's data module."""

from collections.abc import Mapping

import pytorch_lightning as lightning
from torch import Tensor

from hallmark.train.batches import EpochOrder, ExampleLoader, GlobalBatches


class ExampleData(lightning.LightningDataModule):
    """Training and validation split as tensors (n, …) by name, which lie in memory.

    A batch is a dictionary of tensors by name. Every process gets its slice of the same batches.

    order: Of the training rows in each epoch.
    batch_size: Rows of a batch, over all processes.
    pack: Batches that the module gets at once, as a list; 1: each alone.
    """

    def __init__(
        self,
        train: Mapping[str, Tensor],
        validation: Mapping[str, Tensor],
        *,
        order: EpochOrder,
        batch_size: int,
        pack: int = 1,
    ) -> None:
        super().__init__()
        self.train_rows = train
        self.validation_rows = validation
        self.order = order
        self.batch_size = batch_size
        self.pack = pack
        self.train_batches = GlobalBatches(order, batch_size, pack=pack)

    def count_turns(self, limit: float) -> int:
        """Return the number of turns of Lightning's loop in an epoch, by its argument limit_train_batches.

        limit: A whole number is one of turns, another a share of an epoch's.
        """
        n_turns = len(self.train_batches)
        return min(n_turns, limit) if isinstance(limit, int) else max(1, int(n_turns * limit))

    def setup(self, stage: str) -> None:  # noqa: ARG002  # Lightning passes it by name
        """Take this process's share, of as many as the strategy has copies of the network."""
        assert self.trainer is not None
        share = self.trainer.distributed_sampler_kwargs or {"num_replicas": 1, "rank": 0}
        rank, world = share["rank"], share["num_replicas"]
        order_of_validation = EpochOrder(len(next(iter(self.validation_rows.values()))))

        if self.trainer.overfit_batches:  # type: ignore[attr-defined]  # the same batches in every epoch
            first_rows = self.order.rows()
            self.order = EpochOrder(len(first_rows), lambda _: first_rows)
        self.train_batches = GlobalBatches(self.order, self.batch_size, pack=self.pack, rank=rank, world=world)
        self.validation_batches = GlobalBatches(
            order_of_validation, self.batch_size, pack=self.pack, rank=rank, world=world
        )

    def train_dataloader(self) -> ExampleLoader:
        return ExampleLoader(self.train_rows, self.train_batches)

    def val_dataloader(self) -> ExampleLoader:
        return ExampleLoader(self.validation_rows, self.validation_batches)
