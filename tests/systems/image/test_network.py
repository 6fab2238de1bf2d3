"""The network of pictures: any size, its loss, learning by heart, and the same in ONNX."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch

from hallmark.answers.classes import network as answer
from hallmark.contracts.examples import Examples
from hallmark.layers.model import Model, build
from hallmark.systems.image import network
from hallmark.train.onnx_export import write_onnx

# torch 2.13's exporter itself uses what it deprecates; nothing here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SMALL: dict[str, Any] = {"width": 4, "depth": 2, "dropout": 0.0}


def _pictures(n: int, channels: int = 1, side: int = 8) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (n, channels, side, side), dtype=np.uint8)


def _build(images: np.ndarray, classes: int = 3, **changed: Any) -> Model:
    torch.manual_seed(5)
    train = Examples(pd.DataFrame(index=range(len(images))), {"image": images}, tuple(map(str, range(classes))))
    return build(partial(network.ConvolutionalNetwork, **(SMALL | changed)), train, answer)


@pytest.mark.parametrize(
    ("channels", "height", "width"), [(1, 8, 8), (1, 28, 28), (3, 28, 28), (3, 64, 64), (1, 9, 17)]
)
def test_any_small_picture_becomes_logits(channels: int, height: int, width: int) -> None:
    images = np.random.default_rng(3).integers(0, 256, (5, channels, height, width), dtype=np.uint8)
    outputs = _build(images)(torch.tensor(images))
    assert outputs.shape == (5, 3)
    assert outputs.isfinite().all()


def test_pictures_of_one_colour_stay_finite() -> None:
    images = np.full((4, 1, 8, 8), 255, np.uint8)
    assert _build(images)(torch.tensor(images)).isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 3)])
def test_onnx_gives_the_same_logits_for_any_batch(tmp_path: Path, side: int, channels: int) -> None:
    images = _pictures(64, channels, side)
    built = _build(images).eval()
    write_onnx(built, {"image": images[:2]}, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for rows in (1, 3, 64):
        with torch.no_grad():
            expected = built(torch.tensor(images[:rows])).numpy()
        np.testing.assert_allclose(session.run(None, {"image": images[:rows]})[0], expected, atol=1e-5)


def test_loss_is_the_mean_cross_entropy() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
    found = answer.loss(logits, {"target": torch.tensor([0, 1])})
    assert found.item() == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2, rel=1e-6)


def test_learns_one_batch_by_heart(digits: Examples) -> None:
    images = torch.tensor(digits.arrays["image"][:40])
    targets = torch.tensor(digits.targets()[:40])
    built = _build(digits.arrays["image"], classes=10)
    optimiser = torch.optim.AdamW(built.parameters(), lr=1e-2)

    for _ in range(120):
        optimiser.zero_grad()
        loss = answer.loss(built(images), {"target": targets})
        torch.autograd.backward(loss)
        optimiser.step()

    assert loss.item() < 0.05
    assert (built(images).argmax(1) == targets).all()
