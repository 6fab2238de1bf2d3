"""A convolutional network for scans, with a small layer for clinical data."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions
from hallmark.layers.model import Trunk


class ClinicalEncoder(nn.Module):
    """Clinical data (B, F) → (B, units).

    Each column is standardised by the mean and standard deviation of the training `values` (n, F),
    and clipped to 5 standard deviations.
    """

    def __init__(self, values: np.ndarray, units: int) -> None:
        super().__init__()
        deviation = values.std(axis=0, dtype=np.float64)
        self.mean = nn.Buffer(torch.tensor(values.mean(axis=0, dtype=np.float64), dtype=torch.float32))
        self.deviation = nn.Buffer(torch.tensor(np.where(deviation > 1e-6, deviation, 1.0), dtype=torch.float32))
        self.layer = nn.Linear(values.shape[1], units)

    def forward(self, values: Tensor) -> Tensor:
        scaled = ((values - self.mean) / self.deviation).clamp(-5, 5)
        return F.relu(self.layer(scaled))


class ScanNetwork(Trunk):
    """The trunk: scans (B, C, H, W), from 0 to 255, and any clinical data (B, F) → states (B, W).

    W is `features`. The last feature map is pooled by mean and by maximum: a lesion is small, and
    would be lost in the mean alone.
    """

    def __init__(self, train: Examples, *, width: int, depth: int, clinical: int, dropout: float = 0.0) -> None:
        """`clinical` is the number of units for clinical data; `train` gives shapes and scales."""
        super().__init__()
        self.body = Convolutions(train.arrays["image"], width=width, depth=depth)
        self.clinical: ClinicalEncoder | None = None
        self.inputs = ("image",)
        self.features = 2 * self.body.features
        if "clinical" in train.arrays:
            self.clinical = ClinicalEncoder(np.asarray(train.arrays["clinical"]), clinical)
            self.inputs = ("image", "clinical")
            self.features += clinical
        self.dropout = nn.Dropout(dropout)

    def forward(self, *inputs: Tensor) -> Tensor:
        grid = self.body(inputs[0])
        parts = [grid.mean((2, 3)), grid.amax((2, 3))]
        if self.clinical is not None:
            parts.append(self.clinical(inputs[1]))

        states: Tensor = self.dropout(torch.cat(parts, dim=1))
        return states
