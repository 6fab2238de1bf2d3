"""Convolutions read the scan, a small layer the clinical data; one linear layer joins them."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions, Jitter
from hallmark.systems.medical.config import Network


class Told(nn.Module):
    """Clinical data (B, F) → (B, units), each column with the mean 0 and the deviation 1 that it has in training."""

    def __init__(self, values: np.ndarray, units: int) -> None:
        super().__init__()
        deviation = values.std(axis=0, dtype=np.float64)
        self.mean = nn.Buffer(torch.tensor(values.mean(axis=0, dtype=np.float64), dtype=torch.float32))
        self.deviation = nn.Buffer(torch.tensor(np.where(deviation > 1e-6, deviation, 1.0), dtype=torch.float32))
        self.layer = nn.Linear(values.shape[1], units)

    def forward(self, values: Tensor) -> Tensor:
        scaled = ((values - self.mean) / self.deviation).clamp(-5, 5)
        return F.relu(self.layer(scaled))


class ScanNetwork(nn.Module):
    """A scan (B, C, H, W) uint8 and, where there is some, clinical data (B, F) → logits (B, K).

    Of the last grid, the mean tells of what is everywhere and the maximum of what is in one place: a lesion is small,
    and a mean alone would drown it.
    """

    def __init__(self, body: Convolutions, told: Told | None, units: int, classes: int, *, dropout: float) -> None:
        super().__init__()
        self.inputs = ("image", "clinical") if told else ("image",)
        self.body, self.told = body, told
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * body.features + units, classes))

    def forward(self, *inputs: Tensor) -> Tensor:
        grid = self.body(inputs[0])
        seen = [grid.mean((2, 3)), grid.amax((2, 3))]
        if self.told is not None:
            seen.append(self.told(inputs[1]))
        logits: Tensor = self.head(torch.cat(seen, dim=1))
        return logits


def build(train: Examples, network: Network) -> ScanNetwork:
    """Return a fresh network that takes shapes and scales of its inputs from the training examples."""
    jitter = Jitter(shift=network.shift, rotation=network.rotation, scale=network.scale, flip=network.flip)
    body = Convolutions(train.arrays["image"], width=network.width, depth=network.depth, jitter=jitter)

    told = None
    if "clinical" in train.arrays:
        told = Told(np.asarray(train.arrays["clinical"]), network.clinical)
    units = network.clinical if told else 0
    return ScanNetwork(body, told, units, len(train.labels), dropout=network.dropout)


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean cross entropy (nats), unweighted: weights would bend the probabilities that triage orders by."""
    return F.cross_entropy(outputs, batch["target"])
