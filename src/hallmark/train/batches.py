"""Batches of data in memory, for torch's own DataLoader.

The rows of a batch are a pure function of seed, epoch and position. So a restart needs no state but
the position, and any number of processes sees the same batches.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from hallmark.errors import InputError

Batch = dict[str, Tensor]
Rows = Tensor | slice
# Takes train, seed and epoch, of which it may ignore any, and returns the row numbers of an epoch, in order.
MakeSampler = Callable[..., Sampler[int]]


def shuffle_rows(seed: int, epoch: int, rows: int) -> Tensor:
    """Return the order of the row numbers in an epoch, (rows,) int64, a function of the arguments alone."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(rows))


def sample_rows(make_sampler: Callable[..., Sampler[int]], seed: int, epoch: int) -> Tensor:
    """Return the row numbers that a sampler gives for an epoch, (rows,) int64.

    The sampler is made anew, and torch's generator is seeded for it, so that any sampler becomes a
    function of seed and epoch.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed * 1_000_003 + epoch)
        rows = list(make_sampler(seed=seed, epoch=epoch))
    if not rows:
        raise InputError(f"train.sampler gives no row in epoch {epoch + 1}: it must give the order of an epoch's rows")
    return torch.tensor(rows, dtype=torch.int64)


class EpochOrder(Sampler[int]):
    """The order of the rows in an epoch, `order(epoch)`. Lightning says which epoch it is.

    order: Returns the row numbers, int64; the same number of them in every epoch. None: the rows as
        they are.
    n_rows: The number of rows of an epoch.
    """

    def __init__(self, n_rows: int, order: Callable[[int], Tensor] | None = None) -> None:
        self.n_rows = n_rows
        self.order = order
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.n_rows

    def __iter__(self) -> Iterator[int]:
        yield from self.rows().tolist()

    def rows(self) -> Tensor:
        """Return the row numbers of the epoch in order, (n,)."""
        if self.order is None:
            return torch.arange(self.n_rows)
        rows = self.order(self.epoch)
        if len(rows) != self.n_rows:
            raise InputError(
                f"train.sampler gives {len(rows)} rows in epoch {self.epoch + 1}, and {self.n_rows} in the first: "
                "all epochs must be equally long"
            )
        return rows


class GlobalBatches(Sampler[Any]):
    """The batches of an epoch, each as the row numbers of this process's slice.

    Each row of the order is in one batch; the batches' sizes differ by one row at most.

    batch_size: The largest number of rows of a batch, over all processes.
    pack: Batches that are given at once, as a list; 1: each alone.
    rank, world: The number of this process and how many there are.
    """

    def __init__(self, sampler: EpochOrder, batch_size: int, *, pack: int = 1, rank: int = 0, world: int = 1) -> None:
        if batch_size < 1:
            raise InputError(f"train.batch_size is {batch_size}: at least 1 is needed")
        self.sampler = sampler
        self.n_batches = max(1, math.ceil(len(sampler) / batch_size))
        self.pack = pack
        self.rank = rank
        self.world = world
        self.start = 0  # the position at which the next epoch begins; above 0 after a restart within one
        self.position = 0  # of the next batch

        smallest = len(sampler) // self.n_batches
        if smallest < world:
            raise InputError(
                f"batches of {smallest} examples cannot be shared by {world} devices: {_cure(len(sampler), world)}"
            )

    def __len__(self) -> int:
        """The number of turns of an epoch: batches, or lists of them."""
        return math.ceil(self.n_batches / self.pack)

    def __iter__(self) -> Iterator[Any]:
        rows = self.sampler.rows() if self.sampler.order is not None else None
        first_position, self.start = self.start, 0
        for first in range(first_position, self.n_batches, self.pack):
            stop = min(first + self.pack, self.n_batches)
            slices = [self._slice(position, rows) for position in range(first, stop)]
            self.position = stop
            yield slices if self.pack > 1 else slices[0]

    def _slice(self, position: int, rows: Tensor | None) -> Rows:
        """Return the row numbers of this process's slice of a batch."""
        start, stop = self._bounds(position)
        n_rows = stop - start
        own = slice(start + n_rows * self.rank // self.world, start + n_rows * (self.rank + 1) // self.world)
        return own if rows is None else rows[own]

    def _bounds(self, position: int) -> tuple[int, int]:
        n_rows = len(self.sampler)
        return n_rows * position // self.n_batches, n_rows * (position + 1) // self.n_batches

    def weight(self, position: int) -> float:
        """Return the weight of this process's mean loss over its slice of a batch.

        With these weights, the mean of weight x loss over the processes is the mean loss over the
        rows of the batch, even if the slices differ in size.
        """
        start, stop = self._bounds(position)
        n_rows = stop - start
        own_rows = n_rows * (self.rank + 1) // self.world - n_rows * self.rank // self.world
        return own_rows * self.world / n_rows


def _cure(n_rows: int, world: int) -> str:
    """Return how each device gets at least one of `n_rows` rows in every batch, as words."""
    if n_rows < world:
        return f"the split has only {n_rows}, take fewer devices"
    batch_size = math.ceil(n_rows / (n_rows // world))
    return f"raise train.batch_size to {batch_size}, or take fewer devices"


class ExampleRows(Dataset[Batch]):
    """Tensors (n, …) by name as torch's data set: an item is a row, and several are a batch."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors

    def __len__(self) -> int:
        return len(next(iter(self.tensors.values())))

    def __getitem__(self, row: int) -> Batch:
        return {name: tensor[row] for name, tensor in self.tensors.items()}

    def __getitems__(self, rows: Rows | list[Rows]) -> Batch | list[Batch]:
        """Return the batch of the row numbers; of a list of row numbers, a list of batches."""
        if isinstance(rows, list):
            return [self._batch(each) for each in rows]
        return self._batch(rows)

    def _batch(self, rows: Rows) -> Batch:
        return {name: tensor[rows] for name, tensor in self.tensors.items()}


class ExampleLoader(DataLoader[Any]):
    """torch's DataLoader over rows in memory, which can go on within an epoch."""

    batches: GlobalBatches

    def __init__(self, tensors: Mapping[str, Tensor], batches: GlobalBatches) -> None:
        super().__init__(ExampleRows(tensors), batch_sampler=batches, collate_fn=_as_it_is)
        self.batches = batches

    def state_dict(self) -> dict[str, int]:
        """Return the position of the next batch in its epoch."""
        return {"position": self.batches.position % self.batches.n_batches}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        self.batches.start = state["position"]


def _as_it_is(batch: Any) -> Any:
    """Collate nothing: the data set gives whole batches."""
    return batch


def order_of_training(n_rows: int, seed: int, make_sampler: MakeSampler | None) -> EpochOrder:
    """Return the order of the training rows: the sampler's, or else a permutation for each epoch."""
    if make_sampler is None:
        return EpochOrder(n_rows, partial(shuffle_rows, seed, rows=n_rows))

    order = partial(sample_rows, make_sampler, seed)
    first_rows = order(0)
    outside = first_rows[(first_rows < 0) | (first_rows >= n_rows)]
    if len(outside):
        raise InputError(f"train.sampler gives row {int(outside[0])}: rows are from 0 to {n_rows - 1}")
    return EpochOrder(len(first_rows), order)
