from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import RandomSampler, Sampler

from hallmark.errors import InputError
from hallmark.train.batches import ExampleLoader, GlobalBatches, order_of_training, shuffle_rows


def loader(rows: int, size: int, **options: Any) -> ExampleLoader:
    """Return a loader over the numbers of the rows, in the order of a training with seed 7."""
    batches = GlobalBatches(order_of_training(rows, 7, None), size, **options)
    return ExampleLoader({"x": torch.arange(rows)}, batches)


def test_the_order_is_a_function_of_seed_epoch_and_rows() -> None:
    first = shuffle_rows(7, 3, 50).tolist()
    torch.manual_seed(1)
    np.random.default_rng().permutation(9)
    assert shuffle_rows(7, 3, 50).tolist() == first
    assert sorted(first) == list(range(50))
    assert first != shuffle_rows(7, 4, 50).tolist() != shuffle_rows(8, 4, 50).tolist()


@given(st.integers(4, 300), st.integers(4, 64), st.integers(1, 4), st.integers(0, 5))
def test_every_number_of_processes_sees_the_same_batches(rows: int, size: int, world: int, epoch: int) -> None:
    whole = loader(rows, size)
    if rows // len(whole) < world:
        return
    shares = [loader(rows, size, rank=rank, world=world) for rank in range(world)]
    for each in (whole, *shares):
        each.batches.sampler.set_epoch(epoch)

    seen = []
    for position, (batch, *parts) in enumerate(zip(whole, *shares, strict=True)):
        weights = [share.batches.weight(position) for share in shares]
        assert torch.equal(torch.cat([part["x"] for part in parts]), batch["x"])
        assert whole.batches.weight(position) == 1
        assert 0 < len(batch["x"]) <= size
        mean = (
            sum(float(part["x"].double().mean()) * weight for part, weight in zip(parts, weights, strict=True)) / world
        )
        assert mean == pytest.approx(float(batch["x"].double().mean()))
        seen += batch["x"].tolist()
    assert sorted(seen) == list(range(rows))


def test_an_epoch_goes_on_from_its_middle() -> None:
    first = loader(1000, 25)
    first.batches.sampler.set_epoch(1)
    batches = []
    for batch in first:
        batches.append(batch["x"].tolist())
        if len(batches) == 16:
            state = first.state_dict()
    assert state == {"position": 16}
    assert first.state_dict() == {"position": 0}  # the next epoch begins

    second = loader(1000, 25)
    second.batches.sampler.set_epoch(1)
    second.load_state_dict(state)
    assert [batch["x"].tolist() for batch in second] == batches[16:]
    assert len([*second]) == len(second) == 40  # the epoch after it is a whole one


def test_packed_batches_are_the_same_ones_in_lists() -> None:
    plain = [batch["x"].tolist() for batch in loader(1003, 50)]
    packed = [[batch["x"].tolist() for batch in batches] for batches in loader(1003, 50, pack=8)]
    assert [len(batches) for batches in packed] == [8, 8, 5]
    assert [batch for batches in packed for batch in batches] == plain
    assert len(loader(1003, 50, pack=8)) == 3


def rows_of(make_sampler: Any, *, epoch: int) -> list[int]:
    order = order_of_training(6, 7, make_sampler)
    order.set_epoch(epoch)
    return list(order)


def test_any_sampler_becomes_a_function_of_seed_and_epoch() -> None:
    def make(**_: Any) -> Sampler[int]:
        return RandomSampler(range(6))

    assert sorted(rows_of(make, epoch=0)) == [0, 1, 2, 3, 4, 5]
    assert rows_of(make, epoch=0) == rows_of(make, epoch=0) != rows_of(make, epoch=1)


class Growing(Sampler[int]):
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        yield from range(self.epoch + 1)


def test_orders_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="gives 2 rows in epoch 2, and 1 in the first"):
        rows_of(lambda seed, epoch: Growing(epoch), epoch=1)
    with pytest.raises(InputError, match="gives row 6: rows are from 0 to 5"):
        rows_of(lambda seed, epoch: Growing(6), epoch=0)
    with pytest.raises(InputError, match="gives no row in epoch 1"):
        rows_of(lambda seed, epoch: Growing(-1), epoch=0)


def test_batches_too_small_for_the_devices_are_refused_with_the_smallest_size_that_does() -> None:
    words = r"batches of 2 examples cannot be shared by 4 devices: raise train\.batch_size to 5, or take fewer devices"
    with pytest.raises(InputError, match=words):
        loader(10, 2, world=4)
    with pytest.raises(InputError, match="cannot be shared"):
        loader(10, 4, world=4)
    assert min(len(batch["x"]) for batch in loader(10, 5, world=4)) > 0

    with pytest.raises(InputError, match="the split has only 3, take fewer devices"):
        loader(3, 2, world=4)
    with pytest.raises(InputError, match=r"train\.batch_size is 0"):
        loader(10, 0)
