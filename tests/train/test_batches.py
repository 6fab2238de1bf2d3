import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hallmark.errors import InputError
from hallmark.train.batches import CHUNK_STEPS, Batches, EpochChunks, shuffle_rows


def test_the_order_is_a_function_of_seed_epoch_and_rows() -> None:
    first = shuffle_rows(7, 3, 50).tolist()
    shuffle_rows.cache_clear()
    torch.manual_seed(1)
    np.random.default_rng().permutation(9)
    assert shuffle_rows(7, 3, 50).tolist() == first
    assert sorted(first) == list(range(50))
    assert first != shuffle_rows(7, 4, 50).tolist() != shuffle_rows(8, 4, 50).tolist()


@given(st.integers(4, 300), st.integers(4, 64), st.integers(1, 4), st.integers(0, 5))
def test_every_number_of_processes_sees_the_same_batches(rows: int, size: int, world: int, epoch: int) -> None:
    whole = Batches({"x": torch.arange(rows)}, size, seed=7)
    if rows // len(whole) < world:
        return
    shares = [Batches({"x": torch.arange(rows)}, size, seed=7, rank=rank, world=world) for rank in range(world)]
    seen = []
    for position in range(len(whole)):
        batch, weight = whole.at(epoch, position)
        parts = [share.at(epoch, position) for share in shares]
        assert torch.equal(torch.cat([part["x"] for part, _ in parts]), batch["x"])
        assert weight == 1
        assert 0 < len(batch["x"]) <= size
        mean = sum(float(part["x"].double().mean()) * share for part, share in parts) / world
        assert mean == pytest.approx(float(batch["x"].double().mean()))
        seen += batch["x"].tolist()
    assert sorted(seen) == list(range(rows))


def test_without_a_seed_rows_keep_their_order() -> None:
    batches = Batches({"x": torch.arange(10)}, 4)
    assert [batches.at(0, position)[0]["x"].tolist() for position in range(3)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]


def test_an_epoch_goes_on_from_its_middle() -> None:
    batches = Batches({"x": torch.arange(1000)}, 25, seed=7)
    whole, rest = list(EpochChunks(batches, 1)), list(EpochChunks(batches, 1, 2 * CHUNK_STEPS))
    assert len(whole) == len(EpochChunks(batches, 1)) == 5
    assert len(rest) == len(EpochChunks(batches, 1, 2 * CHUNK_STEPS)) == 3
    for a, b in zip(whole[2:], rest, strict=True):
        assert all(torch.equal(x["x"], y["x"]) for (x, _), (y, _) in zip(a, b, strict=True))


def test_batches_too_small_for_the_devices_are_refused() -> None:
    with pytest.raises(InputError, match="batches of 2 examples cannot be shared by 4 devices"):
        Batches({"x": torch.zeros(10)}, 2, world=4)
    with pytest.raises(InputError, match=r"train\.batch_size is 0"):
        Batches({"x": torch.zeros(10)}, 0)
