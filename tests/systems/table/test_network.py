"""The network: shapes, scales, padding, learning, and the same answers from ONNX."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from hallmark.answers.classes import network as answer
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers.columns import PiecewiseLinearEncoding
from hallmark.layers.model import Model, build
from hallmark.systems.table import network
from hallmark.train.onnx_export import write_onnx

LABELS = ("genuine", "fraud")


def built(examples: Examples, *, width: int = 8) -> Model:
    torch.manual_seed(0)
    return build(partial(network.Detector, width=width, depth=1, bins=4, dropout=0.0), examples, answer).eval()


def outputs(detector: Model, arrays: dict[str, np.ndarray]) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = detector(*(torch.from_numpy(arrays[name]) for name in detector.inputs))
    return logits


def test_inputs_are_the_arrays_there_are(examples: Examples, flat: Examples) -> None:
    assert built(examples).inputs == ("history", "current")
    assert built(flat).inputs == ("current",)
    for some in (examples, flat):
        part = some.take(np.arange(5))
        assert outputs(built(some), dict(part.arrays)).shape == (5, 2)


def test_a_width_that_the_heads_cannot_share_is_refused(examples: Examples, flat: Examples) -> None:
    with pytest.raises(InputError, match=r"train\.network\.width is 10: with a history .* multiple of 4"):
        built(examples, width=10)
    built(flat, width=10)


def test_pieces_by_hand() -> None:
    pieces = PiecewiseLinearEncoding(np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [4.0, 1.0], [8.0, 1.0]]), 2)
    encoded = pieces(torch.tensor([[1.0, 1.0], [5.0, 1.0]]))
    assert pieces.size == encoded.shape[1] == 2 + 2  # the constant column has no piece
    np.testing.assert_allclose(encoded[:, :2], [[0.0, -1.0], [1.0, 0.0]])
    assert not encoded[:, 3].any()


def test_what_stands_in_the_padding_counts_for_nothing(examples: Examples) -> None:
    part = examples.take(np.flatnonzero(examples.table["descriptor.history_length"].between(1, 4))[:20])
    spoilt = part.arrays["history"].copy()
    spoilt[spoilt[:, :, 0] == 0, 1:] = 9.0
    detector = built(examples)
    wanted = outputs(detector, dict(part.arrays))
    torch.testing.assert_close(outputs(detector, {**part.arrays, "history": spoilt}), wanted)


def test_an_empty_history_gives_finite_logits(examples: Examples) -> None:
    part = dict(examples.take(np.arange(3)).arrays)
    assert torch.isfinite(outputs(built(examples), {**part, "history": np.zeros_like(part["history"])})).all()


def test_it_learns_what_only_the_sequence_tells() -> None:
    """The label is whether a small amount came directly before a large one: no mean, extreme or last value tells it."""
    generator = np.random.default_rng(0)
    amounts = generator.choice([0.0, 1.0, 2.0], (2400, 6)).astype(np.float32)
    target = ((amounts[:, :-1] == 0) & (amounts[:, 1:] == 2)).any(axis=1).astype(np.int64)
    history = np.stack([np.ones_like(amounts), amounts, generator.normal(size=amounts.shape)], axis=2)
    arrays = {"history": history.astype(np.float32), "current": generator.normal(size=(2400, 2)).astype(np.float32)}

    detector = built(Examples(pd.DataFrame(index=range(2400)), arrays, LABELS), width=16).train()
    optimiser = torch.optim.AdamW(detector.parameters(), lr=1e-2)
    tensors = [torch.from_numpy(arrays[name]) for name in detector.inputs]
    for step in range(120):
        rows = torch.arange(step * 128, step * 128 + 128) % 2000
        loss = answer.loss(detector(*(t[rows] for t in tensors)), {"target": torch.from_numpy(target)[rows]})
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    right = detector.eval()(*(t[2000:] for t in tensors)).argmax(dim=1).numpy() == target[2000:]
    assert right.mean() > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["examples", "flat"])
def test_onnx_gives_the_same_answers(mode: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    import onnxruntime

    some: Examples = request.getfixturevalue(mode)
    detector = built(some)
    arrays = {name: some.arrays[name] for name in detector.inputs}
    write_onnx(detector, arrays, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for size in (1, 3, 64):
        part = {name: array[:size] for name, array in arrays.items()}
        np.testing.assert_allclose(session.run(None, part)[0], outputs(detector, part).numpy(), atol=1e-5)
