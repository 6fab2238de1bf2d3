"""The network of scans and clinical data: what reaches its answer, learning by heart, and the same in ONNX."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from known import known

from hallmark.answers.classes import network as answer
from hallmark.contracts.examples import Examples
from hallmark.layers.model import Model, build
from hallmark.systems.medical import network
from hallmark.train.onnx_export import write_onnx

SMALL: dict[str, Any] = {"width": 4, "depth": 1, "clinical": 3, "dropout": 0.0}


def _train(n: int, channels: int = 1, columns: int = 4) -> Examples:
    generator = np.random.default_rng(3)
    images = generator.integers(0, 256, (n, channels, 20, 20), dtype=np.uint8)
    values = generator.normal(50, 10, (n, columns)).astype(np.float32)
    arrays: dict[str, np.ndarray] = {"image": images}
    if columns:
        arrays["clinical"] = values
    return Examples(pd.DataFrame({"label": ["a", "b"] * (n // 2)}), arrays, ("a", "b"))


def _build(train: Examples, **changed: Any) -> Model:
    torch.manual_seed(5)
    return build(partial(network.ScanNetwork, **(SMALL | changed)), train, answer)


@pytest.mark.slow
@pytest.mark.parametrize(("channels", "columns"), [(1, 4), (3, 0)])
def test_the_package_gives_the_same_logits_for_any_batch(tmp_path: Path, channels: int, columns: int) -> None:
    train = _train(64, channels, columns)
    built = _build(train).eval()
    assert built.inputs == (("image", "clinical") if columns else ("image",))
    arrays = {name: train.arrays[name] for name in built.inputs}

    write_onnx(built, arrays, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for rows in (1, 3, 64):
        part = {name: array[:rows] for name, array in arrays.items()}
        with torch.no_grad():
            expected = built(*map(torch.tensor, part.values())).numpy()
        assert expected.shape == (rows, 2)
        np.testing.assert_allclose(session.run(None, part)[0], expected, atol=1e-5)


def test_clinical_data_is_scaled_by_the_training_patients() -> None:
    train = _train(200)
    constant = train.arrays["clinical"].copy()
    constant[:, 2] = 7.0  # a column that never changes stays finite

    built = _build(Examples(train.table, {**train.arrays, "clinical": constant}, train.labels))
    assert isinstance(built.trunk, network.ScanNetwork)
    encoder = known(built.trunk.clinical)

    scaled = (torch.tensor(constant) - encoder.mean) / encoder.deviation
    assert scaled.mean(0).numpy() == pytest.approx([0] * 4, abs=1e-4)
    assert scaled.std(0, correction=0).numpy() == pytest.approx([1, 1, 0, 1], abs=1e-4)


def test_no_number_however_wild_can_break_the_answer() -> None:
    train = _train(8)
    wild = np.full((8, 4), 1e30, np.float32)
    outputs = _build(train).eval()(torch.tensor(train.arrays["image"]), torch.tensor(wild))
    assert outputs.isfinite().all()


def test_a_small_thing_in_one_place_and_a_clinical_number_both_reach_the_answer() -> None:
    train = _train(8)
    built = _build(train).eval()
    image = torch.tensor(train.arrays["image"])
    clinical = torch.tensor(train.arrays["clinical"])
    plain = built(image, clinical)

    spotted = image.clone()
    spotted[:, :, 8:12, 8:12] = 255
    assert (built(spotted, clinical) - plain).abs().max() > 1e-3
    assert (built(image, clinical + 20) - plain).abs().max() > 1e-3


def test_loss_is_the_mean_cross_entropy() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.5], [0.2, 0.8]]))
    found = answer.loss(logits, {"target": torch.tensor([0, 1])})
    assert found.item() == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2, rel=1e-6)


def test_learns_one_batch_by_heart(phantom: Examples) -> None:
    rows = phantom.take(np.arange(40))
    built = _build(rows, width=8)
    optimiser = torch.optim.AdamW(built.parameters(), lr=1e-2)
    given = [torch.tensor(rows.arrays[name]) for name in built.inputs]
    targets = torch.tensor(rows.targets())

    for _ in range(60):
        optimiser.zero_grad()
        loss = answer.loss(built(*given), {"target": targets})
        torch.autograd.backward(loss)
        optimiser.step()

    assert loss.item() < 0.05
