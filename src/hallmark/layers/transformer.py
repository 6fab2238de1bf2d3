"""A causal transformer (Vaswani et al. 2017) with normalisation before each part (Xiong et al. 2020).

B is the batch size, T the number of positions, oldest first, and W the width.

Why not torch's own layers: docs/decisions/0011-torch-layers-and-schedules.md.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.errors import InputError

_INITIAL_DEVIATION = 0.02  # standard deviation of first weights (Radford et al. 2019, GPT-2)


class TransformerBlock(nn.Module):
    """Attention between positions, then a perceptron at each; both are added to the signal (B, T, W)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.before_perceptron = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, signal: Tensor, mask: Tensor) -> Tensor:
        """Return the signal (B, T, W); `mask` is True where a position (row) may attend to another (column).

        The mask is (T, T), or (B, 1, T, T) with an axis for the heads.
        """
        signal = signal + self.dropout(self._attend(self.before_attention(signal), mask))
        change: Tensor = self.dropout(self.perceptron(self.before_perceptron(signal)))
        return signal + change

    def _attend(self, signal: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = signal.shape
        parts = self.query_key_value(signal).reshape(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, T, W / heads)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        joined: Tensor = self.join(attended.transpose(1, 2).reshape(batch, length, width))
        return joined


class CausalTransformer(nn.Module):
    """Embedded positions (B, T, W) → states (B, T, W), none of which depends on a later position."""

    def __init__(self, length: int, *, width: int, depth: int, heads: int, dropout: float) -> None:
        """`length` is T, `width` is W, and `depth` the number of blocks.

        Raises `InputError` on a width that is no multiple of `heads`, and on a depth below 1.
        """
        super().__init__()
        if width < 1 or heads < 1 or width % heads:
            raise InputError(f"train.network.width is {width}: it must be a multiple of train.network.heads, {heads}")
        if depth < 1:
            raise InputError(f"train.network.depth is {depth}: at least 1 is needed")

        self.position = nn.Embedding(length, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, dropout) for _ in range(depth))
        self.last = nn.LayerNorm(width)
        # (T, T): True where a position (row) may attend to another (column). No weight, so not in
        # `state_dict`; but the exported ONNX graph has a node of this name, and packages a digest
        # of the graph.
        causal_mask = torch.ones(length, length, dtype=torch.bool).tril()
        self.allowed = nn.Buffer(causal_mask, persistent=False)

        self.apply(_initialise)
        # Each block adds two branches to the stream of activations. Dividing the deviation of
        # their last weights by √(2 · depth) keeps the variance of the sum of all branches at that
        # of a single one (Radford et al. 2019, GPT-2).
        for block in self.blocks:
            for layer in (block.join, block.perceptron[-1]):  # type: ignore[index]
                nn.init.normal_(layer.weight, std=_INITIAL_DEVIATION / (2 * depth) ** 0.5)  # type: ignore[arg-type,union-attr]

    def forward(self, signal: Tensor, present: Tensor | None = None) -> Tensor:
        """Return the states (B, T, W); `present` (B, T) is False at padding, None where there is none."""
        signal = self.dropout(signal + self.position.weight)
        mask: Tensor = self.allowed
        # A position always attends to itself, so that no row of the softmax is empty.
        if present is not None:
            itself = torch.eye(mask.shape[0], dtype=torch.bool, device=mask.device)
            mask = (mask & present[:, None, None, :]) | itself

        for block in self.blocks:
            signal = block(signal, mask)
        states: Tensor = self.last(signal)
        return states


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=_INITIAL_DEVIATION)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
