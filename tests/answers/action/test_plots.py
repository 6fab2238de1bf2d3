"""The drawings show the action that was taken, where it is known, and the model's."""

import numpy as np
import pandas as pd

from hallmark.answers.action.plots import draw, support
from hallmark.contracts.examples import Examples
from hallmark.report_figures import blank

TORQUE = {"actions": ["torque"], "low": [-2.0], "high": [2.0]}
ARM = {"actions": ["lift", "turn"], "low": [0.0, -90.0], "high": [1.0, 90.0]}


def example(**arrays: np.ndarray) -> Examples:
    return Examples(pd.DataFrame({"id": ["a"]}), arrays)


def test_one_action_stands_in_its_own_unit() -> None:
    _, axes = blank()
    draw(axes, example(**{"target.action": np.array([[0.5]])}), {"action": np.array([[0.75]])}, TORQUE)
    assert [float(np.asarray(line.get_ydata())[0]) for line in axes.lines] == [0.0, 1.0]
    assert axes.get_ylabel() == "torque: ○ taken, x predicted"
    np.testing.assert_allclose(axes.get_ylim(), (-2.2, 2.2))


def test_several_actions_are_shares_of_their_ranges() -> None:
    _, axes = blank()
    draw(axes, example(), {"action": np.array([[0.25, 1.5]])}, ARM)
    (predicted,) = axes.lines
    np.testing.assert_allclose(np.asarray(predicted.get_ydata()), [0.25, 1.0])  # within the range, as it is answered
    assert [label.get_text() for label in axes.get_xticklabels()] == ["lift", "turn"]
    assert axes.get_ylabel() == "share of the range: x predicted"


def test_the_support_falls_with_the_action_that_moved_the_farthest() -> None:
    shares = np.array([[0.5, 0.5], [0.5, 0.5], [0.4, 0.75]])
    np.testing.assert_allclose(support({"action": shares}, ARM), [1.0, 1.0, 0.75])
