from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from hallmark.errors import InputError
from hallmark.train.distributed import ExactMeans, SameTraining, SliceWeights


def trainer(*, first: Any = None, world: int = 2, weights: tuple[float, ...] = ()) -> Any:
    """Return what the callbacks read of a trainer of the second process; `first` is what the first broadcasts."""

    def reduce(tensor: Tensor, group: Any = None, reduce_op: str = "mean") -> Tensor:
        """As Lightning's over gloo, where the first process has one row less: in place, and so of the same type."""
        return tensor.copy_((2 * tensor - 1) / (2 if reduce_op == "mean" else 1))

    data = SimpleNamespace(train_batches=SimpleNamespace(weight=lambda position: weights[position]))
    strategy = SimpleNamespace(broadcast=lambda _: first, reduce=reduce)
    return SimpleNamespace(strategy=strategy, world_size=world, datamodule=data)


def test_a_machine_with_another_training_is_refused() -> None:
    SameTraining("k", has_checkpoint=True).setup(trainer(first=("k", True)))
    with pytest.raises(InputError, match="other data, parameters or code than the first one"):
        SameTraining("k", has_checkpoint=True).setup(trainer(first=("other", True)))
    with pytest.raises(InputError, match="does not find the checkpoint.*a folder that all share"):
        SameTraining("k", has_checkpoint=False).setup(trainer(first=("k", True)))


def test_the_mean_of_whole_numbers_keeps_its_fraction() -> None:
    """101 and 102 rows: Lightning by itself makes 101 of their mean."""
    two = trainer()
    assert two.strategy.reduce(torch.tensor(102)).item() == 101
    ExactMeans().setup(two)
    assert two.strategy.reduce(torch.tensor(102)).item() == 101.5
    assert two.strategy.reduce(torch.tensor(102), None, "sum").item() == 203
    assert two.strategy.reduce(torch.tensor(0.75)).dtype == torch.float32


def test_the_gradient_of_a_slice_counts_by_its_rows() -> None:
    callback = SliceWeights()
    two = trainer(weights=(1.0, 0.5))
    gradients = []
    for position in (0, 1):
        weight = torch.tensor(3.0, requires_grad=True)
        loss = weight**2
        callback.on_train_batch_start(two, SimpleNamespace(), {}, position)  # type: ignore[arg-type]
        callback.on_before_backward(two, SimpleNamespace(), loss)  # type: ignore[arg-type]
        torch.autograd.backward(loss)
        assert weight.grad is not None
        gradients.append(weight.grad.item())
    assert gradients == [6.0, 3.0]
