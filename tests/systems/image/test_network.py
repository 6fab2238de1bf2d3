from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch

from hallmark.errors import InputError
from hallmark.examples import Examples
from hallmark.systems.image import network
from hallmark.systems.image.network import ConvolutionalNetwork, Jitter

# torch 2.13's exporter itself uses what it deprecates; nothing here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SMALL = {"width": 4, "depth": 2, "dropout": 0.0, "shift": 0.1, "rotation": 10.0, "scale": 0.1, "flip": False}


def _pictures(n: int, channels: int = 1, side: int = 8) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (n, channels, side, side), dtype=np.uint8)


def _build(images: np.ndarray, classes: int = 3, **changed: object) -> ConvolutionalNetwork:
    torch.manual_seed(5)
    train = Examples(pd.DataFrame(index=range(len(images))), {"image": images}, tuple(map(str, range(classes))))
    return network.build(train, **(SMALL | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channels", "height", "width"), [(1, 8, 8), (1, 28, 28), (3, 28, 28), (3, 64, 64), (1, 9, 17)]
)
def test_any_small_picture_becomes_logits(channels: int, height: int, width: int) -> None:
    images = np.random.default_rng(3).integers(0, 256, (5, channels, height, width), dtype=np.uint8)
    outputs = _build(images)(torch.tensor(images))
    assert outputs.shape == (5, 3)
    assert outputs.isfinite().all()


def test_the_input_is_scaled_by_the_training_pictures() -> None:
    images = _pictures(5000, channels=3) // np.array([1, 2, 4], np.uint8).reshape(3, 1, 1)  # two chunks, three scales
    built = _build(images)
    scaled = (torch.tensor(images).float() / 255 - built.mean) / built.deviation
    assert scaled.mean((0, 2, 3)).numpy() == pytest.approx([0, 0, 0], abs=1e-4)
    assert scaled.std((0, 2, 3)).numpy() == pytest.approx([1, 1, 1], abs=1e-4)
    assert {"mean", "deviation"} <= set(built.state_dict())  # so that they travel with the weights


def test_pictures_of_one_colour_stay_finite() -> None:
    images = np.full((4, 1, 8, 8), 255, np.uint8)
    assert _build(images)(torch.tensor(images)).isfinite().all()


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 1), (28, 3)])
def test_onnx_gives_the_same_logits_for_any_batch(tmp_path: Path, side: int, channels: int) -> None:
    images = _pictures(64, channels, side)
    built = _build(images).eval()
    batch = {0: torch.export.Dim("batch")}
    program = torch.onnx.export(
        built, (torch.tensor(images[:2]),), input_names=["image"], output_names=["logits"],
        dynamic_shapes=(batch,), dynamo=True, verbose=False,
    )  # fmt: skip
    assert program is not None
    program.save(tmp_path / "network.onnx", external_data=False)
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for rows in (1, 3, 64):
        with torch.no_grad():
            expected = built(torch.tensor(images[:rows])).numpy()
        np.testing.assert_allclose(session.run(None, {"image": images[:rows]})[0], expected, atol=1e-5)


def test_loss_is_the_mean_cross_entropy() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
    found = network.loss(logits, {"target": torch.tensor([0, 1])})
    assert found.item() == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2, rel=1e-6)


def test_learns_one_batch_by_heart(digits: Examples) -> None:
    images, targets = torch.tensor(digits.arrays["image"][:40]), torch.tensor(digits.targets()[:40])
    built = _build(digits.arrays["image"], classes=10, shift=0.0, rotation=0.0, scale=0.0)
    optimiser = torch.optim.AdamW(built.parameters(), lr=1e-2)
    for _ in range(120):
        optimiser.zero_grad()
        loss = network.loss(built(images), {"target": targets})
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.05
    assert (built(images).argmax(1) == targets).all()


def test_jitter_rests_outside_training_and_without_reach() -> None:
    images = torch.rand(3, 1, 8, 8)
    assert Jitter(shift=0.1, rotation=9, scale=0.1, flip=True).eval()(images) is images
    assert Jitter(shift=0, rotation=0, scale=0, flip=False).train()(images) is images


def test_jitter_repeats_with_the_seed() -> None:
    images, jitter = torch.rand(6, 3, 16, 16), Jitter(shift=0.1, rotation=20, scale=0.1, flip=True)
    moved = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        moved.append(jitter(images))
    assert torch.equal(moved[0], moved[1])
    assert not torch.equal(moved[0], moved[2])


def test_flip_mirrors_about_half_of_the_pictures_exactly() -> None:
    torch.manual_seed(1)
    images = torch.rand(400, 2, 8, 8)
    moved = Jitter(shift=0, rotation=0, scale=0, flip=True)(images)
    same = torch.isclose(moved, images, atol=1e-5).flatten(1).all(1)
    mirrored = torch.isclose(moved, images.flip(3), atol=1e-5).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 150 < int(mirrored.sum()) < 250


def test_shift_moves_no_further_than_its_share_of_the_side() -> None:
    torch.manual_seed(1)
    images = torch.zeros(200, 1, 20, 20)
    images[:, :, 10, 10] = 1
    moved = Jitter(shift=0.1, rotation=0, scale=0, flip=False)(images)  # two of twenty pixels
    rows = (moved.sum((1, 3)) * torch.arange(20)).sum(1) / moved.sum((1, 2, 3))
    assert 1.5 < float((rows - 10).abs().max()) <= 2 + 1e-4


def test_rotation_keeps_what_stands_in_the_middle() -> None:
    torch.manual_seed(1)
    distance = (torch.arange(21) - 10.0) ** 2
    disc = torch.exp(-(distance[:, None] + distance) / 20).expand(50, 1, 21, 21)
    moved = Jitter(shift=0, rotation=90, scale=0, flip=True)(disc)
    assert (moved - disc).abs().max() < 0.02


@pytest.mark.parametrize("key", ["width", "depth"])
def test_a_network_without_layers_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"train.network.{key} is 0"):
        _build(_pictures(4), **{key: 0})
