import numpy as np
import pytest
from scipy import stats

from hallmark.metrics.statistics.influence import (
    Estimate,
    InfluenceEstimate,
    combined_degrees,
    degrees_of_freedom,
    effective_rows,
    encode,
    entity_shares,
    sum_by_entity,
)


def test_entities_become_integers() -> None:
    codes, size = encode(np.array(["b", "a", "b"]))
    assert codes.tolist() == [1, 0, 1]
    assert size == 2


def test_equal_entities_have_one_degree_of_freedom_less_than_their_number() -> None:
    assert degrees_of_freedom(np.full(7, 1 / 7)) == pytest.approx(6)
    assert degrees_of_freedom(np.full(500, 1 / 500)) == 499


def test_one_large_entity_costs_degrees_of_freedom() -> None:
    shares = np.array([0.6, 0.1, 0.1, 0.1, 0.1])
    assert 1 <= degrees_of_freedom(shares) < 2


def test_degrees_of_freedom_match_the_moments_of_the_simulated_variance() -> None:
    """Satterthwaite's definition: 2 E² / Var of the variance estimate, under the working model."""
    shares = np.array([0.4, 0.2, 0.2, 0.1, 0.1])
    draws = np.random.default_rng(0).standard_normal((200_000, 5)) * shares  # entity totals, rows all alike
    residuals = draws - draws.sum(axis=1, keepdims=True) * shares
    variances = np.sum(residuals**2 / (1 - shares), axis=1)
    assert degrees_of_freedom(shares) == pytest.approx(2 * variances.mean() ** 2 / variances.var(), rel=0.02)


def test_an_entity_with_all_the_weight_shows_no_spread() -> None:
    assert np.isnan(sum_by_entity(np.zeros(3), np.zeros(3, int), np.array([1.0, 0.0]))).all()


def test_effective_rows_and_shares() -> None:
    weights = np.array([1.0, 1.0, 2.0])
    assert effective_rows(weights) == pytest.approx(16 / 6)
    assert entity_shares(weights, np.array([0, 0, 1]), 3).tolist() == [0.5, 0.5, 0.0]


def test_degrees_of_two_variances_are_those_of_welch() -> None:
    first, second = np.array([1.0, 2.0, 4.0, 8.0]), np.array([3.0, 3.5, 9.0])
    variances = first.var(ddof=1) / 4, second.var(ddof=1) / 3
    welch = stats.ttest_ind(first, second, equal_var=False).df
    assert combined_degrees(variances[0], 3, variances[1], 2) == pytest.approx(welch)
    assert combined_degrees(0.0, 3, 0.0, 2) == 2


def estimate(influence: np.ndarray, degrees: float | None = None) -> Estimate:
    return made(influence, degrees).estimate


def made(influence: np.ndarray, degrees: float | None = None) -> InfluenceEstimate:
    """An estimate of 0 with these influences of equal entities."""
    size = len(influence)
    shares = np.full(size, 1 / size)
    return InfluenceEstimate.of(
        0.0, influence, shares, effective_rows=float(size), degrees=size - 1.0 if degrees is None else degrees
    )


def test_critical_is_students_quantile() -> None:
    assert estimate(np.zeros(3), degrees=2.0).critical(0.95) == pytest.approx(4.303, abs=1e-3)


def test_a_variance_that_two_entities_make_up_is_known_as_from_few() -> None:
    influence = np.zeros(50)
    influence[:2] = 1, -1
    found = estimate(influence)
    assert found.effective_clusters == pytest.approx(2)
    assert found.critical(0.95) == pytest.approx(stats.t.ppf(0.975, 2 * 4 / (2 - 4 / 50)))
    assert estimate(np.zeros(5)).effective_clusters == 0


def test_normal_influences_keep_their_degrees_of_freedom() -> None:
    influence = np.random.default_rng(0).normal(size=4000)
    assert estimate(influence).critical(0.95) == pytest.approx(stats.norm.ppf(0.975), rel=1e-3)


def test_moments_are_those_of_the_influences() -> None:
    influence = np.array([0.5, -0.25, -0.25, 0.0])
    found = estimate(influence)
    assert found.variance == pytest.approx(0.375)
    assert found.skewness == pytest.approx((0.125 - 2 * 0.015625) / 0.375**1.5)
    assert found.entity_count == 4


def test_only_entities_that_take_part_are_held() -> None:
    influence = np.array([0.0, 0.3, 0.0, -0.3, 0.0])
    shares = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    found = InfluenceEstimate.of(1.0, influence, shares, effective_rows=2.0, degrees=1.0)
    assert found.index.tolist() == [1, 3]
    assert found.influence.tolist() == [0.3, -0.3]
    assert found.dense_influence().tolist() == influence.tolist()
    assert found.dense_shares().tolist() == shares.tolist()


def test_an_entity_with_all_the_weight_leaves_the_spread_unknown_after_it_is_held_sparsely() -> None:
    found = InfluenceEstimate.of(
        1.0, np.full(4, np.nan), np.array([0.0, 1.0, 0.0, 0.0]), effective_rows=1.0, degrees=0.0
    )
    assert found.index.tolist() == [1]
    assert np.isnan(found.dense_influence()).all()
    assert np.isnan(found.estimate.variance)
