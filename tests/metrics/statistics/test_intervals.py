import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from hallmark.metrics.statistics.intervals import (
    UNKNOWN,
    difference,
    hall,
    minus,
    score,
    skewed,
    skewed_change,
    skewed_gap,
    wilson,
)
from hallmark.metrics.statistics.linear import Linear
from hallmark.metrics.statistics.means import weighted_mean


def mean(values: list[float], codes: list[int] | None = None, *, size: int | None = None) -> Linear:
    numbers = np.array(codes if codes is not None else range(len(values)))
    linear = weighted_mean(np.array(values, float), np.ones(len(values)), numbers, size=size or numbers.max() + 1)
    assert linear is not None
    return linear


@given(st.integers(2, 200), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.999]))
def test_wilson_is_that_of_statsmodels(size: int, share: float, confidence: float) -> None:
    known = proportion_confint(round(share * size), size, 1 - confidence, method="wilson")
    found = wilson(round(share * size) / size, size, stats.norm.ppf(0.5 + confidence / 2))
    assert found == pytest.approx(known, abs=1e-9)


def test_independent_rows_give_wilsons_interval() -> None:
    linear = mean([1.0] * 18 + [0.0] * 2)
    assert score(linear, 0.95) == pytest.approx(proportion_confint(18, 20, method="wilson"))


def test_all_right_still_leaves_room_for_doubt() -> None:
    assert score(mean([1.0] * 20), 0.95) == pytest.approx(proportion_confint(20, 20, method="wilson"))
    low, high = score(mean([1.0] * 60, [row // 3 for row in range(60)]), 0.95)
    assert low is not None
    assert 0.9 < low < 0.95
    assert high == 1


def test_entities_that_go_together_widen_the_interval() -> None:
    together = score(mean([1.0] * 40 + [0.0] * 20, [row // 3 for row in range(60)]), 0.95)
    apart = score(mean([1.0] * 40 + [0.0] * 20), 0.95)
    assert together[0] < apart[0]
    assert together[1] > apart[1]


def test_one_entity_tells_nothing() -> None:
    linear = mean([0.0, 1.0, 1.0], [0, 0, 0])
    assert score(linear, 0.95) == UNKNOWN
    assert skewed(linear, 0.95) == UNKNOWN


def test_without_skewness_halls_limits_are_students() -> None:
    values = [-3.0, -1.0, 0.0, 1.0, 3.0]
    known = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert skewed(mean(values), 0.95) == pytest.approx(known)


def test_halls_limits_solve_the_transformation() -> None:
    """g(t) = t + a t² / 3 + a² t³ / 27 + a / 6 is the quantile at the lower limit, and its negative at the upper."""
    low, high = hall(1.0, 0.04, 0.5, 2.0)
    pivots = np.array([(1.0 - low) / 0.2, (1.0 - high) / 0.2])
    assert pivots + 0.5 * pivots**2 / 3 + 0.25 * pivots**3 / 27 + 0.5 / 6 == pytest.approx([2.0, -2.0])


def test_skewed_limits_lean_to_the_long_tail() -> None:
    linear = mean(list(np.random.default_rng(0).lognormal(0, 1, 30)))
    low, high = skewed(linear, 0.95)
    assert low is not None
    assert high is not None
    assert high - linear.estimate > 1.3 * (linear.estimate - low)


def test_equal_values_that_are_no_shares_have_no_interval() -> None:
    assert skewed(mean([3.0] * 10), 0.95) == UNKNOWN


def test_independent_difference_is_newcombes() -> None:
    first = mean([1.0] * 56 + [0.0] * 14 + [0.0] * 80)
    values = np.array([1.0] * 56 + [0.0] * 14 + [1.0] * 48 + [0.0] * 32)
    inside = np.arange(150) < 70
    first, second = (weighted_mean(values, mask.astype(float), np.arange(150), size=150) for mask in (inside, ~inside))
    assert first is not None
    assert second is not None
    found = difference(first, second, (score(first, 0.95), score(second, 0.95)), paired=False)
    known = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert found == pytest.approx(known, abs=1e-6)
    assert found == pytest.approx((0.0524, 0.3339), abs=1e-4)  # Newcombe 1998, table II, method 10, case a


def test_two_methods_that_agree_on_every_row_are_not_known_to_agree() -> None:
    linear = mean([1.0] * 15 + [0.0] * 5)
    limits = score(linear, 0.95)
    low, high = difference(linear, linear, (limits, limits), paired=True)
    assert low is not None
    assert high is not None
    assert -0.2 < low < -0.05
    assert 0.05 < high < 0.2


def test_pairing_narrows_the_difference_of_methods_that_err_together() -> None:
    first, second = mean([1.0] * 45 + [0.0] * 15), mean([1.0] * 42 + [0.0] * 18)
    limits = score(first, 0.95), score(second, 0.95)
    low, high = difference(first, second, limits, paired=True)
    independent = difference(
        first, Linear(**(vars(second) | {"influence": np.roll(second.influence, 30)})), limits, paired=True
    )
    assert low is not None
    assert high is not None
    assert independent[0] is not None
    assert independent[1] is not None
    assert high - low < 0.5 * (independent[1] - independent[0])


def test_an_unknown_side_makes_an_unknown_difference() -> None:
    linear = mean([1.0, 0.0])
    assert difference(linear, linear, (UNKNOWN, (0.1, 0.9)), paired=False) == UNKNOWN


def test_minus_subtracts_entity_by_entity() -> None:
    first, second = mean([1.0, 2.0, 6.0]), mean([0.0, 2.0, 1.0])
    direct = mean([1.0, 0.0, 5.0])
    assert minus(first, second).estimate == pytest.approx(direct.estimate)
    assert minus(first, second).variance == pytest.approx(direct.variance)


def test_a_change_that_one_entity_carries_is_not_trusted_to_its_own_spread() -> None:
    first, second = mean([0.0] * 30 + [9.0] * 6 + [5.0]), mean([0.0] * 30 + [9.0] * 6 + [0.0])
    change = minus(first, second)
    joined = difference(first, second, (skewed(first, 0.95), skewed(second, 0.95)), paired=True)
    low, high = skewed_change(change, joined, 0.95)
    own = skewed(change, 0.95)
    assert low == min(own[0], joined[0])
    assert high == max(own[1], joined[1])


def test_a_change_that_many_carry_is_judged_by_its_own_spread() -> None:
    change = mean(list(np.random.default_rng(0).normal(size=30)))
    assert skewed_change(change, (-9.0, 9.0), 0.95) == skewed(change, 0.95)


def test_a_small_part_without_the_rare_values_borrows_the_spread_of_all() -> None:
    values = np.zeros(400)
    values[100::20] = 50.0
    inside = np.arange(400) < 30
    everyone = mean(list(values))
    parts = [weighted_mean(values, mask.astype(float), np.arange(400), size=400) for mask in (inside, ~inside)]
    assert parts[0] is not None
    assert parts[1] is not None
    assert parts[0].variance == 0
    low, high = skewed_gap(parts[0], parts[1], everyone, 0.95)
    assert low is not None
    assert high is not None
    assert low < 0 < high


def test_a_gap_needs_spread_and_entities_on_both_sides() -> None:
    flat = mean([2.0] * 6)
    assert skewed_gap(flat, flat, flat, 0.95) == UNKNOWN
