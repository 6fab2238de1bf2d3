"""Calibration error and its limits: by hand, by simulation, and where little is known."""

import numpy as np
import pytest
from known import known

from hallmark.metrics.statistics.calibration_error import (
    CalibrationEstimate,
    calibration_error,
    calibration_limits,
    equal_mass_bins,
)
from hallmark.metrics.statistics.intervals import wilson


def measured(confidence: np.ndarray, outcome: np.ndarray, codes: np.ndarray | None = None) -> CalibrationEstimate:
    codes = np.arange(len(outcome)) if codes is None else codes
    found = calibration_error(
        equal_mass_bins(confidence),
        outcome,
        confidence,
        np.ones(len(outcome)),
        codes,
        entity_count=int(codes.max()) + 1,
        generator=np.random.default_rng(0),
    )
    assert found is not None
    assert isinstance(found.estimate, CalibrationEstimate)
    return found.estimate


def plain(confidence: np.ndarray, outcome: np.ndarray) -> float:
    bins = equal_mass_bins(confidence)
    return float(sum(abs(np.sum((outcome - confidence)[bins == b])) for b in np.unique(bins)) / len(outcome))


def test_bins_hold_equal_numbers_and_equal_confidences_share_one() -> None:
    assert np.bincount(equal_mass_bins(np.linspace(0, 1, 200))).tolist() == [20] * 10
    assert len(np.unique(equal_mass_bins(np.repeat([0.1, 0.9], 100)))) == 2
    assert set(equal_mass_bins(np.linspace(0, 1, 19))) == {0}


def test_a_large_error_in_much_data_is_the_plain_one() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.random(50_000)
    outcome = (generator.random(50_000) < confidence**2).astype(float)
    found = measured(confidence, outcome)
    assert found.value == pytest.approx(plain(confidence, outcome), rel=0.01)
    assert found.value == pytest.approx(1 / 6, abs=0.01)  # the integral of p - p²

    low, high = calibration_limits(found, 0.95)
    assert known(low) < 1 / 6 < known(high)


def test_a_calibrated_model_is_not_charged_for_noise() -> None:
    errors = []
    naive = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        confidence = generator.random(200)
        outcome = (generator.random(200) < confidence).astype(float)
        found = measured(confidence, outcome)
        errors.append(found.value)
        naive.append(plain(confidence, outcome))
        assert calibration_limits(found, 0.9999)[0] == 0

    assert np.mean(errors) < 0.4 * np.mean(naive)


def test_limits_enclose_the_estimate_and_widen_with_confidence() -> None:
    generator = np.random.default_rng(1)
    confidence = generator.random(300)
    outcome = (generator.random(300) < 0.5).astype(float)
    found = measured(confidence, outcome)

    low, high = calibration_limits(found, 0.9)
    lower, higher = calibration_limits(found, 0.99)
    assert known(lower) < known(low) < found.value < known(high) < known(higher)


@pytest.mark.parametrize("right", [1.0, 0.0])
def test_outcomes_all_alike_leave_room_for_what_was_not_seen(right: float) -> None:
    stated = abs(right - 0.005)
    low, high = calibration_limits(measured(np.full(20, stated), np.full(20, right)), 0.95)
    worst = 1 - wilson(1.0, 20, 1.959964)[0]
    assert known(low) <= 0.005 + 1e-9
    assert high == pytest.approx(worst - 0.005, abs=1e-6)


def test_one_mistake_in_many_leaves_room_for_more() -> None:
    outcome = np.r_[0.0, np.ones(99)]
    high = calibration_limits(measured(np.full(100, 0.99), outcome), 0.95)[1]
    assert high == pytest.approx(0.99 - wilson(0.99, 100, 1.959964)[0], abs=1e-6)


def test_rows_of_one_entity_count_as_fewer() -> None:
    stated = np.full(200, 0.995)
    outcome = np.ones(200)
    clustered = calibration_limits(measured(stated, outcome, np.repeat(np.arange(20), 10)), 0.95)
    independent = calibration_limits(measured(stated, outcome), 0.95)
    assert known(clustered[1]) > known(independent[1])


def test_where_both_outcomes_are_common_the_gaps_own_noise_decides() -> None:
    generator = np.random.default_rng(2)
    confidence = generator.choice([0.02, 0.98], 2000)  # which explains nearly all of the outcomes' spread
    outcome = (generator.random(2000) < confidence).astype(float)
    high = calibration_limits(measured(confidence, outcome), 0.95)[1]
    assert known(high) < 0.7 * (wilson(outcome.mean(), 2000, 1.959964)[1] - outcome.mean())


def test_one_entity_and_no_rows() -> None:
    found = measured(np.array([0.2, 0.8]), np.array([0.0, 1.0]), np.zeros(2, int))
    assert calibration_limits(found, 0.95) == (None, None)

    empty = np.zeros(3)
    none = calibration_error(
        np.zeros(3, int), empty, empty, empty, np.arange(3), entity_count=3, generator=np.random.default_rng(0)
    )
    assert none is None


def test_a_few_right_answers_do_not_prove_overcaution() -> None:
    """20 of 20 right at 0.995 is what a calibrated model gives nine times in ten: no error is shown."""
    low, high = calibration_limits(measured(np.full(20, 0.995), np.ones(20)), 0.95)
    assert low == 0.0
    assert high == pytest.approx(0.995 - wilson(1.0, 20, 1.96)[0], abs=2e-3)
