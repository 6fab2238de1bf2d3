import numpy as np
import pytest
import torch

from hallmark.errors import InputError
from hallmark.layers.convolution import Convolutions, RandomAffine

STILL = RandomAffine(shift=0, rotation=0, scale=0, flip=False)


def _pictures(n: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (n, channels, 8, 8), dtype=np.uint8)


def test_the_input_is_scaled_by_the_training_pictures() -> None:
    images = _pictures(5000, channels=3) // np.array([1, 2, 4], np.uint8).reshape(3, 1, 1)  # two chunks, three scales
    built = Convolutions(images, width=4, depth=1, augmentation=STILL)
    scaled = (torch.tensor(images).float() / 255 - built.mean) / built.deviation
    assert scaled.mean((0, 2, 3)).numpy() == pytest.approx([0, 0, 0], abs=1e-4)
    assert scaled.std((0, 2, 3)).numpy() == pytest.approx([1, 1, 1], abs=1e-4)
    assert {"mean", "deviation"} <= set(built.state_dict())  # so that they travel with the weights


@pytest.mark.parametrize(
    ("height", "width", "grid"), [(8, 8, (4, 4)), (28, 28, (4, 4)), (40, 40, (3, 3)), (9, 17, (2, 3))]
)
def test_the_last_grid_has_no_side_longer_than_four(height: int, width: int, grid: tuple[int, int]) -> None:
    images = np.zeros((2, 1, height, width), np.uint8)
    built = Convolutions(images, width=3, depth=2, augmentation=STILL)
    assert built(torch.tensor(images)).shape == (2, built.features, *grid)


def test_augmentation_rests_outside_training_and_without_reach() -> None:
    images = torch.rand(3, 1, 8, 8)
    assert RandomAffine(shift=0.1, rotation=9, scale=0.1, flip=True).eval()(images) is images
    assert RandomAffine(shift=0, rotation=0, scale=0, flip=False).train()(images) is images


def test_augmentation_repeats_with_the_seed() -> None:
    images = torch.rand(6, 3, 16, 16)
    augmentation = RandomAffine(shift=0.1, rotation=20, scale=0.1, flip=True)
    moved = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        moved.append(augmentation(images))
    assert torch.equal(moved[0], moved[1])
    assert not torch.equal(moved[0], moved[2])


def test_flip_mirrors_about_half_of_the_pictures_exactly() -> None:
    torch.manual_seed(1)
    images = torch.rand(400, 2, 8, 8)
    moved = RandomAffine(shift=0, rotation=0, scale=0, flip=True)(images)
    same = torch.isclose(moved, images, atol=1e-5).flatten(1).all(1)
    mirrored = torch.isclose(moved, images.flip(3), atol=1e-5).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 150 < int(mirrored.sum()) < 250


def test_shift_moves_no_further_than_its_share_of_the_side() -> None:
    torch.manual_seed(1)
    images = torch.zeros(200, 1, 20, 20)
    images[:, :, 10, 10] = 1
    moved = RandomAffine(shift=0.1, rotation=0, scale=0, flip=False)(images)  # two of twenty pixels
    rows = (moved.sum((1, 3)) * torch.arange(20)).sum(1) / moved.sum((1, 2, 3))
    assert 1.5 < float((rows - 10).abs().max()) <= 2 + 1e-4


def test_rotation_keeps_what_stands_in_the_middle() -> None:
    torch.manual_seed(1)
    distance = (torch.arange(21) - 10.0) ** 2
    disc = torch.exp(-(distance[:, None] + distance) / 20).expand(50, 1, 21, 21)
    moved = RandomAffine(shift=0, rotation=90, scale=0, flip=True)(disc)
    assert (moved - disc).abs().max() < 0.02


@pytest.mark.parametrize("key", ["width", "depth"])
def test_a_network_without_layers_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"train.network.{key} is 0"):
        Convolutions(_pictures(4), augmentation=STILL, **({"width": 4, "depth": 1} | {key: 0}))
