"""Wilson's and Hall's limits: against statsmodels and SciPy, by their formulas, and where nothing is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known import known
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from hallmark.metrics.statistics.influence import Estimate
from hallmark.metrics.statistics.intervals import UNKNOWN, hall, hall_limits, score_limits, wilson
from hallmark.metrics.statistics.means import weighted_mean


def mean(values: list[float], codes: list[int] | None = None, *, size: int | None = None) -> Estimate:
    numbers = np.array(codes if codes is not None else range(len(values)))
    measured = weighted_mean(
        np.array(values, float), np.ones(len(values)), numbers, entity_count=size or numbers.max() + 1
    )
    assert measured is not None
    return measured.estimate


@settings(deadline=None)  # which a busy machine misses
@given(st.integers(2, 200), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.999]))
def test_wilson_is_that_of_statsmodels(size: int, share: float, confidence: float) -> None:
    reference = proportion_confint(round(share * size), size, 1 - confidence, method="wilson")
    found = wilson(round(share * size) / size, size, stats.norm.ppf(0.5 + confidence / 2))
    assert found == pytest.approx(reference, abs=1e-9)


def test_independent_rows_give_wilsons_interval() -> None:
    estimate = mean([1.0] * 18 + [0.0] * 2)
    assert score_limits(estimate, 0.95) == pytest.approx(proportion_confint(18, 20, method="wilson"))


def test_all_right_still_leaves_room_for_doubt() -> None:
    assert score_limits(mean([1.0] * 20), 0.95) == pytest.approx(proportion_confint(20, 20, method="wilson"))
    low, high = score_limits(mean([1.0] * 60, [row // 3 for row in range(60)]), 0.95)
    assert 0.9 < known(low) < 0.95
    assert high == 1


def test_entities_that_go_together_widen_the_interval() -> None:
    together = score_limits(mean([1.0] * 40 + [0.0] * 20, [row // 3 for row in range(60)]), 0.95)
    apart = score_limits(mean([1.0] * 40 + [0.0] * 20), 0.95)
    assert known(together[0]) < known(apart[0])
    assert known(together[1]) > known(apart[1])


def test_one_entity_tells_nothing() -> None:
    estimate = mean([0.0, 1.0, 1.0], [0, 0, 0])
    assert score_limits(estimate, 0.95) == UNKNOWN
    assert hall_limits(estimate, 0.95) == UNKNOWN


def test_without_skewness_halls_limits_are_students() -> None:
    values = [-3.0, -1.0, 0.0, 1.0, 3.0]
    students = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert hall_limits(mean(values), 0.95) == pytest.approx(students)


def test_halls_limits_solve_the_transformation() -> None:
    """g(t) = t + a t² / 3 + a² t³ / 27 + a / 6 is the quantile at the lower limit, and its negative at the upper."""
    low, high = hall(1.0, 0.04, 0.5, 2.0)
    pivots = np.array([(1.0 - low) / 0.2, (1.0 - high) / 0.2])
    assert pivots + 0.5 * pivots**2 / 3 + 0.25 * pivots**3 / 27 + 0.5 / 6 == pytest.approx([2.0, -2.0])


def test_skewed_limits_lean_to_the_long_tail() -> None:
    estimate = mean(list(np.random.default_rng(0).lognormal(0, 1, 30)))
    low, high = hall_limits(estimate, 0.95)
    assert known(high) - estimate.value > 1.3 * (estimate.value - known(low))


def test_equal_values_that_are_no_shares_have_no_interval() -> None:
    assert hall_limits(mean([3.0] * 10), 0.95) == UNKNOWN
