"""Layers for columns of numbers: standardisation, piecewise linear encoding, and a residual perceptron.

F is the number of columns, W a width. Values may be (n, F), or have more axes before the last.
"""

import numpy as np
import torch
from torch import Tensor, nn

_LEAST_DEVIATION = 1e-6  # a column with a smaller standard deviation is not scaled
_CLIP = 5  # standard deviations; an int, since its type is part of the exported bytes


class Standardize(nn.Module):
    """Standardisation: columns scaled to mean 0 and standard deviation 1 in the training data."""

    def __init__(self, values: np.ndarray) -> None:
        """`values` (n, F) are the training data."""
        super().__init__()
        mean = values.mean(axis=0, dtype=np.float64)
        deviation = values.std(axis=0, dtype=np.float64)
        deviation = np.where(deviation > _LEAST_DEVIATION, deviation, 1.0)
        self.mean = nn.Buffer(torch.tensor(mean, dtype=torch.float32))
        self.spread = nn.Buffer(torch.tensor(deviation, dtype=torch.float32))

    def forward(self, values: Tensor) -> Tensor:  # (…, F)
        return (values - self.mean) / self.spread


class PiecewiseLinearEncoding(nn.Module):
    """Piecewise linear encoding: a number becomes its position within each interval between quantiles.

    For each interval between quantiles of the training data, the position runs from -1 at its low
    end to 1 at its high end, and is constant outside. The standardised columns, clipped to ±5,
    follow. So a perceptron can bend where the data is, which heavy-tailed amounts and codes need.

    Gorishniy, Rubachev & Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep
    Learning".
    """

    def __init__(self, values: np.ndarray, bins: int) -> None:
        """`values` (n, F) are the training data, and `bins` is the number of intervals of a column.

        Intervals of width 0 are left out, so that `size`, the width of the output, may be less than
        F * bins + F.
        """
        super().__init__()
        edges = np.quantile(values, np.linspace(0, 1, bins + 1), axis=0).T  # (F, bins + 1)
        widths = np.diff(edges, axis=1)
        # A column of two values keeps one interval, a constant none.
        feature, interval = np.nonzero(widths > 0)

        self.feature = nn.Buffer(torch.from_numpy(feature))
        self.low = nn.Buffer(torch.tensor(edges[feature, interval], dtype=torch.float32))
        self.width = nn.Buffer(torch.tensor(widths[feature, interval], dtype=torch.float32))
        self.standard = Standardize(values)
        self.size = len(feature) + values.shape[1]

    def forward(self, values: Tensor) -> Tensor:  # (…, F) -> (…, size)
        shares = ((values[..., self.feature] - self.low) / self.width).clamp(0, 1)
        centred = shares * 2 - 1
        standardised = self.standard(values).clamp(-_CLIP, _CLIP)
        return torch.cat([centred, standardised], dim=-1)


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
