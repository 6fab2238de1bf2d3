import numpy as np
import pytest
import torch

from hallmark.errors import InputError
from hallmark.layers.convolution import Convolutions


def _pictures(n: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (n, channels, 8, 8), dtype=np.uint8)


def test_the_input_is_scaled_by_the_training_pictures() -> None:
    images = _pictures(5000, channels=3) // np.array([1, 2, 4], np.uint8).reshape(3, 1, 1)  # two chunks, three scales
    built = Convolutions(images, width=4, depth=1)
    scaled = (torch.tensor(images).float() / 255 - built.mean) / built.deviation
    assert scaled.mean((0, 2, 3)).numpy() == pytest.approx([0, 0, 0], abs=1e-4)
    assert scaled.std((0, 2, 3)).numpy() == pytest.approx([1, 1, 1], abs=1e-4)
    assert {"mean", "deviation"} <= set(built.state_dict())  # so that they travel with the weights


@pytest.mark.parametrize(
    ("height", "width", "grid"), [(8, 8, (4, 4)), (28, 28, (4, 4)), (40, 40, (3, 3)), (9, 17, (2, 3))]
)
def test_the_last_grid_has_no_side_longer_than_four(height: int, width: int, grid: tuple[int, int]) -> None:
    images = np.zeros((2, 1, height, width), np.uint8)
    built = Convolutions(images, width=3, depth=2)
    assert built(torch.tensor(images)).shape == (2, built.features, *grid)


@pytest.mark.parametrize("key", ["width", "depth"])
def test_a_network_without_layers_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"train.network.{key} is 0"):
        Convolutions(_pictures(4), **({"width": 4, "depth": 1} | {key: 0}))
