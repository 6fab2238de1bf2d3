"""Batches of data that lies in memory. Which rows make a batch is a pure function of seed, epoch and position:
there is no iterator state to lose, and every number of processes sees the same batches."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from hallmark.errors import InputError

Batch = dict[str, Tensor]
Augment = Callable[[Batch, torch.Generator], Batch]
STRETCH = 8  # steps that are handed to Lightning together: its loop costs about a millisecond each time around


@lru_cache(maxsize=2)  # the epoch at hand, asked for at each of its batches
def permutation(seed: int, epoch: int, rows: int) -> Tensor:
    """Return the order of the rows (rows,), int64, in an epoch: a function of its arguments and of nothing else."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(rows))


@dataclass(frozen=True)
class Batches:
    """Batches of `tensors`, which share their first axis. All rows come once an epoch, in batches whose sizes differ by
    one at most and do not exceed `batch_size`. Of each batch, process `rank` of `world` takes its slice.

    Without a `seed` the rows keep their order. `augment` gets a generator made of seed, epoch, position and rank.
    """

    tensors: Mapping[str, Tensor]
    batch_size: int
    seed: int | None = None
    rank: int = 0
    world: int = 1
    augment: Augment | None = None

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise InputError(f"train.batch_size is {self.batch_size}: at least 1 is needed")
        if self.rows // len(self) < self.world:
            raise InputError(f"batches of {self.rows // len(self)} examples cannot be shared by {self.world} devices")

    @property
    def rows(self) -> int:
        return len(next(iter(self.tensors.values())))

    def __len__(self) -> int:
        return max(1, math.ceil(self.rows / self.batch_size))

    def at(self, epoch: int, position: int) -> tuple[Batch, float]:
        """Return this process's slice of a batch, and its weight: the mean of weight x loss over the processes is the
        mean loss over the rows of the batch, also where the slices differ in size."""
        low, high = (self.rows * edge // len(self) for edge in (position, position + 1))
        start, stop = (low + (high - low) * edge // self.world for edge in (self.rank, self.rank + 1))
        weight = (stop - start) * self.world / (high - low)
        if self.seed is None:
            return {name: tensor[start:stop] for name, tensor in self.tensors.items()}, weight
        chosen = permutation(self.seed, epoch, self.rows)[start:stop]
        batch = {name: tensor[chosen] for name, tensor in self.tensors.items()}
        if self.augment:
            words = np.random.SeedSequence((self.seed, epoch, position, self.rank)).generate_state(1, np.uint64)
            batch = self.augment(batch, torch.Generator().manual_seed(int(words[0])))
        return batch, weight


@dataclass(frozen=True)
class Epoch:
    """The batches of one epoch from `start` on, in stretches of at most `STRETCH`."""

    batches: Batches
    epoch: int = 0
    start: int = 0

    def __len__(self) -> int:
        return math.ceil((len(self.batches) - self.start) / STRETCH)

    def __iter__(self) -> Iterator[list[tuple[Batch, float]]]:
        end = len(self.batches)
        for low in range(self.start, end, STRETCH):
            yield [self.batches.at(self.epoch, position) for position in range(low, min(low + STRETCH, end))]
