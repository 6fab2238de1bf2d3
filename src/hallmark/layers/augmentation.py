"""Augmentation: functions of a batch of training examples, which change it at random.

A batch is a mapping from names of arrays to tensors (B, …). Functions draw from torch's generator,
which the training seeds at each step, so that a training that continues draws the same.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

Batch = dict[str, Tensor]


def random_affine(
    batch: Batch, *, shift: float = 0.0, rotation: float = 0.0, scale: float = 0.0, flip: bool = False
) -> Batch:
    """Return the batch with each picture of the array "image" moved, turned, scaled and mirrored at random.

    The pictures (B, C, H, W) become floats in the range of their pixels; what comes into view from
    outside repeats the nearest pixel. Each number is the largest change in either direction;
    changes are uniform.

    shift: Fraction of the side.
    rotation: Degrees.
    scale: Fraction of the size.
    flip: Mirror half of the pictures, left and right.
    """
    if not (shift or rotation or scale or flip):
        return batch

    images = batch["image"].float()
    draws = torch.rand(5, len(images), device=images.device) * 2 - 1
    turn, size, side, right, down = draws
    mirror = torch.where(side < 0, -1.0, 1.0) if flip else torch.ones_like(side)
    angle = turn * math.radians(rotation)
    factor = 1 + size * scale
    cos = factor * torch.cos(angle)
    sin = factor * torch.sin(angle)
    reach = 2 * shift  # the grid runs from -1 to 1

    x_row = torch.stack([mirror * cos, -sin, reach * right], 1)
    y_row = torch.stack([mirror * sin, cos, reach * down], 1)
    transform = torch.stack([x_row, y_row], 1)  # (B, 2, 3)
    grid = F.affine_grid(transform, list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    return {**batch, "image": moved}


def random_flip(batch: Batch) -> Batch:
    """Return the batch with half of the pictures of the array "image" (B, C, H, W) mirrored, left and right."""
    images = batch["image"]
    is_mirrored = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return {**batch, "image": torch.where(is_mirrored, images.flip(3), images)}
