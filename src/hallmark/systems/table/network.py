"""A network that reads a card's history against the current transaction; without a history, a residual perceptron."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers.columns import PiecewiseLinearEncoding, ResidualBlock, Standardize
from hallmark.layers.model import Trunk
from hallmark.systems.table.config import HEADS, Network


class HistoryEncoder(nn.Module):
    """Reads the earlier transactions in the light of the current one, (B, T, F) and (B, W) -> (B, 3W).

    Two causal convolutions read short runs (a trial, then a burst); heads of attention, whose queries come from the
    current transaction, look for what is like it (Zhou et al. 2018, "Deep Interest Network"); the maximum keeps the one
    conspicuous event, and the last event stands for itself. No loop over time, so that a step costs a tenth of a
    recurrent layer's on a CPU.
    """

    def __init__(self, history: np.ndarray, width: int) -> None:
        super().__init__()
        self.standard = Standardize(history[history[:, :, 0] > 0])
        self.event = nn.Linear(history.shape[2], width)
        self.question = nn.Linear(width, width)
        self.runs = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(2))
        self.weight = nn.Linear(width, HEADS)

    def forward(self, history: Tensor, current: Tensor) -> Tensor:
        is_valid = history[:, :, :1]
        mask = 1e4 * (1 - is_valid)  # taken from what is no transaction, so that neither softmax nor maximum sees it
        events = F.silu(self.event(self.standard(history)) + self.question(current)[:, None]) * is_valid
        for layer in self.runs:
            previous = F.pad(events[:, :-1], (0, 0, 1, 0))
            events = (events + F.silu(layer(torch.cat([previous, events], dim=2)))) * is_valid

        weights = torch.softmax(self.weight(events) - mask, dim=1)[..., None]  # (B, T, heads, 1)
        by_head = events.reshape(*events.shape[:2], HEADS, -1)
        attended = (weights * by_head).sum(dim=1).flatten(1)
        highest = (events - mask).amax(dim=1).clamp(min=-10)
        last = events[:, -1]
        return torch.cat([attended, highest, last], dim=1)


class Detector(Trunk):
    """`current` (B, F) and, where there is one, `history` (B, T, C) → states (B, `width`)."""

    def __init__(self, arrays: Mapping[str, np.ndarray], *, width: int, depth: int, bins: int, dropout: float) -> None:
        super().__init__()
        self.features = width
        self.inputs = ("history", "current") if "history" in arrays else ("current",)
        self.pieces = PiecewiseLinearEncoding(np.asarray(arrays["current"]), bins)
        self.current = nn.Linear(self.pieces.size, width)
        self.history = HistoryEncoder(np.asarray(arrays["history"]), width) if "history" in arrays else None
        self.join = nn.Linear(4 * width, width) if self.history else nn.Identity()
        self.body = nn.Sequential(*(ResidualBlock(width, dropout) for _ in range(depth)), nn.LayerNorm(width))

    def forward(self, *inputs: Tensor) -> Tensor:
        current = self.current(self.pieces(inputs[-1]))
        if self.history is not None:
            current = self.join(torch.cat([current, self.history(inputs[0], current)], dim=1))
        states: Tensor = self.body(current)
        return states


def build(train: Examples, network: Network) -> Detector:
    """Return an untrained trunk that knows the scales of the training arrays.

    Raises `InputError` on a width that the attention heads cannot share.
    """
    if "history" in train.arrays and network.width % HEADS:
        raise InputError(
            f"train.network.width is {network.width}: with a history it must be a multiple of {HEADS}, its heads"
        )
    return Detector(
        train.arrays,
        width=network.width,
        depth=network.depth,
        bins=network.bins,
        dropout=network.dropout,
    )
