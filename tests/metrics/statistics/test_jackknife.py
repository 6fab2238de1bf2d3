"""The block jackknife: against the exact variance of a mean, and how entities are divided into blocks."""

import numpy as np
import pytest
from known import known

from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.metrics.statistics.jackknife import BLOCKS, Statistic, block_jackknife, divide_entities
from hallmark.metrics.statistics.means import weighted_mean


def test_of_a_mean_it_is_the_cluster_robust_variance() -> None:
    generator = np.random.default_rng(0)
    codes = generator.integers(12, size=80)
    values = generator.normal(size=80) + codes
    chosen = generator.random(80) < 0.8

    found = known(block_jackknife(lambda rows: values[rows].mean(), chosen, codes, block_of_entity=np.arange(12)))
    exact = known(weighted_mean(values, chosen.astype(float), codes, entity_count=12))

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

    blocks = divide_entities(np.arange(2000), seed=3)
    found = known(block_jackknife(mean, np.ones(6000, bool), codes, block_of_entity=blocks))
    exact = known(weighted_mean(values, np.ones(6000), codes, entity_count=2000))

    assert len(calls) == BLOCKS + 1
    assert found.estimate.degrees == BLOCKS - 1
    assert found.estimate.entity_count == 2000
    assert found.estimate.variance == pytest.approx(exact.estimate.variance, rel=0.3)  # 199 degrees: within 3 of 10 %


def test_blocks_are_the_same_for_two_statistics_of_the_same_rows() -> None:
    values = np.random.default_rng(2).normal(size=1000)

    def jackknife(statistic: Statistic) -> InfluenceEstimate:
        blocks = divide_entities(np.arange(1000), seed=3)
        return known(block_jackknife(statistic, np.ones(1000, bool), np.arange(1000), block_of_entity=blocks))

    first = jackknife(lambda rows: float(values[rows].mean()))
    second = jackknife(lambda rows: -float(values[rows].mean()))
    assert first.influence @ second.influence == pytest.approx(-first.estimate.variance)


@pytest.mark.parametrize(("entities", "sizes"), [(1, {1}), (BLOCKS, {1}), (BLOCKS + 1, {1, 2}), (450, {2, 3})])
def test_entities_are_divided_into_blocks_of_nearly_equal_size(entities: int, sizes: set[int]) -> None:
    blocks = divide_entities(np.random.default_rng(0).permutation(entities), seed=1)
    names, counts = np.unique(blocks, return_counts=True)
    assert len(names) == min(entities, BLOCKS)
    assert set(counts) == sizes
    assert (blocks[names] == names).all()  # a block is named by one of its own


def test_a_division_follows_the_order_not_the_numbers_of_the_entities() -> None:
    numbers = np.random.default_rng(0).permutation(450)  # entity i is called numbers[i]
    one = divide_entities(np.arange(450), seed=1)
    other = divide_entities(numbers, seed=1)
    together = one[:, None] == one
    assert np.array_equal(other[numbers][:, None] == other[numbers], together)


def test_a_slice_has_the_blocks_of_the_whole_table() -> None:
    """Of 450 entities, 150 in the slice: no block of both is counted as the same and yet holds other entities."""
    values = np.random.default_rng(4).normal(size=450)
    blocks = divide_entities(np.arange(450), seed=1)
    inside, rest = (
        block_jackknife(lambda rows: float(values[rows].mean()), chosen, np.arange(450), block_of_entity=blocks)
        for chosen in (np.arange(450) < 150, np.arange(450) >= 150)
    )

    for part, entities in ((known(inside), np.arange(150)), (known(rest), np.arange(150, 450))):
        assert set(np.flatnonzero(part.dense_influence())) == set(blocks[entities])
        assert part.estimate.entity_count == len(entities)


def test_one_entity_and_no_rows() -> None:
    one = known(block_jackknife(lambda _: 0.5, np.ones(4, bool), np.zeros(4, int), block_of_entity=np.arange(1)))
    assert np.isnan(one.estimate.variance)
    assert block_jackknife(lambda _: 0.5, np.zeros(4, bool), np.arange(4), block_of_entity=np.arange(4)) is None
    assert block_jackknife(lambda _: float("nan"), np.ones(4, bool), np.arange(4), block_of_entity=np.arange(4)) is None
