"""What predictions cost, by hand."""

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.decisions import Decision
from hallmark.errors import InputError

LABELS = ("genuine", "fraud")


def test_a_mistake_costs_one_without_a_matrix():
    costs = Decision().costs(("a", "b", "c"), pd.DataFrame(index=range(2)), np.array([0, 2]))
    assert costs.tolist() == [[0, 1, 1], [1, 1, 0]]


def test_the_matrix_names_what_the_default_does_not():
    decision = Decision(mistake=2.0, matrix={"fraud": {"genuine": 9.0, "fraud": 0.5}})
    costs = decision.costs(LABELS, pd.DataFrame(index=range(2)), np.array([0, 1]))
    assert costs.tolist() == [[0, 2], [9, 0.5]]


def test_a_column_scales_the_costs_of_its_label():
    decision = Decision(matrix={"genuine": {"fraud": 5.0}}, scale={"fraud": "amount"})
    costs = decision.costs(LABELS, pd.DataFrame({"amount": [10.0, 20.0, 30.0]}), np.array([1, 0, 1]))
    assert costs.tolist() == [[10, 0], [0, 5], [30, 0]]


def test_scaling_does_not_need_a_table_numbered_from_zero():
    decision = Decision(scale={"fraud": "amount"})
    costs = decision.costs(LABELS, pd.DataFrame({"amount": [10.0, 20.0]}, index=[7, 3]), np.array([1, 1]))
    assert costs[:, 0].tolist() == [10, 20]


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(matrix={"theft": {"genuine": 1.0}}), "the label 'theft'"),
        (Decision(matrix={"fraud": {"theft": 1.0}}), "the label 'theft'"),
        (Decision(scale={"fraud": "sum"}), "the column 'sum'"),
    ],
)
def test_unknown_names_are_refused(decision, said):
    with pytest.raises(InputError, match=said):
        decision.costs(LABELS, pd.DataFrame({"amount": [1.0]}), np.array([1]))
