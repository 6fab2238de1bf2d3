"""Convolutions over small pictures. They take raw 8-bit pixels, so that a package needs no preprocessing.

B is the batch size, C the number of channels, H and W are height and width in pixels.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.errors import InputError

_CHUNK_ROWS = 4096  # rows of a memory-mapped array that are floats in memory at once
_LARGEST_GRID = 4  # pixels of a side, down to which pictures are halved


class ResidualConvolution(nn.Module):
    """A convolution with a skip connection, (B, C, H, W) → the same shape.

    He et al. 2016, "Deep residual learning".
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = _convolution(channels, channels)

    def forward(self, signal: Tensor) -> Tensor:
        return F.relu(signal + self.change(signal))


class Convolutions(nn.Module):
    """Pixels (B, C, H, W) from 0 to 255 → a grid of features (B, `features`, h, w), with h and w at most 4.

    - Pixels are standardised by mean and standard deviation of each channel in the training
      pictures.
    - The output of the first convolution is halved at once: on a CPU, full size takes most of the
      time.
    - Each size has `depth` convolutions, all but the first residual, and twice the channels of the
      size before.
    """

    def __init__(self, images: np.ndarray, *, width: int, depth: int) -> None:
        """`images` (n, C, H, W) uint8 are the training pictures, `width` the channels of the first layer.

        Raises `InputError` on a width or depth below 1.
        """
        super().__init__()
        for key, value in (("width", width), ("depth", depth)):
            if value < 1:
                raise InputError(f"train.network.{key} is {value}: at least 1 is needed")

        mean, deviation = _channel_statistics(images)
        self.mean = nn.Buffer(torch.tensor(mean).reshape(-1, 1, 1))
        self.deviation = nn.Buffer(torch.tensor(deviation).reshape(-1, 1, 1))

        channels = images.shape[1]
        side = math.ceil(max(images.shape[2:]) / 2)
        layers: list[nn.Module] = [_convolution(channels, width, halve=True), nn.ReLU()]
        layers += _stage(width, depth)
        while side > _LARGEST_GRID:
            width = 2 * width
            side = math.ceil(side / 2)
            layers += [nn.MaxPool2d(2, ceil_mode=True), *_stage(width, depth)]
        self.layers = nn.Sequential(*layers)
        self.features = 2 * width

        for weights in self.parameters():  # a quarter faster on a CPU than channels first
            if weights.ndim == 4:
                weights.data = weights.data.contiguous(memory_format=torch.channels_last)

    def forward(self, image: Tensor) -> Tensor:
        standardised = (image.float() / 255 - self.mean) / self.deviation
        grid: Tensor = self.layers(standardised)
        return grid


def _convolution(inputs: int, outputs: int, *, halve: bool = False) -> nn.Sequential:
    """Return a 3 x 3 convolution with batch normalisation; with `halve`, height and width are halved."""
    # Pooling comes first, so that normalisation and ReLU have a quarter of the pixels.
    pool = [nn.MaxPool2d(2, ceil_mode=True)] if halve else []
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), *pool, nn.BatchNorm2d(outputs))


def _stage(width: int, depth: int) -> list[nn.Module]:
    """Return `depth` convolutions from `width` to 2 * `width` channels, in the order of the signal.

    The layers are made in this order, since it decides which random first weights each gets.
    """
    widening = _convolution(width, 2 * width)
    residuals = [ResidualConvolution(2 * width) for _ in range(depth - 1)]
    return [widening, nn.ReLU(), *residuals]


def _channel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each channel, (C,) float32 each, of pixels scaled to 0 … 1."""
    total = np.zeros(images.shape[1])
    squares = np.zeros(images.shape[1])
    for start in range(0, len(images), _CHUNK_ROWS):
        chunk = np.asarray(images[start : start + _CHUNK_ROWS], np.float64) / 255
        total += chunk.sum(axis=(0, 2, 3))
        squares += (chunk**2).sum(axis=(0, 2, 3))

    n_pixels = len(images) * images.shape[2] * images.shape[3]
    mean = total / n_pixels
    deviation = np.sqrt(np.maximum(squares / n_pixels - mean**2, 0))
    # No division by 0 for pictures of one colour.
    deviation = np.maximum(deviation.astype(np.float32), 1 / 255)
    return mean.astype(np.float32), deviation
