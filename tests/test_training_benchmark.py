"""The benchmark of training: what it makes of the seconds that it has measured."""

import pytest

from benchmarks import training, training_ways


def test_speeds_and_ratios_are_medians_over_the_rounds() -> None:
    rounds = [
        {"plain": 12.0, "packed": 10.0, "bare": 10.0, "loop": 11.5, "lightning": 20.0},
        {"plain": 24.0, "packed": 25.0, "bare": 20.0, "loop": 23.0, "lightning": 40.0},  # the machine was half as fast
        {"plain": 11.0, "packed": 12.5, "bare": 10.0, "loop": 10.5, "lightning": 25.0},
    ]
    summary = training.summarise(rounds, steps=100)
    assert summary["steps_per_second"] == {
        "plain": 8.33,
        "packed": 8.0,
        "bare": 10.0,
        "loop": 8.7,
        "lightning": 4.0,
    }
    assert summary["packed_to_bare"] == 0.8
    assert summary["packed_to_bare_by_round"] == [1.0, 0.8, 0.8]
    assert summary["loop_slower_ms"] == 15.0
    assert summary["plain_slower_ms"] == 20.0
    assert summary["plain_slower_than_loop_ms"] == 5.0
    assert not training.holds(summary)


@pytest.mark.parametrize(
    ("packed_to_bare", "plain_slower_ms", "loop_slower_ms", "holds"),
    [
        (0.95, 2.0, 1.0, True),
        (0.949, 2.0, 1.0, False),
        (0.95, 2.25, 1.0, False),
        (0.95, 2.25, 1.75, True),  # Lightning's loop alone leaves a quarter of a millisecond
    ],
)
def test_both_limits_must_hold(
    packed_to_bare: float, plain_slower_ms: float, loop_slower_ms: float, holds: bool
) -> None:
    measurement = {
        "packed_to_bare": packed_to_bare,
        "plain_slower_ms": plain_slower_ms,
        "plain_slower_than_loop_ms": plain_slower_ms - loop_slower_ms,
    }
    assert training.holds(measurement) is holds


def test_curves_have_as_many_lines_as_those_of_the_shipped_task() -> None:
    assert training_ways.lines_apart("fraud", epochs=8, pack=1) == 39  # of 1,984 turns
    assert training_ways.lines_apart("fraud", epochs=8, pack=8) == 4  # of 248
    assert training_ways.lines_apart("image", epochs=60, pack=8) == 2  # of 120
    assert training_ways.lines_apart("image", epochs=60, pack=1) == 13  # one an epoch, though 15 would do
    assert training_ways.lines_apart("language", epochs=40, pack=1) == 50  # Lightning's own number at most
