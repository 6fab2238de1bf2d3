import pytest
import torch

from hallmark.train.schedule import WarmupCosine


def rates(peak: float, *, warmup: float, total_steps: int) -> list[float]:
    """Return the learning rate of each step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    schedule = WarmupCosine(optimizer, warmup=warmup, total_steps=total_steps)
    taken = []
    for _ in range(total_steps):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return taken


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    taken = rates(0.5, warmup=0.1, total_steps=100)
    assert taken[0] == pytest.approx(0.05)
    assert taken[9] == taken[10] == 0.5
    assert taken[55] == pytest.approx(0.25)
    assert taken == [*sorted(taken[:10]), *sorted(taken[10:], reverse=True)]
    assert taken[99] < 1e-3


def test_without_a_warmup_training_begins_at_the_peak() -> None:
    assert rates(0.5, warmup=0.0, total_steps=10)[0] == 0.5


def test_goes_on_from_its_state() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    first = WarmupCosine(optimizer, warmup=0.1, total_steps=100)
    for _ in range(30):
        optimizer.step()
        first.step()
    second = WarmupCosine(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5), warmup=0.1, total_steps=100)
    second.load_state_dict(first.state_dict())
    assert second.get_lr() == first.get_lr() == first.get_last_lr()
