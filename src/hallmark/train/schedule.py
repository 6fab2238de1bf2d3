"""The learning-rate schedule of a training."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class WarmupCosine:
    """Learning-rate schedule: a linear warmup to `peak`, then half a cosine down to 0 at `total_steps`.

    Loshchilov & Hutter 2017, "SGDR". It is a function of the step alone, so that a training which
    continues from a checkpoint needs no state of a scheduler
    (docs/decisions/0011-torch-layers-and-schedules.md).
    """

    peak: float
    warmup: float  # fraction of all steps
    total_steps: int

    def at(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        warmup_steps = round(self.warmup * self.total_steps)
        if step < warmup_steps:
            return self.peak * (step + 1) / warmup_steps

        cosine_steps = max(1, self.total_steps - warmup_steps)
        return self.peak * (1 + math.cos(math.pi * (step - warmup_steps) / cosine_steps)) / 2
