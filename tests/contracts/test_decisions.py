"""What predictions cost, by hand."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from hallmark.config.stages import Decision as Section
from hallmark.contracts.decisions import Decision
from hallmark.errors import InputError

LABELS = ("genuine", "fraud")


@pytest.mark.parametrize(
    "section",
    [
        Section(),
        Section(
            positive="fraud",
            mistake=2.0,
            matrix={"fraud": {"genuine": 9.0}},
            scale={"fraud": "descriptor.amount"},
            unit="EUR",
            specificity=0.9,
        ),
    ],
)
def test_a_section_of_the_parameters_gives_every_field(section: Section) -> None:
    assert asdict(Decision(**section.model_dump())) == section.model_dump()


def test_the_defaults_are_those_of_the_section() -> None:
    assert asdict(Decision()) == Section().model_dump()


def test_a_mistake_costs_one_without_a_matrix() -> None:
    costs = Decision().costs(("a", "b", "c"), pd.DataFrame(index=range(2)), np.array([0, 2]))
    assert costs.tolist() == [[0, 1, 1], [1, 1, 0]]


def test_the_matrix_names_what_the_default_does_not() -> None:
    decision = Decision(mistake=2.0, matrix={"fraud": {"genuine": 9.0, "fraud": 0.5}})
    costs = decision.costs(LABELS, pd.DataFrame(index=range(2)), np.array([0, 1]))
    assert costs.tolist() == [[0, 2], [9, 0.5]]


def test_a_column_scales_the_costs_of_its_label() -> None:
    decision = Decision(matrix={"genuine": {"fraud": 5.0}}, scale={"fraud": "amount"})
    costs = decision.costs(LABELS, pd.DataFrame({"amount": [10.0, 20.0, 30.0]}), np.array([1, 0, 1]))
    assert costs.tolist() == [[10, 0], [0, 5], [30, 0]]


def test_scaling_does_not_need_a_table_numbered_from_zero() -> None:
    decision = Decision(scale={"fraud": "amount"})
    costs = decision.costs(LABELS, pd.DataFrame({"amount": [10.0, 20.0]}, index=[7, 3]), np.array([1, 1]))
    assert costs[:, 0].tolist() == [10, 20]


def test_a_column_that_the_examples_lack_is_refused() -> None:
    with pytest.raises(InputError, match="the column 'sum'"):
        Decision(scale={"fraud": "sum"}).costs(LABELS, pd.DataFrame({"amount": [1.0]}), np.array([1]))


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        (
            "descriptor.amount",
            [50.0, -50.0],
            "decision.scale.fraud names the column 'descriptor.amount', .* holds -50;",
        ),
        ("descriptor.amount", [-1.0, -2.0], r"which holds -1 \(and 1 more\); costs are multiplied by it"),
        ("descriptor.amount", [50.0, np.nan], "which holds nan;"),
        ("descriptor.amount", [np.inf, 1.0], "which holds inf;"),
        ("group.region", ["a", "b"], "names the column 'group.region', which holds 'a', no number"),
        ("id", ["1000", "2000"], "names the column 'id', which holds '1000', no number"),
        ("time", pd.to_datetime(["2020-01-01", "2020-01-02"]), "names the column 'time', which holds '2020-01-01"),
    ],
)
def test_what_no_cost_can_be_multiplied_by_is_refused(column: str, values: object, said: str) -> None:
    decision = Decision(scale={"fraud": column})
    with pytest.raises(InputError, match=said):
        decision.costs(LABELS, pd.DataFrame({column: values}), np.array([1, 1]))


def test_only_the_rows_of_its_label_are_scaled() -> None:
    table = pd.DataFrame({"descriptor.amount": [50, -50, 0]})
    costs = Decision(scale={"fraud": "descriptor.amount"}).costs(LABELS, table, np.array([1, 0, 1]))
    assert costs.tolist() == [[50, 0], [0, 1], [0, 0]]
