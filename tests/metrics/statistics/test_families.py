import numpy as np
import pytest

from hallmark.metrics.statistics.families import pointwise_confidence
from hallmark.metrics.statistics.linear import Linear


def family(influences: np.ndarray) -> list[Linear]:
    size = influences.shape[1]
    return [Linear(0.0, influence, np.full(size, 1 / size), size, size - 1.0) for influence in influences]


def pointwise(influences: np.ndarray) -> float:
    return pointwise_confidence(family(influences), 0.95, generator=np.random.default_rng(0))


def test_independent_members_cost_as_sidak_says() -> None:
    alone = pointwise(np.eye(10, 400))
    assert 1 - alone == pytest.approx(1 - 0.95**0.1, rel=0.1)


def test_the_same_comparison_ten_times_costs_nothing() -> None:
    same = np.tile(np.random.default_rng(0).normal(size=400), (10, 1))
    assert 1 - pointwise(same) == pytest.approx(0.05, rel=0.1)


def test_few_entities_pay_bonferroni() -> None:
    assert 1 - pointwise(np.tile(np.arange(20.0), (10, 1))) == pytest.approx(0.005)


def test_one_member_and_none() -> None:
    assert pointwise(np.eye(1, 100)) == pytest.approx(0.95)
    assert pointwise_confidence([], 0.95, generator=np.random.default_rng(0)) == pytest.approx(0.95)


def test_a_member_without_spread_counts_as_independent() -> None:
    assert 0.95 < pointwise(np.zeros((5, 100))) < 0.991
