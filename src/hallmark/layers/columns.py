"""Layers for columns of numbers: scales and bends learned from the training data, and a residual perceptron."""

import numpy as np
import torch
from torch import Tensor, nn


class Standardize(nn.Module):
    """Columns with the mean 0 and the standard deviation 1 that they had in the training data."""

    def __init__(self, values: np.ndarray) -> None:
        super().__init__()
        spread = values.std(axis=0, dtype=np.float64)
        self.mean = nn.Buffer(torch.tensor(values.mean(axis=0, dtype=np.float64), dtype=torch.float32))
        self.spread = nn.Buffer(torch.tensor(np.where(spread > 1e-6, spread, 1.0), dtype=torch.float32))

    def forward(self, values: Tensor) -> Tensor:  # (…, F)
        return (values - self.mean) / self.spread


class PiecewiseLinearEncoding(nn.Module):
    """Piecewise linear encoding: a number becomes how far it lies through each interval between quantiles of
    the training data.

    Gorishniy, Rubachev & Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep Learning": it lets
    a perceptron bend where the data is, which heavy-tailed amounts and codes need.
    """

    def __init__(self, values: np.ndarray, bins: int) -> None:
        super().__init__()
        edges = np.quantile(values, np.linspace(0, 1, bins + 1), axis=0).T  # (F, bins + 1)
        width = np.diff(edges, axis=1)
        feature, piece = np.nonzero(width > 0)  # a column of two values keeps one piece, a constant none
        self.feature = nn.Buffer(torch.from_numpy(feature))
        self.low = nn.Buffer(torch.tensor(edges[feature, piece], dtype=torch.float32))
        self.width = nn.Buffer(torch.tensor(width[feature, piece], dtype=torch.float32))
        self.standard = Standardize(values)
        self.size = len(feature) + values.shape[1]

    def forward(self, values: Tensor) -> Tensor:  # (…, F) -> (…, size)
        pieces = ((values[..., self.feature] - self.low) / self.width).clamp(0, 1)
        return torch.cat([pieces * 2 - 1, self.standard(values).clamp(-5, 5)], dim=-1)


class ResidualBlock(nn.Module):
    """A residual block of a perceptron, (…, W) -> (…, W)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, state: Tensor) -> Tensor:
        residual: Tensor = self.layers(state)
        return state + residual
