import numpy as np
import pytest

from hallmark.metrics.statistics.families import Family
from hallmark.metrics.statistics.influence import InfluenceEstimate


def family(influences: np.ndarray) -> Family:
    size = influences.shape[1]
    shares = np.full(size, 1 / size)
    comparisons = Family()
    for influence in influences:
        comparisons.add(InfluenceEstimate.of(0.0, influence, shares, effective_rows=size, degrees=size - 1.0))
    return comparisons


def pointwise(influences: np.ndarray) -> float:
    return family(influences).pointwise_confidence(0.95, generator=np.random.default_rng(0))


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
    assert Family().pointwise_confidence(0.95, generator=np.random.default_rng(0)) == pytest.approx(0.95)


def test_a_member_without_spread_counts_as_independent() -> None:
    assert 0.95 < pointwise(np.zeros((5, 100))) < 0.991


def test_a_family_of_hundreds_pays_bonferroni() -> None:
    same = np.tile(np.random.default_rng(0).normal(size=100), (501, 1))
    assert 1 - pointwise(same) == pytest.approx(0.05 / 501)


def test_correlations_of_very_many_entities_are_those_of_blocks_of_them() -> None:
    """Five comparisons that share half of their variance: the same confidence, from blocks as from a part that fits."""
    generator = np.random.default_rng(1)
    common = generator.normal(size=200_000)
    influences = np.stack([common + generator.normal(size=200_000) for _ in range(5)])
    in_blocks, of_a_part = pointwise(influences), pointwise(influences[:, :60_000])
    assert 1 - in_blocks == pytest.approx(1 - of_a_part, rel=0.02)
    assert 0.011 < 1 - in_blocks < 0.02


def test_rounding_errors_do_not_move_the_confidence() -> None:
    """Groups and the rest of their pairs depend on each other, so that the correlations are singular."""
    generator = np.random.default_rng(0)
    influences = generator.standard_normal((8, 400))
    dependent = np.concatenate([influences, influences[:4] - influences[4:], -influences])
    moved = dependent * (1 + 1e-15 * generator.standard_normal(dependent.shape))
    assert pointwise(moved) == pointwise(dependent)
