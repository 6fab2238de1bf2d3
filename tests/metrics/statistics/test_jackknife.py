import numpy as np
import pytest

from hallmark.metrics.statistics.jackknife import BLOCKS, block_jackknife
from hallmark.metrics.statistics.means import weighted_mean


def test_of_a_mean_it_is_the_cluster_robust_variance() -> None:
    generator = np.random.default_rng(0)
    codes = generator.integers(12, size=80)
    values = generator.normal(size=80) + codes
    chosen = generator.random(80) < 0.8
    found = block_jackknife(lambda rows: values[rows].mean(), chosen, codes, entity_count=12, seed=0)
    exact = weighted_mean(values, chosen.astype(float), codes, entity_count=12)
    assert found is not None
    assert exact is not None
    np.testing.assert_allclose(found.influence, exact.influence)
    for name in ("value", "variance", "skewness", "degrees", "entity_count", "effective_rows"):
        assert getattr(found.estimate, name) == pytest.approx(getattr(exact.estimate, name)), name


def test_many_entities_are_left_out_in_blocks() -> None:
    generator = np.random.default_rng(1)
    values = generator.exponential(size=6000)
    codes = np.arange(6000) // 3
    calls = []

    def mean(rows: np.ndarray) -> float:
        calls.append(len(rows))
        return float(values[rows].mean())

    found = block_jackknife(mean, np.ones(6000, bool), codes, entity_count=2000, seed=3)
    exact = weighted_mean(values, np.ones(6000), codes, entity_count=2000)
    assert found is not None
    assert exact is not None
    assert len(calls) == BLOCKS + 1
    assert found.estimate.degrees == BLOCKS - 1
    assert found.estimate.entity_count == 2000
    assert found.estimate.variance == pytest.approx(exact.estimate.variance, rel=0.3)  # 199 degrees: within 3 of 10 %


def test_blocks_are_the_same_for_two_statistics_of_the_same_rows() -> None:
    values = np.random.default_rng(2).normal(size=1000)
    first, second = (
        block_jackknife(
            lambda rows, sign=sign: sign * values[rows].mean(),
            np.ones(1000, bool),
            np.arange(1000),
            entity_count=1000,
            seed=3,
        )
        for sign in (1, -1)
    )
    assert first is not None
    assert second is not None
    assert first.influence @ second.influence == pytest.approx(-first.estimate.variance)


def test_one_entity_and_no_rows() -> None:
    one = block_jackknife(lambda _: 0.5, np.ones(4, bool), np.zeros(4, int), entity_count=1, seed=0)
    assert one is not None
    assert np.isnan(one.estimate.variance)
    assert block_jackknife(lambda _: 0.5, np.zeros(4, bool), np.arange(4), entity_count=4, seed=0) is None
    assert block_jackknife(lambda _: float("nan"), np.ones(4, bool), np.arange(4), entity_count=4, seed=0) is None
