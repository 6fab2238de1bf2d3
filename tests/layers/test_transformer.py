"""The causal transformer: by its formula, by what each state may know, and in ONNX."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.errors import InputError
from hallmark.layers.transformer import CausalTransformer, TransformerBlock


def _built(length: int = 7, *, width: int = 16, depth: int = 2, dropout: float = 0.0) -> CausalTransformer:
    torch.manual_seed(3)
    built = CausalTransformer(length, width=width, depth=depth, heads=4, dropout=dropout)
    for weight in built.parameters():  # so that nothing of it is near zero and every part has its say
        nn.init.normal_(weight, std=0.3)
    return built.eval()


def _block(built: CausalTransformer) -> TransformerBlock:
    """Return its first block."""
    block = built.blocks[0]
    assert isinstance(block, TransformerBlock)
    return block


def test_positions_become_states_of_the_same_shape() -> None:
    assert _built()(torch.randn(5, 7, 16)).shape == (5, 7, 16)


@pytest.mark.parametrize("later", [1, 3, 6])
def test_no_state_knows_of_a_later_position(later: int) -> None:
    built = _built()
    signal = torch.randn(2, 7, 16)
    changed = signal.clone()
    changed[:, later:] = torch.randn(2, 7 - later, 16)

    before = built(signal)
    after = built(changed)
    torch.testing.assert_close(before[:, :later], after[:, :later])
    assert not torch.allclose(before[:, later:], after[:, later:])


def test_every_state_knows_of_all_earlier_positions() -> None:
    signal = torch.randn(1, 7, 16, requires_grad=True)
    _built()(signal)[0, 6].sum().backward()
    assert signal.grad is not None
    assert (signal.grad[0].abs().sum(1) > 1e-6).all()


def test_equal_signals_differ_by_their_position() -> None:
    states = _built()(torch.ones(1, 7, 16))
    assert not torch.allclose(states[0, 1], states[0, 2])


def test_absent_positions_change_nothing() -> None:
    built = _built()
    signal = torch.randn(2, 7, 16)
    other = torch.randn(2, 7, 16)
    present = torch.tensor([[0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]], dtype=torch.bool)

    first = built(signal, present)
    second = built(torch.where(present[:, :, None], signal, other), present)

    torch.testing.assert_close(first[present], second[present])
    assert first.isfinite().all()  # also the states of absent positions


def test_a_block_is_what_its_formula_says() -> None:
    built = _built(depth=1)
    signal = torch.randn(1, 7, 16)
    block = _block(built)

    x = signal + built.position.weight
    query, key, value = block.query_key_value(block.before_attention(x)).chunk(3, dim=-1)
    heads = []
    for head in range(4):
        q, k, v = (part[0, :, 4 * head : 4 * head + 4] for part in (query, key, value))
        scores = (q @ k.T / 2).masked_fill(torch.ones(7, 7).triu(1).bool(), -torch.inf)
        heads.append(F.softmax(scores, dim=-1) @ v)
    x = x + block.join(torch.cat(heads, dim=-1))
    x = x + block.perceptron(block.before_perceptron(x))

    torch.testing.assert_close(built(signal), built.last(x), atol=1e-5, rtol=1e-5)


def test_dropout_acts_in_training_alone() -> None:
    built = _built(dropout=0.5)
    signal = torch.randn(1, 7, 16)
    assert torch.equal(built(signal), built(signal))
    built.train()
    assert not torch.allclose(built(signal), built(signal))


def test_the_parts_together_begin_with_the_spread_of_one() -> None:
    torch.manual_seed(1)
    for depth in (1, 8):
        built = CausalTransformer(7, width=64, depth=depth, heads=4, dropout=0.0)
        assert _block(built).join.weight.std().item() == pytest.approx(0.02 / (2 * depth) ** 0.5, rel=0.05)


class _Padded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.transformer = _built()

    def forward(self, signal: Tensor, present: Tensor) -> Tensor:
        states: Tensor = self.transformer(signal, present)
        return states


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:# The axis name")
def test_onnx_gives_the_same_states_for_any_batch(tmp_path: Path) -> None:
    built = _Padded().eval()
    signal = torch.randn(64, 7, 16)
    present = torch.rand(64, 7) > 0.3
    batch = {0: torch.export.Dim("batch")}

    program = torch.onnx.export(
        built, (signal[:2], present[:2]), input_names=["signal", "present"], output_names=["states"],
        dynamic_shapes=(batch, batch), dynamo=True, verbose=False,
    )  # fmt: skip
    assert program is not None
    program.save(tmp_path / "network.onnx", external_data=False)

    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for rows in (1, 3, 64):
        given = session.run(None, {"signal": signal[:rows].numpy(), "present": present[:rows].numpy()})[0]
        np.testing.assert_allclose(given, built(signal[:rows], present[:rows]).detach().numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": 18}, "train.network.width is 18: it must be a multiple of train.network.heads, 4"),
        ({"width": 0}, "train.network.width is 0"),
        ({"depth": 0}, "train.network.depth is 0: at least 1 is needed"),
    ],
)
def test_sizes_that_make_no_network_are_refused(changed: dict[str, int], message: str) -> None:
    sizes = {"width": 16, "depth": 2, "heads": 4} | changed
    with pytest.raises(InputError, match=message):
        CausalTransformer(7, **sizes, dropout=0.0)
