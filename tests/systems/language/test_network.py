"""The language model: likelihoods, padding, learning by heart, its memory of n-grams, and the same in ONNX."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional as F

from hallmark.answers.next_token import network as answer
from hallmark.contracts.examples import Examples
from hallmark.layers.model import Model, build
from hallmark.systems.language import network
from hallmark.systems.language.network import NgramMemory
from hallmark.train.onnx_export import write_onnx

# torch 2.13's exporter itself uses what it deprecates; nothing here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SMALL: dict[str, Any] = {"width": 16, "depth": 1, "heads": 2, "dropout": 0.0, "memory": 64, "forget": 0.0}


def _build(examples: Examples, **changed: Any) -> Model:
    torch.manual_seed(5)
    return build(partial(network.LanguageModel, **(SMALL | changed)), examples, answer)


def _arrays(examples: Examples, rows: int = 64) -> dict[str, torch.Tensor]:
    names = ("tokens", "length", "target.next")
    return {name: torch.tensor(np.asarray(examples.arrays[name][:rows])) for name in names}


def _shaken(built: Model) -> Model:
    for weight in built.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return built.eval()


def test_likelihoods_of_the_window_and_logits_of_what_follows(windows: Examples) -> None:
    given, logits = _build(windows)(*list(_arrays(windows).values())[:2])
    assert given.shape == (64, 16)
    assert logits.shape == (64, 301)
    assert (given[:, 0] == 0).all()  # nothing came before
    assert (given <= 0).all()


def test_a_likelihood_is_the_softmax_of_what_follows_the_tokens_before(windows: Examples) -> None:
    built = _shaken(_build(windows))
    batch = _arrays(windows, 4)
    given, _ = built(batch["tokens"], batch["length"])
    for at in (1, 5, 15):
        _, logits = built(batch["tokens"], torch.full((4,), at))
        expected = F.log_softmax(logits, dim=1)[torch.arange(4), batch["tokens"][:, at].long()]
        torch.testing.assert_close(given[:, at], expected, atol=1e-4, rtol=1e-4)


def test_padding_counts_for_nothing(windows: Examples) -> None:
    built = _shaken(_build(windows))
    batch = _arrays(windows, 8)
    length = torch.arange(2, 10, dtype=torch.int32)
    other = batch["tokens"].clone()
    for row, size in enumerate(length):
        other[row, size:] = torch.randint(0, 300, (16 - int(size),), dtype=torch.int32)

    first = built(batch["tokens"], length)
    second = built(other, length)
    for one, two in zip(first, second, strict=True):
        torch.testing.assert_close(one, two)
    assert (first[0][torch.arange(16)[None] >= length[:, None]] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("memory", [0, 64])
def test_the_package_answers_as_the_network_for_any_batch(windows: Examples, tmp_path: Path, memory: int) -> None:
    built = _shaken(_build(windows, memory=memory))
    batch = _arrays(windows)
    arrays = {name: batch[name].numpy() for name in built.inputs}
    write_onnx(built, arrays, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for rows in (1, 3, 64):
        given = session.run(list(built.outputs), {name: array[:rows] for name, array in arrays.items()})
        with torch.no_grad():
            expected = built(batch["tokens"][:rows], batch["length"][:rows])
        for one, two in zip(given, expected, strict=True):
            np.testing.assert_allclose(one, two.numpy(), atol=1e-4)


def test_loss_is_the_mean_of_all_predicted_tokens() -> None:
    likelihood = torch.log(torch.tensor([[1.0, 0.5, 0.25], [1.0, 0.5, 1.0]]))
    logits = torch.log(torch.tensor([[0.1, 0.9], [0.8, 0.2]]))
    batch = {"length": torch.tensor([3, 2]), "target.next": torch.tensor([1, 0])}
    expected = -np.log([0.5, 0.25, 0.5, 0.9, 0.8]).mean()
    assert answer.loss((likelihood, logits), batch).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("memory", [0, 256])
def test_learns_a_few_windows_by_heart(windows: Examples, memory: int) -> None:
    built = _build(windows, memory=memory, width=32)
    batch = _arrays(windows, 6)
    optimiser = torch.optim.AdamW(built.parameters(), lr=1e-2)

    for _ in range(100):
        optimiser.zero_grad()
        loss = answer.loss(built(batch["tokens"], batch["length"]), batch)
        torch.autograd.backward(loss)
        optimiser.step()

    assert loss.item() < 0.1


def test_embedding_and_output_share_their_weights(windows: Examples) -> None:
    built = _build(windows, memory=0)
    shapes = [tuple(weight.shape) for weight in built.parameters()]
    assert shapes.count((301, 16)) == 1


def test_the_memory_tells_the_last_tokens_apart_and_not_the_later_ones() -> None:
    torch.manual_seed(2)
    memory = NgramMemory(100_000, 3, 0.0).eval()
    for table in memory.tables:
        assert isinstance(table, torch.nn.Embedding)
        torch.nn.init.normal_(table.weight)

    found = memory(torch.tensor([[1, 2, 3, 4], [9, 2, 3, 4], [1, 2, 3, 7]]))
    assert torch.equal(found[0, :3], found[2, :3])
    assert not torch.allclose(found[0, 2], found[1, 2])  # the trigrams 1 2 3 and 9 2 3
    torch.testing.assert_close(found[0, 3], found[1, 3])  # the trigram 2 3 4 both times

    every = memory(torch.cartesian_prod(torch.arange(40), torch.arange(40)))[:, 1]
    assert len(torch.unique(every, dim=0)) > 1590  # hardly two of 1,600 bigrams share a row


def test_an_unseen_n_gram_adds_nothing_and_training_forgets_some() -> None:
    torch.manual_seed(2)
    tokens = torch.randint(0, 50, (4, 30))
    assert (NgramMemory(100, 3, 0.5)(tokens) == 0).all()

    memory = NgramMemory(100, 3, 0.5)
    for table in memory.tables:
        assert isinstance(table, torch.nn.Embedding)
        torch.nn.init.ones_(table.weight)
    assert set(memory.eval()(tokens).unique().tolist()) == {0.5}
    assert set(memory.train()(tokens).unique().tolist()) == {0.0, 0.5, 1.0}  # each of the two twice as loud or gone


def test_the_size_comes_from_the_training_examples(windows: Examples) -> None:
    fewer = replace(windows, encoding={**windows.encoding, "vocabulary": ["a", "b", "end"]})
    trunk = _build(fewer).trunk
    assert isinstance(trunk, network.LanguageModel)
    assert trunk.token.weight.shape == (3, 16)
