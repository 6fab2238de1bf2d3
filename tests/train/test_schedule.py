import pytest

from hallmark.train.schedule import WarmupCosine


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    schedule = WarmupCosine(peak=0.5, warmup=0.1, total_steps=100)
    rates = [schedule.at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[9] == rates[10] == 0.5
    assert rates[55] == pytest.approx(0.25)
    assert rates == [*sorted(rates[:10]), *sorted(rates[10:], reverse=True)]
    assert rates[99] < 1e-3


def test_without_a_warmup_training_begins_at_the_peak() -> None:
    assert WarmupCosine(peak=0.5, warmup=0.0, total_steps=10).at(0) == 0.5
