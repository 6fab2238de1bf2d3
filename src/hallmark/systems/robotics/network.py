"""A perceptron over the last readings of all sensors. It takes them raw: scales travel in the package."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.columns import Block, Pieces
from hallmark.systems.robotics.config import Network

_BEND = 0.05  # of the action's range: below it the loss is squared, above absolute, as the headline is
_DOUBT = -3.0  # before the softplus: an error of 5 % of the range, to begin with
_ROWS = 50_000  # readings that scales and quantiles are taken from, evenly spread over the training split


class Policy(nn.Module):
    """Readings (B, K, D) and whether they are present (B, K) → logits of the known actions (B, C), or numeric actions
    (B, A) and how far off each is expected to be (B, A), both as shares of their range.

    Each reading goes through the piecewise linear encoding of its sensor, and all of the history enters one layer:
    a dozen readings need neither recurrence nor attention. The expected error is read off the last layer without
    moving it, so that it costs the action nothing.
    """

    inputs = ("observations", "present")

    def __init__(
        self, train: Mapping[str, np.ndarray], labels: int, *, width: int, depth: int, bins: int, dropout: float
    ) -> None:
        super().__init__()
        history = train["observations"].shape[1]
        self.encoding = Pieces(_readings(train), bins)
        self.enter = nn.Sequential(nn.Dropout(dropout), nn.Linear(history * (self.encoding.size + 1), width), nn.SiLU())
        self.body = nn.Sequential(*(Block(width, dropout) for _ in range(depth)), nn.LayerNorm(width))
        self.numeric = not labels
        self.outputs: tuple[str, ...] = ("action", "expected_error") if self.numeric else ("logits",)
        self.targets: tuple[str, ...] = ("target.action",) if self.numeric else ()
        size = labels or train["target.action"].shape[1]
        self.act = nn.Linear(width, size)
        if self.numeric:
            self.doubt = nn.Linear(width, size)
            nn.init.constant_(self.doubt.bias, _DOUBT)

    def forward(self, observations: Tensor, present: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        seen = present[:, :, None]
        readings = self.encoding(torch.where(seen > 0, observations, 0.0)) * seen
        state = self.body(self.enter(torch.cat([readings, seen], dim=2).flatten(1)))
        act: Tensor = self.act(state)
        if not self.numeric:
            return act
        return torch.sigmoid(act), F.softplus(self.doubt(state.detach())) + 1e-4


def build(train: Examples, network: Network) -> Policy:
    """Return an untrained policy that knows the sensors' scales in the training examples."""
    return Policy(
        train.arrays,
        len(train.labels),
        width=network.width,
        depth=network.depth,
        bins=network.bins,
        dropout=network.dropout,
    )


def loss(outputs: Tensor | tuple[Tensor, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Return the cross entropy (nats), or the Huber loss of the actions plus the squared error of the expected errors.

    Both parts of the latter are in shares of the range, and the second moves nothing that the first hangs on.
    """
    if isinstance(outputs, Tensor):
        return F.cross_entropy(outputs, batch["target"])
    action, expected = outputs
    error = (action - batch["target.action"]).abs().detach()
    return F.smooth_l1_loss(action, batch["target.action"], beta=_BEND) + F.mse_loss(expected, error)


def _readings(train: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return current readings (m, D): every reading is the current one of some step, so the history tells no more."""
    count = len(train["observations"])
    rows = np.unique(np.linspace(0, count - 1, min(count, _ROWS)).astype(int))
    return np.asarray(train["observations"][rows, -1])
