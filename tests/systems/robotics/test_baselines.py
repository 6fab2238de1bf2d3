"""The simple methods: what each sees, and that each finds what is there to be found."""

import numpy as np
import pytest

from hallmark import answers, systems
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.systems.robotics import baselines


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """What evaluation fits for the answer that the examples can be asked for."""
    answer = answers.load("classes" if train.labels else "action")
    return systems.load("robotics").baseline_fitter(answer)(train, seed=seed)


def error(examples: Examples, action: np.ndarray) -> float:
    assert action.dtype == np.float32
    assert action.shape == examples.arrays["target.action"].shape
    return float(np.abs(np.clip(action, 0, 1) - examples.arrays["target.action"]).mean())


def test_numbers(swings: Examples) -> None:
    train, test = swings.split("train"), swings.split("test")
    found = {name: error(test, predict(test)["action"]) for name, predict in fit(train, seed=1).items()}
    assert set(found) == {"linear policy", "boosted trees", "rule", "descriptors"}
    assert found["boosted trees"] < 0.8 * found["rule"]
    assert found["boosted trees"] < found["linear policy"]
    assert found["boosted trees"] < found["descriptors"]


def test_the_linear_policy_is_ridge_regression_on_all_readings(swings: Examples) -> None:
    train = swings.split("train")
    features, target = baselines.features(train).astype(float), train.arrays["target.action"].astype(float)
    assert features.shape == (len(train), 6 * 3 + 6)
    spread = features.std(axis=0)
    columns = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    weights = np.linalg.solve(columns.T @ columns + np.eye(columns.shape[1]), columns.T @ (target - target.mean()))
    found = fit(train, seed=1)["linear policy"](train)["action"]
    np.testing.assert_allclose(found, columns @ weights + target.mean(), atol=1e-4)


def test_the_rule_is_the_median_action(swings: Examples) -> None:
    rule = fit(swings, seed=1)["rule"](swings)["action"]
    assert (rule == np.median(swings.arrays["target.action"])).all()


def test_the_descriptors_predictor_sees_no_sensor(swings: Examples) -> None:
    predict = fit(swings, seed=1)["descriptors"]
    blind = Examples(swings.table, {})
    np.testing.assert_array_equal(predict(blind)["action"], predict(swings)["action"])


def test_a_known_set(walls: Examples) -> None:
    train, test = walls.split("train"), walls.split("test")
    found = fit(train, seed=1)
    right = {}
    for name, predict in found.items():
        logits = predict(test)["logits"]
        np.testing.assert_allclose(np.exp(logits).sum(axis=1), 1, rtol=1e-4)
        right[name] = (logits.argmax(axis=1) == test.targets()).mean()
    assert set(right) == {"linear policy", "boosted trees", "rule"}
    assert right["boosted trees"] > 0.97
    assert right["linear policy"] > right["rule"]


def test_a_label_without_training_examples_is_never_predicted(walls: Examples) -> None:
    more = Examples(walls.table, walls.arrays, (*walls.labels, "reverse"))
    for predict in fit(more, seed=1).values():
        assert not (predict(more)["logits"].argmax(axis=1) == 2).any()


def test_one_action_alone_is_refused(walls: Examples) -> None:
    alone = walls.take((walls.table["label"] == "forward").to_numpy())
    with pytest.raises(InputError, match=r"have the label 'forward' only"):
        fit(alone, seed=1)


def test_the_same_seed_fits_the_same(swings: Examples) -> None:
    one, other = (fit(swings, seed=4)["boosted trees"](swings)["action"] for _ in range(2))
    np.testing.assert_array_equal(one, other)
