from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from hallmark.answers.action.baselines import MedianAction, RegressorPerAction, RegressorScorer, action_targets
from hallmark.contracts.examples import Examples


def examples(actions: list[list[float]]) -> Examples:
    target = np.reshape(np.array(actions, np.float32), (len(actions), 2))
    arrays = {"x": np.arange(len(actions), dtype=float)[:, None], "target.action": target}
    return Examples(pd.DataFrame({"id": range(len(actions))}), arrays)


def x_of(part: Examples) -> Any:
    return part.arrays["x"]


TRAIN = examples([[0.0, 0.5], [0.25, 0.25], [0.5, 0.0]])


def test_one_regressor_of_all_actions_and_one_for_each_give_the_same() -> None:
    together = LinearRegression().fit(x_of(TRAIN), action_targets(TRAIN))
    each = [LinearRegression().fit(x_of(TRAIN), column) for column in action_targets(TRAIN).T]
    outputs = RegressorScorer(together, x_of)(TRAIN)["action"]
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, TRAIN.arrays["target.action"], atol=1e-6)
    np.testing.assert_allclose(RegressorPerAction(each, x_of)(TRAIN)["action"], outputs, atol=1e-6)
    assert RegressorPerAction(each, x_of)(examples([]))["action"].shape == (0, 2)


def test_the_rule_gives_the_median_of_each_action() -> None:
    assert MedianAction.fit(TRAIN)(examples([[0, 0]] * 2))["action"].tolist() == [[0.25, 0.25]] * 2
