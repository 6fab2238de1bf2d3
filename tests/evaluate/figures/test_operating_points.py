"""Operating points: cost over the threshold, and risk over coverage, by hand."""

import numpy as np
import pandas as pd
import pytest
from known import known

from hallmark.evaluate.figures import operating_points
from hallmark.evaluate.selective_prediction import select_predictions

POSITIVE = np.array([0.9, 0.5, 0.5, 0.1])
COSTS = np.array([[8, 0], [0, 1], [8, 0], [0, 1]], float)


def test_the_cost_curve_by_hand() -> None:
    sides = {"validation": (POSITIVE, COSTS), "test": (POSITIVE, COSTS)}
    figure = operating_points.plot_threshold_cost(sides, {"rule": 2.5}, threshold=0.3, unit="EUR")

    # From 0.9 on one miss is left; from 0.5 on one false alert; from 0.1 on two; never an alert are two misses.
    thresholds, costs = figure.axes[0].lines[1].get_data()
    assert np.asarray(thresholds).tolist() == [0.9, 0.5, 0.1]
    assert np.asarray(costs).tolist() == pytest.approx([2000, 250, 500])

    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "never alert: 4000" in said and "rule at its own threshold: 2500" in said
    assert "threshold chosen on validation: 0.3" in said
    assert figure.axes[0].get_ylabel() == "expected cost of 1,000 decisions (EUR)"


def test_a_constant_probability_is_drawn() -> None:
    side = (np.full(3, 0.2), np.array([[0, 1], [0, 1], [9, 0]], float))
    figure = operating_points.plot_threshold_cost(
        {"validation": side, "test": side}, {"rule": 0.0}, threshold=1.5, unit="EUR"
    )
    assert np.asarray(figure.axes[0].lines[1].get_xdata()).tolist() == [0.2]


def test_risk_over_coverage_by_hand() -> None:
    rows = pd.DataFrame(
        {
            "entity": list("abcd"),
            "certainty": [0.9, 0.8, 0.7, 0.6],
            "mistake": [False, False, True, False],
        }
    )
    found = select_predictions(rows, rows, target_risk=0.35)
    figure = operating_points.plot_risk_coverage(rows, rows, found)

    deferred, risk = figure.axes[0].lines[1].get_data()
    assert np.asarray(deferred).tolist() == pytest.approx([0.75, 0.5, 0.25, 0])
    assert np.asarray(risk).tolist() == pytest.approx([0, 0, 1 / 3, 1 / 4])
    legend = known(figure.axes[0].get_legend())
    assert "threshold chosen on validation: 50.0% deferred" in [text.get_text() for text in legend.get_texts()]
