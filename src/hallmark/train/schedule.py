"""The shipped learning-rate schedule."""

import math

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class WarmupCosine(LRScheduler):
    """A linear warmup to the optimiser's learning rate, then half a cosine down to 0 at `total_steps`.

    Loshchilov & Hutter 2017, "SGDR". It is stepped at every step of the optimiser.
    """

    def __init__(self, optimizer: Optimizer, *, warmup: float, total_steps: int) -> None:
        """`warmup` is a fraction of all steps."""
        self.warmup_steps = round(warmup * total_steps)
        self.total_steps = total_steps
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Tensor]:
        """Return the learning rate of each group of weights, for the step `last_epoch`, counted from 0."""
        return [rate * self._share(self.last_epoch) for rate in self.base_lrs]

    def _share(self, step: int) -> float:
        """Return the share of the peak at a step."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps

        cosine_steps = max(1, self.total_steps - self.warmup_steps)
        return (1 + math.cos(math.pi * (step - self.warmup_steps) / cosine_steps)) / 2
