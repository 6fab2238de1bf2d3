"""Batches of data that lies in memory. Which rows make a batch is a pure function of seed, epoch and position:
there is no iterator state to lose, and every number of processes sees the same batches."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from hallmark.errors import InputError

Batch = dict[str, Tensor]
CHUNK_STEPS = 8  # steps that are handed to Lightning together: its loop costs about a millisecond each time around


@lru_cache(maxsize=2)  # the epoch at hand, asked for at each of its batches
def shuffle_rows(seed: int, epoch: int, rows: int) -> Tensor:
    """Return the order of the rows (rows,), int64, in an epoch: a function of its arguments and of nothing else."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(rows))


@dataclass(frozen=True)
class Batches:
    """The batches of an epoch over `tensors`, which share their first axis. Each row comes once.

    Batches differ by one row at most and do not exceed `batch_size`. Of each batch, process `rank` of `world` takes
    its slice. Without a `seed` the rows keep their order.
    """

    tensors: Mapping[str, Tensor]
    batch_size: int
    seed: int | None = None
    rank: int = 0
    world: int = 1

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise InputError(f"train.batch_size is {self.batch_size}: at least 1 is needed")

        smallest = self.rows // len(self)
        if smallest < self.world:
            raise InputError(f"batches of {smallest} examples cannot be shared by {self.world} devices")

    @property
    def rows(self) -> int:
        return len(next(iter(self.tensors.values())))

    def __len__(self) -> int:
        return max(1, math.ceil(self.rows / self.batch_size))

    def at(self, epoch: int, position: int) -> tuple[Batch, float]:
        """Return this process's slice of a batch, and its weight.

        The mean of weight x loss over the processes is the mean loss over the rows of the batch, also where the
        slices differ in size.
        """
        batch_start = self.rows * position // len(self)
        batch_stop = self.rows * (position + 1) // len(self)
        batch_rows = batch_stop - batch_start

        start = batch_start + batch_rows * self.rank // self.world
        stop = batch_start + batch_rows * (self.rank + 1) // self.world
        weight = (stop - start) * self.world / batch_rows

        rows: slice | Tensor = slice(start, stop)
        if self.seed is not None:
            rows = shuffle_rows(self.seed, epoch, self.rows)[start:stop]
        return {name: tensor[rows] for name, tensor in self.tensors.items()}, weight


@dataclass(frozen=True)
class EpochChunks:
    """The batches of one epoch from position `start` on, in chunks of at most `CHUNK_STEPS`."""

    batches: Batches
    epoch: int = 0
    start: int = 0

    def __len__(self) -> int:
        return math.ceil((len(self.batches) - self.start) / CHUNK_STEPS)

    def __iter__(self) -> Iterator[list[tuple[Batch, float]]]:
        end = len(self.batches)
        for first in range(self.start, end, CHUNK_STEPS):
            positions = range(first, min(first + CHUNK_STEPS, end))
            yield [self.batches.at(self.epoch, position) for position in positions]
