"""The temperature by hand, and from data that a known one made."""

import math

import numpy as np
import pytest

from hallmark.answers.temperature import TEMPERATURES, fit_temperature


def test_temperature_by_hand() -> None:
    # The model says 0.9 of everything and is right in 3 of 4: the best it could say is 0.75, so ln 9 / T = ln 3.
    logits = np.tile([0.0, math.log(9)], (4, 1))
    assert fit_temperature(logits, np.array([1, 1, 1, 0])) == pytest.approx(2.0, rel=1e-4)


def test_temperature_recovers_the_one_that_made_the_data() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(20_000, 5)) * 2
    true = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(logits * 3, true) == pytest.approx(3.0, rel=0.05)


def test_temperature_stays_within_its_bounds() -> None:
    perfect = np.array([[0.0, 1.0], [1.0, 0.0]])
    low, high = TEMPERATURES
    assert fit_temperature(perfect, np.array([1, 0])) == pytest.approx(low, rel=1e-3)
    assert fit_temperature(perfect, np.array([0, 1])) == pytest.approx(high, rel=1e-3)
    assert fit_temperature(np.ones((2, 2)), np.array([0, 1])) == 1.0
