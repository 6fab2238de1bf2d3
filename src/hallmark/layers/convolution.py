"""Convolutions over small pictures. They take raw 8-bit pixels: a package needs no preprocessing."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.errors import InputError

_CHUNK = 4096  # rows of a memory-mapped array that are held as floats at once
_SMALLEST = 4  # pixels: pictures are halved until no side is longer


class RandomAffine(nn.Module):
    """Moves pictures a little while training: each is shifted, turned, scaled and maybe mirrored by its own draw.

    It is a layer, as dropout is, and draws from torch's generator, which training seeds for each step. `shift` is a
    share of the side, `rotation` in degrees, `scale` a share; each is the largest change either way.
    """

    def __init__(self, *, shift: float, rotation: float, scale: float, flip: bool) -> None:
        super().__init__()
        self.shift, self.rotation, self.scale, self.flip = shift, rotation, scale, flip

    def forward(self, images: Tensor) -> Tensor:  # (B, C, H, W) float
        if not self.training or not (self.shift or self.rotation or self.scale or self.flip):
            return images
        turn, size, side, right, down = torch.rand(5, len(images), device=images.device) * 2 - 1
        mirror = torch.where(side < 0, -1.0, 1.0) if self.flip else torch.ones_like(side)
        size = 1 + size * self.scale
        cos, sin = (size * wave(turn * math.radians(self.rotation)) for wave in (torch.cos, torch.sin))
        reach = 2 * self.shift  # the grid runs from -1 to 1
        rows = [
            torch.stack([mirror * cos, -sin, reach * right], 1),
            torch.stack([mirror * sin, cos, reach * down], 1),
        ]
        grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


class Residual(nn.Module):
    """One convolution about which the signal has a way around (He et al. 2016, "Deep residual learning")."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = _convolution(channels, channels)

    def forward(self, signal: Tensor) -> Tensor:
        return F.relu(signal + self.change(signal))


class Convolutions(nn.Module):
    """Pixels (B, C, H, W) uint8 → a grid of features (B, `features`, h, w), no side longer than 4.

    - Scale is that of the training pictures: mean and deviation of each channel.
    - The first convolution's output is halved before anything else: on a CPU, full size is where the time goes.
    - Channels double at each halving; `depth` convolutions at each size, all but the first residual.
    """

    def __init__(self, images: np.ndarray, *, width: int, depth: int, jitter: RandomAffine) -> None:
        """`images` (n, C, H, W) uint8 are the training pictures; `width` is of the first layer.

        Raises `InputError` on a width or a depth of none.
        """
        super().__init__()
        for key, value in (("width", width), ("depth", depth)):
            if value < 1:
                raise InputError(f"train.network.{key} is {value}: at least 1 is needed")
        channels, side = images.shape[1], math.ceil(max(images.shape[2:]) / 2)
        mean, deviation = _scale(images)
        self.mean = nn.Buffer(torch.tensor(mean).reshape(-1, 1, 1))
        self.deviation = nn.Buffer(torch.tensor(deviation).reshape(-1, 1, 1))
        self.jitter = jitter
        layers: list[nn.Module] = [_convolution(channels, width, halve=True), nn.ReLU()]
        layers += _stage(width, depth)
        while side > _SMALLEST:
            width, side = 2 * width, math.ceil(side / 2)
            layers += [nn.MaxPool2d(2, ceil_mode=True), *_stage(width, depth)]
        self.layers = nn.Sequential(*layers)
        self.features = 2 * width
        for weights in self.parameters():  # a quarter faster on a CPU than channels first
            if weights.ndim == 4:
                weights.data = weights.data.contiguous(memory_format=torch.channels_last)

    def forward(self, image: Tensor) -> Tensor:
        scaled = (image.float() / 255 - self.mean) / self.deviation
        grid: Tensor = self.layers(self.jitter(scaled))
        return grid


def _convolution(inputs: int, outputs: int, *, halve: bool = False) -> nn.Sequential:
    # Pooling before the normalisation and the ReLU leaves them a quarter of the pixels.
    pool = [nn.MaxPool2d(2, ceil_mode=True)] if halve else []
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), *pool, nn.BatchNorm2d(outputs))


def _stage(width: int, depth: int) -> list[nn.Module]:
    return [_convolution(width, 2 * width), nn.ReLU(), *(Residual(2 * width) for _ in range(depth - 1))]


def _scale(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel (C,), float32, of pixels from 0 to 1."""
    total, squares = np.zeros(images.shape[1]), np.zeros(images.shape[1])
    for start in range(0, len(images), _CHUNK):
        chunk = np.asarray(images[start : start + _CHUNK], np.float64) / 255
        total += chunk.sum(axis=(0, 2, 3))
        squares += (chunk**2).sum(axis=(0, 2, 3))
    count = len(images) * images.shape[2] * images.shape[3]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return mean.astype(np.float32), np.maximum(deviation, 1 / 255).astype(np.float32)  # a blank set stays finite
