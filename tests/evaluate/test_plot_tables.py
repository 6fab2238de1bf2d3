"""The tables that `dvc plots` draws, against hand-computed curves and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from hallmark.evaluate import plot_tables


def test_a_roc_curve_of_four_examples_is_as_computed_by_hand() -> None:
    """Ranked: true, false, true, false. So half of the true ones come before any false one."""
    probabilities = np.array([[0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.8, 0.2]])
    targets = np.array([1, 0, 1, 0])
    table = plot_tables.roc_table(probabilities, targets, [1]).set_index("false_positive_rate")["sensitivity"]
    assert table[0.0] == 0.5
    assert table[0.49] == 0.5
    assert table[0.5184] == table[1.0] == 1.0
    assert (table.index < 0.025).sum() == 8  # where one in forty is an alert


def test_a_precision_recall_curve_of_four_examples_is_as_computed_by_hand() -> None:
    probabilities = np.array([[0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.8, 0.2]])
    targets = np.array([1, 0, 1, 0])
    table = plot_tables.precision_recall_table(probabilities, targets, [1]).set_index("recall")["precision"]
    assert table[0.0] == table[0.5] == 1.0
    assert table[0.52] == table[1.0] == 0.6667  # both true ones are among the first three


def test_the_area_under_the_average_curve_is_scikit_learns_macro_average() -> None:
    generator = np.random.default_rng(4)
    targets = generator.integers(3, size=600)
    logits = 1.5 * np.eye(3)[targets] + generator.normal(size=(600, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    table = plot_tables.roc_table(probabilities, targets, [0, 1, 2])
    area = np.trapezoid(table["sensitivity"], table["false_positive_rate"])
    assert area == pytest.approx(roc_auc_score(targets, probabilities, multi_class="ovr"), abs=0.01)


def test_labels_that_no_example_or_all_have_are_left_out() -> None:
    assert plot_tables.curve_columns(np.array([0, 2, 2]), 4, None) == [0, 2]
    assert plot_tables.curve_columns(np.array([0, 2, 2]), 4, 2) == [2]
    assert plot_tables.curve_columns(np.array([1, 1]), 2, 1) == []


def test_each_bin_of_a_reliability_table_has_its_share() -> None:
    n = 1000
    certainty = np.linspace(0.5, 1, n)
    is_right = np.arange(n) % 4 != 0
    rows = pd.DataFrame({"certainty": certainty, "mistake": ~is_right, "entity": np.arange(n).astype(str)})
    table = plot_tables.calibration_table(rows, positive=None)
    assert table["examples"].tolist() == [100] * 10
    assert table["observed"].tolist() == [0.75] * 10
    assert ((table["low"] < 0.75) & (table["high"] > 0.75)).all()
    assert table["predicted"].iloc[0] == pytest.approx(certainty[:100].mean(), abs=1e-4)


def test_with_a_positive_label_the_event_is_that_label() -> None:
    rows = pd.DataFrame(
        {
            "confidence": [0.2, 0.2, 0.8, 0.8],
            "certainty": 1.0,
            "mistake": False,
            "label": ["no", "yes", "yes", "yes"],
            "entity": list("abcd"),
        }
    )
    table = plot_tables.calibration_table(rows, positive="yes")
    assert table[["predicted", "observed", "examples"]].to_numpy().tolist() == [[0.2, 0.5, 2], [0.8, 1.0, 2]]


def test_a_confusion_table_counts_pairs() -> None:
    rows = pd.DataFrame({"label": ["a", "a", "b", "a"], "prediction": ["a", "b", "b", "a"]})
    assert plot_tables.confusion_table(rows).to_numpy().tolist() == [["a", "a", 2], ["a", "b", 1], ["b", "b", 1]]
