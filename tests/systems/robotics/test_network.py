"""The network: shapes, bounds, padding, learning, and the same answers from ONNX."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch

from hallmark.answers.action import network as answer
from hallmark.answers.classes import network as classes
from hallmark.contracts.examples import Examples
from hallmark.layers.model import Model, build
from hallmark.systems.robotics import network
from hallmark.train.onnx_export import write_onnx

SMALL: dict[str, Any] = {"width": 16, "depth": 1, "bins": 4, "dropout": 0.0}


def built(examples: Examples, **changes: Any) -> Model:
    torch.manual_seed(0)
    predicted = classes if examples.labels else answer
    return build(partial(network.Policy, **(SMALL | changes)), examples, predicted).eval()


def outputs(policy: Model, arrays: Any) -> list[np.ndarray]:
    with torch.inference_mode():
        found = policy(*(torch.from_numpy(np.asarray(arrays[name])) for name in policy.inputs))
    return [tensor.numpy() for tensor in (found if isinstance(found, tuple) else (found,))]


def test_outputs_are_those_of_the_kind_of_action(swings: Examples, walls: Examples) -> None:
    policy = built(swings)
    action, expected = outputs(policy, swings.arrays)
    assert (policy.outputs, policy.targets) == (("action", "expected_error"), ("target.action",))
    assert action.shape == expected.shape == (len(swings), 1)
    assert action.min() >= 0
    assert action.max() <= 1
    assert expected.min() > 0

    policy = built(walls)
    assert (policy.outputs, policy.targets) == (("logits",), ())
    assert outputs(policy, walls.arrays)[0].shape == (len(walls), 2)


def test_what_stands_in_the_padding_counts_for_nothing(swings: Examples) -> None:
    part = swings.take((swings.table["descriptor.step"] == 0).to_numpy())
    assert part.arrays["present"].sum() == len(part)  # the current reading alone

    spoilt = part.arrays["observations"].copy()
    spoilt[:, :-1] = np.nan
    policy = built(swings)
    for found, wanted in zip(
        outputs(policy, {**part.arrays, "observations": spoilt}), outputs(policy, part.arrays), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def test_it_learns_what_only_the_history_tells() -> None:
    """The action is the speed of what is seen: no single reading tells it."""
    generator = np.random.default_rng(0)
    speed = generator.uniform(-1, 1, (2000, 1))
    place = generator.uniform(-5, 5, (2000, 1)) + speed * np.arange(4)
    arrays: dict[str, np.ndarray] = {
        "observations": place[:, :, None].astype(np.float32),
        "present": np.ones((2000, 4), np.float32),
        "target.action": ((speed + 1) / 2).astype(np.float32),
    }
    policy = built(Examples(pd.DataFrame(index=range(2000)), arrays), width=32, bins=1).train()
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    optimiser = torch.optim.AdamW(policy.parameters(), lr=5e-3)

    for step in range(300):
        rows = torch.arange(step * 100, step * 100 + 100) % 1500
        batch = {name: tensor[rows] for name, tensor in tensors.items()}
        found = answer.loss(policy(batch["observations"], batch["present"]), batch)
        optimiser.zero_grad()
        torch.autograd.backward(found)
        optimiser.step()

    action, expected = outputs(policy.eval(), arrays)
    error = np.abs(action - arrays["target.action"])[1500:]
    assert error.mean() < 0.05
    assert expected[1500:].mean() == pytest.approx(error.mean(), abs=0.02)


def test_the_expected_error_moves_nothing_but_its_own_layer(swings: Examples) -> None:
    policy = built(swings)
    part = {name: torch.from_numpy(np.asarray(array[:32])) for name, array in swings.arrays.items()}

    _, expected = policy(part["observations"], part["present"])
    torch.autograd.backward(answer.loss((part["target.action"], expected), part))

    moved = {name for name, weights in policy.named_parameters() if weights.grad is not None}
    assert moved == {"head.error.weight", "head.error.bias"}


def test_the_loss_by_hand() -> None:
    batch = {"target.action": torch.tensor([[0.5], [0.5]])}
    huber = (0.02**2 / 2 / 0.05 + 0.3 - 0.025) / 2
    expected = ((0.1 - 0.02) ** 2 + (0.1 - 0.3) ** 2) / 2
    found = answer.loss((torch.tensor([[0.52], [0.2]]), torch.tensor([[0.1], [0.1]])), batch)
    assert float(found) == pytest.approx(huber + expected)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["swings", "walls"])
def test_onnx_gives_the_same_answers(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    some: Examples = request.getfixturevalue(kind)
    policy = built(some)
    arrays = {name: some.arrays[name] for name in policy.inputs}
    write_onnx(policy, arrays, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for size in (1, 3, 64):
        part = {name: array[:size] for name, array in arrays.items()}
        for found, wanted in zip(session.run(None, part), outputs(policy, part), strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-5)
