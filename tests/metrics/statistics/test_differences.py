"""Limits of differences: by Newcombe's tables, and by what the entities of both sides share."""

import numpy as np
import pytest
from known import known
from statsmodels.stats.proportion import confint_proportions_2indep

from hallmark.metrics.statistics.differences import (
    correlation,
    difference,
    mover_limits,
    paired_correlation,
    paired_hall_limits,
    pooled_spread,
    slice_hall_limits,
)
from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall_limits, score_limits
from hallmark.metrics.statistics.means import weighted_mean


def mean(values: list[float], chosen: np.ndarray | None = None, codes: np.ndarray | None = None) -> InfluenceEstimate:
    """The mean of rows, each an entity unless `codes` say of which it is, of those `chosen` where given."""
    weights = np.ones(len(values)) if chosen is None else chosen.astype(float)
    codes = np.arange(len(values)) if codes is None else codes
    measured = weighted_mean(np.array(values, float), weights, codes, entity_count=int(codes.max()) + 1)
    assert measured is not None
    return measured


def newcombe(first: InfluenceEstimate, second: InfluenceEstimate, correlated: float) -> Limits:
    """The limits of a difference of two shares."""
    one = first.estimate
    other = second.estimate
    return mover_limits(one, other, score_limits(one, 0.95), score_limits(other, 0.95), correlated)


def test_independent_difference_is_newcombes() -> None:
    values = [1.0] * 56 + [0.0] * 14 + [1.0] * 48 + [0.0] * 32
    inside = np.arange(150) < 70
    first = mean(values, inside)
    second = mean(values, ~inside)

    found = newcombe(first, second, correlation(first, second))
    reference = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert found == pytest.approx(reference, abs=1e-6)
    assert found == pytest.approx((0.0524, 0.3339), abs=1e-4)  # Newcombe 1998, table II, method 10, case a


def test_two_methods_that_agree_on_every_row_are_not_known_to_agree() -> None:
    same = mean([1.0] * 15 + [0.0] * 5)
    low, high = newcombe(same, same, paired_correlation(same, same))
    assert -0.2 < known(low) < -0.05
    assert 0.05 < known(high) < 0.2


def test_pairing_narrows_the_difference_of_methods_that_err_together() -> None:
    first = mean([1.0] * 45 + [0.0] * 15)
    second = mean([1.0] * 42 + [0.0] * 18)
    apart = mean([1.0] * 12 + [0.0] * 18 + [1.0] * 30)

    low, high = newcombe(first, second, paired_correlation(first, second))
    wide_low, wide_high = newcombe(first, apart, paired_correlation(first, apart))
    assert known(high) - known(low) < 0.5 * (known(wide_high) - known(wide_low))


def test_an_unknown_side_makes_an_unknown_difference() -> None:
    one = mean([1.0, 0.0]).estimate
    assert mover_limits(one, one, UNKNOWN, (0.1, 0.9), 0.0) == UNKNOWN


def test_a_difference_is_taken_entity_by_entity() -> None:
    found = difference(mean([1.0, 2.0, 6.0]), mean([0.0, 2.0, 1.0])).estimate
    direct = mean([1.0, 0.0, 5.0]).estimate
    assert found.value == pytest.approx(direct.value)
    assert found.variance == pytest.approx(direct.variance)


def test_a_change_that_one_entity_carries_is_not_trusted_to_its_own_spread() -> None:
    first = mean([0.0] * 30 + [9.0] * 6 + [5.0])
    second = mean([0.0] * 30 + [9.0] * 6 + [0.0])
    change = difference(first, second).estimate

    sides = hall_limits(first.estimate, 0.95), hall_limits(second.estimate, 0.95)
    mover = mover_limits(first.estimate, second.estimate, *sides, paired_correlation(first, second))
    own = hall_limits(change, 0.95)

    low, high = paired_hall_limits(change, mover, 0.95)
    assert low == min(known(own[0]), known(mover[0]))
    assert high == max(known(own[1]), known(mover[1]))


def test_a_change_that_many_carry_is_judged_by_its_own_spread() -> None:
    change = mean(list(np.random.default_rng(0).normal(size=30))).estimate
    assert paired_hall_limits(change, (-9.0, 9.0), 0.95) == hall_limits(change, 0.95)


def test_a_small_slice_without_the_rare_values_borrows_the_spread_of_all() -> None:
    values = np.zeros(400)
    values[100::20] = 50.0
    chosen = np.arange(400) < 30
    everyone = mean(list(values))
    inside = mean(list(values), chosen)
    outside = mean(list(values), ~chosen)
    assert inside.estimate.variance == 0

    pooled = pooled_spread(inside, outside, everyone)
    change = difference(inside, outside).estimate
    low, high = slice_hall_limits(change, inside.estimate, outside.estimate, pooled, 0.95)
    assert known(low) < 0 < known(high)


def test_a_difference_needs_spread_and_entities_on_both_sides() -> None:
    flat = mean([2.0] * 6)
    assert pooled_spread(flat, flat, flat) is None
    assert slice_hall_limits(flat.estimate, flat.estimate, flat.estimate, None, 0.95) == UNKNOWN


def test_entities_that_lie_half_in_a_slice_are_compared_by_their_own_spread() -> None:
    """Every entity has one row inside and one outside: the pooled spread is 0."""
    codes = np.arange(12) // 2
    chosen = np.arange(12) % 2 == 0
    values = list(np.random.default_rng(0).exponential(size=12))
    inside = mean(values, chosen, codes)
    outside = mean(values, ~chosen, codes)

    pooled = known(pooled_spread(inside, outside, mean(values, codes=codes)))
    assert pooled.variance == 0

    change = difference(inside, outside).estimate
    assert slice_hall_limits(change, inside.estimate, outside.estimate, pooled, 0.95) == hall_limits(change, 0.95)

    flat = mean([1.0] * 12, chosen, codes)
    assert slice_hall_limits(change, flat.estimate, outside.estimate, pooled, 0.95) == UNKNOWN
