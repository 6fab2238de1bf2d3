"""Batches of data in memory.

The rows of a batch are a pure function of seed, epoch and position. So a restart needs no state of
an iterator, and any number of processes sees the same batches.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from hallmark.errors import InputError

Batch = dict[str, Tensor]
# Steps that Lightning gets at once, since each iteration of its loop costs about 1 ms.
CHUNK_STEPS = 8


@lru_cache(maxsize=2)  # every batch of an epoch needs the same order
def shuffle_rows(seed: int, epoch: int, rows: int) -> Tensor:
    """Return the order of the row numbers in an epoch, (rows,) int64, a function of the arguments alone."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(rows))


@dataclass(frozen=True)
class Batches:
    """The batches of an epoch over `tensors` (n, …), by name. Each of the n rows is in one batch.

    batch_size: The largest number of rows; the batches' sizes differ by one row at most.
    seed: Of the order of the rows; None: as they are.
    rank, world: The number of this process and how many there are; each takes its slice of every
        batch.
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
        """Return this process's slice of the batch at a position (from 0) of an epoch, and its weight.

        With these weights, the mean of weight x loss over the processes is the mean loss over the
        rows of the batch, even if the slices differ in size.
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
    """The batches of one epoch from position `start` on, in chunks of at most `CHUNK_STEPS` batches.

    A chunk is a list of slices and weights (`Batches.at`).
    """

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
