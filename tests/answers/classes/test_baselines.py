from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from hallmark.answers.classes.baselines import ClassifierScorer, MostFrequentLabel, require_two_labels
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError


def examples(*labels: str) -> Examples:
    x = np.arange(len(labels), dtype=float)[:, None]
    return Examples(pd.DataFrame({"label": labels}), {"x": x}, ("absent", "no", "yes"))


def x_of(part: Examples) -> Any:
    return part.arrays["x"]


def test_no_probability_is_below_the_floor_and_an_absent_label_has_it() -> None:
    train = examples("no", "no", "yes", "yes")
    tree = DecisionTreeClassifier().fit(x_of(train), train.targets())
    logits = ClassifierScorer(tree, x_of, floor=1e-3)(train)["logits"]
    assert logits.dtype == np.float32
    assert np.exp(logits) == pytest.approx(np.array([[1e-3, 1, 1e-3]] * 2 + [[1e-3, 1e-3, 1]] * 2), rel=1e-5)


def test_no_examples_give_no_logits() -> None:
    train = examples("no", "yes")
    tree = DecisionTreeClassifier().fit(x_of(train), train.targets())
    assert ClassifierScorer(tree, x_of, floor=1e-3)(examples())["logits"].shape == (0, 3)


def test_the_most_frequent_label_has_its_share() -> None:
    train = examples("no", "yes", "yes")
    rule = MostFrequentLabel.fit(train, train.targets(), added=1.0)
    assert np.exp(rule(examples("no", "no"))["logits"]) == pytest.approx(np.array([[1, 2, 3]] * 2) / 6)


def test_one_label_is_nothing_to_learn_from() -> None:
    assert require_two_labels(examples("no", "yes")).tolist() == [1, 2]
    with pytest.raises(InputError, match="have the label 'yes' only"):
        require_two_labels(examples("yes", "yes"))
