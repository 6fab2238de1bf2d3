"""A perceptron over the last readings of all sensors, in their own units: the network holds their
scales.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.columns import PiecewiseLinearEncoding, ResidualBlock
from hallmark.layers.model import Trunk

_MOST_ROWS = 50_000  # training rows that scales and quantiles are taken from


class Policy(Trunk):
    """The trunk: the last K readings of D sensors (B, K, D), the current one last, and whether they
    are present (B, K), 1 or 0 → states (B, `width`).

    Each reading goes through the piecewise linear encoding of its sensor, and all of the history
    enters one layer: a dozen readings need neither recurrence nor attention.
    """

    inputs = ("observations", "present")

    def __init__(self, train: Examples, *, width: int, depth: int, bins: int, dropout: float) -> None:
        """Scales and quantiles are those of the readings of `train`."""
        super().__init__()
        self.features = width
        history = train.arrays["observations"].shape[1]  # readings of each sensor
        self.encoding = PiecewiseLinearEncoding(_sample_readings(train.arrays), bins)
        entries = history * (self.encoding.size + 1)  # of each step the encoded readings, and whether they are present
        self.enter = nn.Sequential(nn.Dropout(dropout), nn.Linear(entries, width), nn.SiLU())
        self.body = nn.Sequential(*(ResidualBlock(width, dropout) for _ in range(depth)), nn.LayerNorm(width))

    def forward(self, observations: Tensor, present: Tensor) -> Tensor:
        is_present = present[:, :, None]
        readings = self.encoding(torch.where(is_present > 0, observations, 0.0)) * is_present
        history = torch.cat([readings, is_present], dim=2).flatten(1)
        states: Tensor = self.body(self.enter(history))
        return states


def _sample_readings(train: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the current readings (m, D) of at most `_MOST_ROWS` rows, evenly spread over the
    training split.

    Earlier readings are left out, since each of them is the current one of another step.
    """
    count = len(train["observations"])
    rows = np.unique(np.linspace(0, count - 1, min(count, _MOST_ROWS)).astype(int))
    return np.asarray(train["observations"][rows, -1])
