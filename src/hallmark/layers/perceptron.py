"""A perceptron on all numbers of an example: what a network reaches that knows nothing of the data's structure."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers.model import Trunk

_MOST_ROWS = 50_000  # of the training split, that give means and deviations
_TARGET = "target."  # begins the name of an array that an answer predicts
_LARGEST_RATIO = 1e-6  # of the largest number: a smaller deviation is taken for none


class Perceptron(Trunk):
    """Linear layers with ReLU and dropout: arrays (B, …) → states (B, `width`).

    Each array is flattened to (B, F), and standardised by the training split's mean and deviation
    of each of its F columns.
    """

    def __init__(self, train: Examples, *, width: int = 64, depth: int = 2, dropout: float = 0.0) -> None:
        """`depth` is the number of layers, `width` their units.

        Raises `InputError` on a width or depth below 1, and where the examples have no array of
        numbers.
        """
        super().__init__()
        for key, value in (("width", width), ("depth", depth)):
            if value < 1:
                raise InputError(f"train.network.{key} is {value}: at least 1 is needed")
        self.inputs = _input_names(train)
        self.features = width

        rows = np.unique(np.linspace(0, len(train) - 1, min(len(train), _MOST_ROWS)).astype(int))
        values = np.concatenate(
            [np.asarray(train.arrays[name][rows], np.float64).reshape(len(rows), -1) for name in self.inputs], axis=1
        )
        deviation = values.std(axis=0)
        is_constant = deviation <= _LARGEST_RATIO * np.abs(values).max(axis=0)
        self.mean = nn.Buffer(torch.tensor(values.mean(axis=0), dtype=torch.float32))
        self.deviation = nn.Buffer(torch.tensor(np.where(is_constant, 1.0, deviation), dtype=torch.float32))

        layers: list[nn.Module] = []
        n_inputs = values.shape[1]
        for _ in range(depth):
            layers += [nn.Linear(n_inputs, width), nn.ReLU(), nn.Dropout(dropout)]
            n_inputs = width
        self.layers = nn.Sequential(*layers)

    def forward(self, *arrays: Tensor) -> Tensor:
        values = torch.cat([array.float().flatten(1) for array in arrays], dim=1)
        states: Tensor = self.layers((values - self.mean) / self.deviation)
        return states


def _input_names(train: Examples) -> tuple[str, ...]:
    """Return the names of the arrays of numbers, in alphabetical order: none that an answer predicts, no sequence of
    numbers that stand for words or items.
    """
    names = []
    for name, array in sorted(train.arrays.items()):
        is_number = array.dtype.kind in "fb" or array.dtype == np.uint8
        if is_number and not name.startswith(_TARGET) and math.prod(array.shape[1:]) > 0:
            names.append(name)
    if not names:
        raise InputError(
            f"train.network is a perceptron, which reads numbers, but the arrays of the examples, "
            f"{', '.join(sorted(train.arrays))}, are sequences of tokens or items: choose another network"
        )
    return tuple(names)
