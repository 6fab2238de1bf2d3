"""Answers by hand: units, bounds and confidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallmark.answers.action import decoding as regression

POSTPROCESS = {
    "kind": "regression",
    "actions": ["push", "turn"],
    "low": [0.0, -1.0],
    "high": [10.0, 1.0],
    "tolerance": 0.1,
    "room": [-1.0, 1.0],
    "confidence": [0.2, 0.8],
}


def test_shares_become_values_in_their_own_units() -> None:
    found = regression.answer(
        {"action": np.array([[0.25, 0.5], [-2.0, 7.0]]), "expected_error": np.array([[0.1, 0.01], [1.0, 0.1]])},
        POSTPROCESS,
    )
    assert found["prediction"].tolist() == ["push = 2.5; turn = 0", "push = 0; turn = 1"]
    assert found[["action.push", "action.turn"]].to_numpy().tolist() == [[2.5, 0.0], [0.0, 1.0]]
    assert found["probability"].tolist() == pytest.approx([0.5, 0.2])  # as much room as error; ten times too little
    assert list(found) == ["prediction", *regression.numbers(POSTPROCESS)]


def test_a_scorer_without_expectation_is_always_as_sure() -> None:
    found = regression.answer({"action": np.zeros((2, 2))}, POSTPROCESS | {"room": [0.0], "confidence": [0.7]})
    assert found["probability"].tolist() == [0.7, 0.7]


@given(st.floats(1e-9, 10), st.floats(1e-9, 10))
def test_more_expected_error_never_makes_surer(one: float, other: float) -> None:
    expected = np.array([[one, one], [other, other]])
    sure = regression.answer({"action": np.zeros((2, 2)), "expected_error": expected}, POSTPROCESS)["probability"]
    assert (sure[0] - sure[1]) * (other - one) >= 0
