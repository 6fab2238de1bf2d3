"""Scores by hand, and calibrated confidence."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.answers.action import scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

ENCODING: dict[str, Any] = {
    "actions": {"push": {"low": 0.0, "high": 10.0}, "turn": {"low": -1.0, "high": 1.0}},
    "tolerance": 0.1,
}


def examples(target: np.ndarray) -> Examples:
    table = pd.DataFrame({"id": np.arange(len(target)).astype(str)})
    return Examples(table, {"target.action": target.astype(np.float32)}, encoding=ENCODING)


def test_scores_by_hand() -> None:
    some = examples(np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]))
    outputs = {"action": np.array([[0.55, 0.5], [0.5, 0.8], [1.4, 0.0]])}  # the last one is beyond its bound, and cut
    postprocess = scoring.fit_postprocess(outputs, some, decision=Decision())
    found = scoring.score(outputs, some, postprocess=postprocess, decision=Decision(mistake=3.0))
    np.testing.assert_allclose(found["score.action_error"], [0.025, 0.15, 0.0], atol=1e-7)
    np.testing.assert_allclose(found["score.squared_error"], [0.00125, 0.045, 0.0], atol=1e-7)
    assert found["score.accuracy"].tolist() == [1, 0, 1]
    assert found["score.cost"].tolist() == [0, 3, 0]
    assert found["mistake"].tolist() == [False, True, False]
    assert found["certainty"].tolist() == pytest.approx([2 / 3] * 3)
    np.testing.assert_allclose(found["predicted.push"], [5.5, 5.0, 10.0])  # in the action's own unit
    np.testing.assert_allclose(found["true.push"], [5.0, 5.0, 10.0])
    np.testing.assert_allclose(found[["predicted.turn", "true.turn"]], [[0.0, 0.0], [0.6, 0.0], [-1.0, -1.0]])
    assert found["prediction"].tolist()[1:] == ["push = 5; turn = 0.6", "push = 10; turn = -1"]
    assert (found.filter(like="weight.") == 1).all(axis=None)


def test_who_expects_less_error_is_surer_and_as_often_right_as_stated() -> None:
    generator = np.random.default_rng(0)
    spread = generator.choice([0.01, 0.2], (4000, 1))
    target = np.full((4000, 2), 0.5)
    outputs = {"action": target + generator.normal(size=(4000, 2)) * spread, "expected_error": np.repeat(spread, 2, 1)}
    half = {name: array[:2000] for name, array in outputs.items()}
    postprocess = scoring.fit_postprocess(half, examples(target[:2000]), decision=Decision())
    rest = {name: array[2000:] for name, array in outputs.items()}
    found = scoring.score(rest, examples(target[2000:]), postprocess=postprocess, decision=Decision())
    for small in (True, False):
        side = (spread[2000:, 0] < 0.1) == small
        assert found["certainty"][side].mean() == pytest.approx(found["score.accuracy"][side].mean(), abs=0.04)
    assert found["certainty"][spread[2000:, 0] < 0.1].min() > found["certainty"][spread[2000:, 0] > 0.1].max() + 0.5


def test_without_the_action_taken_there_are_answers_alone() -> None:
    some = examples(np.full((2, 2), 0.5))
    outputs = {"action": np.full((2, 2), 0.5)}
    postprocess = scoring.fit_postprocess(outputs, some, decision=Decision())
    bare = Examples(some.table, {}, encoding=ENCODING)
    found = scoring.score(outputs, bare, postprocess=postprocess, decision=Decision())
    assert list(found) == ["prediction", "confidence", "certainty"]


def test_an_action_that_is_not_finite_is_refused() -> None:
    some = examples(np.full((2, 2), 0.5))
    outputs = {"action": np.array([[0.5, 0.5], [0.5, np.nan]])}
    with pytest.raises(InputError, match=r"actions of row 1 are \[0\.5, nan\]: they must be finite"):
        scoring.score(
            outputs,
            some,
            postprocess=scoring.fit_postprocess({"action": np.ones((2, 2))}, some, decision=Decision()),
            decision=Decision(),
        )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"actions": {**ENCODING["actions"], "turn": {"low": -2.0, "high": 1.0}}}, "the package acts by"),
        ({"actions": dict(reversed(ENCODING["actions"].items()))}, "the package acts by"),
        ({"tolerance": 0.2}, "the package's tolerance is 0.1, the examples have 0.2"),
    ],
)
def test_actions_of_another_range_order_or_tolerance_are_other_actions(change: dict[str, Any], sentence: str) -> None:
    some = examples(np.full((2, 2), 0.5))
    outputs = {"action": np.full((2, 2), 0.5)}
    postprocess = scoring.fit_postprocess(outputs, some, decision=Decision())
    other = replace(some, encoding=ENCODING | change)
    with pytest.raises(InputError, match=sentence):
        scoring.score(outputs, other, postprocess=postprocess, decision=Decision())
