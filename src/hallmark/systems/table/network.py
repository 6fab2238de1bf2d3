"""A network that reads a card's history against the current transaction; without a history, a
residual perceptron.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers.columns import PiecewiseLinearEncoding, ResidualBlock, Standardize
from hallmark.layers.model import Trunk
from hallmark.systems.table.config import HEADS


class HistoryEncoder(nn.Module):
    """Encodes a history given the current transaction: (B, T, C) and (B, W) -> (B, 3W).

    `history` has C channels of the T latest earlier transactions, the newest last; the first
    channel is 1 where there is a transaction and 0 in the padding in front. `current` (B, W) is the
    current transaction, already encoded.

    Two causal convolutions of width 2 read short runs (a trial, then a burst). The output has three
    parts: attention weighted by the current transaction (Zhou et al. 2018, "Deep Interest
    Network"), the maximum, which keeps a single conspicuous event, and the newest event. There is
    no loop over time: on a CPU a step costs a tenth of a recurrent layer's.
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
        mask = 1e4 * (1 - is_valid)  # subtracted, so that softmax and maximum ignore the padding
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
    """The trunk: current columns (B, F) and any history (B, T, C) → states (B, `width`).

    Without a history it is a residual perceptron. `forward` takes the inputs in the order of
    `inputs`.
    """

    def __init__(self, train: Examples, *, width: int, depth: int, bins: int, dropout: float) -> None:
        """Scales and quantiles are those of the arrays of `train`.

        Raises `InputError` where there is a history and the width is no multiple of the attention
        heads.
        """
        super().__init__()
        arrays = train.arrays
        if "history" in arrays and width % HEADS:
            raise InputError(
                f"train.network.width is {width}: with a history it must be a multiple of {HEADS}, its heads"
            )

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
