"""Augmentation of pictures: what may move, how far, and the same for the same seed."""

import torch

from hallmark.layers.augmentation import random_affine


def test_without_reach_the_batch_stays() -> None:
    batch = {"image": torch.zeros(3, 1, 8, 8, dtype=torch.uint8), "target": torch.arange(3)}
    assert random_affine(batch) is batch


def test_other_arrays_stay_and_pixels_stay_in_their_range() -> None:
    batch = {"image": torch.randint(0, 256, (20, 3, 8, 8), dtype=torch.uint8), "target": torch.arange(20)}
    moved = random_affine(batch, shift=0.2, rotation=30, scale=0.2, flip=True)
    assert moved["target"] is batch["target"]
    assert moved["image"].min() >= 0
    assert moved["image"].max() <= 255
    assert batch["image"].dtype == torch.uint8


def test_it_repeats_with_the_seed() -> None:
    images = torch.rand(6, 3, 16, 16)
    moved = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        moved.append(random_affine({"image": images}, shift=0.1, rotation=20, scale=0.1, flip=True)["image"])
    assert torch.equal(moved[0], moved[1])
    assert not torch.equal(moved[0], moved[2])


def test_flip_mirrors_about_half_of_the_pictures_exactly() -> None:
    torch.manual_seed(1)
    images = torch.rand(400, 2, 8, 8)
    moved = random_affine({"image": images}, flip=True)["image"]
    same = torch.isclose(moved, images, atol=1e-5).flatten(1).all(1)
    mirrored = torch.isclose(moved, images.flip(3), atol=1e-5).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 150 < int(mirrored.sum()) < 250


def test_shift_moves_no_further_than_its_share_of_the_side() -> None:
    torch.manual_seed(1)
    images = torch.zeros(200, 1, 20, 20)
    images[:, :, 10, 10] = 1
    moved = random_affine({"image": images}, shift=0.1)["image"]  # two of twenty pixels
    rows = (moved.sum((1, 3)) * torch.arange(20)).sum(1) / moved.sum((1, 2, 3))
    assert 1.5 < float((rows - 10).abs().max()) <= 2 + 1e-4


def test_rotation_keeps_what_stands_in_the_middle() -> None:
    torch.manual_seed(1)
    distance = (torch.arange(21) - 10.0) ** 2
    disc = torch.exp(-(distance[:, None] + distance) / 20).expand(50, 1, 21, 21)
    moved = random_affine({"image": disc}, rotation=90, flip=True)["image"]
    assert (moved - disc).abs().max() < 0.02
