"""The network: shapes, what may be shown, padding, learning, and the same answers from ONNX."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from hallmark.answers.next_item import network as answer
from hallmark.contracts.examples import Examples
from hallmark.layers.model import Model, build
from hallmark.systems.recommendation import network
from hallmark.systems.recommendation.reading import sequences
from hallmark.train.onnx_export import write_onnx

from .conftest import made


def built(examples: Examples, *, width: int = 16) -> Model:
    torch.manual_seed(0)
    return build(
        partial(network.Recommender, width=width, depth=1, heads=2, rank=8, dropout=0.0), examples, answer
    ).eval()


def tensors(examples: Examples) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.asarray(array)) for name, array in examples.arrays.items()}


def logits(recommender: Model, items: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        found: np.ndarray = recommender(torch.from_numpy(items)).numpy()
    return found


def test_one_ranking_a_row_of_all_items_without_those_that_the_user_had(prepared: Examples) -> None:
    part = prepared.take(np.arange(40))
    found = logits(built(part), part.arrays["items"])
    assert found.shape == (40, 120)
    for row, history in zip(found, part.arrays["items"], strict=True):
        assert set(np.flatnonzero(row == network.MASKED_LOGIT) + 1) == set(history[history > 0])


def test_where_items_can_recur_none_is_left_out() -> None:
    examples = made([[0, 1, 0, 1]], repeats=True)
    assert (logits(built(examples), examples.arrays["items"]) > network.MASKED_LOGIT).all()


def test_in_training_each_position_gives_what_its_own_row_would(prepared: Examples) -> None:
    row = prepared.take(np.flatnonzero(prepared.arrays["target.counted"].sum(axis=1) == 12)[:1])
    recommender = built(row)
    items = np.asarray(row.arrays["items"])

    every = recommender.train()(torch.from_numpy(items)).detach().numpy()
    assert every.shape == (12, 120)
    last = logits(recommender.eval(), items)
    np.testing.assert_allclose(every[-1:], last, atol=1e-5)

    shorter = np.concatenate([np.zeros((1, 3), np.int32), items[:, :-3]], axis=1)
    had = logits(recommender, shorter) == network.MASKED_LOGIT
    np.testing.assert_array_equal(every[-4:-3] == network.MASKED_LOGIT, had)  # nothing of what came later is known


def test_the_loss_counts_the_positions_that_count() -> None:
    examples = made([[0, 1, 2, 3, 4, 5]], length=3)  # rows that end at 3 (a counted 2) and at 5 (3)
    recommender = built(examples).train()
    batch = tensors(examples)

    found = recommender(batch["items"])
    log_probability = torch.log_softmax(found, dim=1)
    following = torch.from_numpy(sequences.following(examples.arrays)).long()
    present = batch["items"][:, -3:] > 0
    counted = batch["target.counted"][present]
    chosen = log_probability[torch.arange(len(found)), following[present] - 1][counted]
    assert len(chosen) == 5
    torch.testing.assert_close(answer.loss(found, batch), -chosen.mean())

    last = recommender.eval()(batch["items"])
    wanted = torch.nn.functional.cross_entropy(last, batch["target.item"].long() - 1)
    torch.testing.assert_close(answer.loss(last, batch), wanted)


def test_what_stands_in_the_padding_counts_for_nothing(prepared: Examples) -> None:
    items = np.zeros((1, 60), np.int32)
    items[0, -2:] = [5, 9]
    recommender = built(prepared)
    wanted = logits(recommender, items)

    trunk = recommender.trunk
    assert isinstance(trunk, network.Recommender)
    with torch.no_grad():
        trunk.items.weight[0] = 7.0
        trunk.direct.before.weight[0] = 7.0
    np.testing.assert_allclose(logits(recommender, items), wanted, atol=1e-6)


def test_the_direct_way_by_hand() -> None:
    direct = network.FactorizedTransitions(12, 2, 0.0)
    shown = torch.tensor([[0, 3, 4, 0, 5, 6, 7, 8, 9, 10, 11, 12]])

    with torch.no_grad():
        found = direct(shown)
        weights = direct.fading.exp()
        before = direct.before.weight
        torch.testing.assert_close(found[0, 2], weights[0] * before[4] + weights[1] * before[3])
        last = sum(weights[back] * before[12 - back] for back in range(8))
    torch.testing.assert_close(found[0, -1], last)
    assert not found[0, 0].any()


def test_it_learns_what_only_the_order_tells() -> None:
    """After item n comes n + 1 if the user began with an even one, else n - 1: neither set nor last item tells it."""
    generator = np.random.default_rng(0)
    rows = []
    for start in generator.integers(10, 20, 300):
        step = 1 if start % 2 == 0 else -1
        rows.append([(int(start) + step * place) % 30 for place in range(8)])

    examples = made(rows, items=30, length=8)
    recommender = built(examples, width=32).train()
    optimiser = torch.optim.AdamW(recommender.parameters(), lr=1e-2)
    batch = tensors(examples.take(np.arange(250)))
    for _ in range(60):
        loss = answer.loss(recommender(batch["items"]), batch)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    unseen = examples.take(np.arange(250, 300))
    right = logits(recommender.eval(), unseen.arrays["items"]).argmax(axis=1) == unseen.arrays["target.item"] - 1
    assert right.mean() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [False, True])
def test_onnx_gives_the_same_answers(prepared: Examples, repeats: bool, tmp_path: Path) -> None:
    import onnxruntime

    some = Examples(prepared.table, prepared.arrays, encoding={**prepared.encoding, "repeats": repeats})
    recommender = built(some)
    items = prepared.arrays["items"]

    write_onnx(recommender, {"items": items}, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for size in (1, 3, 64):
        found = session.run(None, {"items": items[:size]})[0]
        np.testing.assert_allclose(found, logits(recommender, items[:size]), atol=1e-5)
