"""Curves: ROC, precision over recall and calibration, by hand."""

import numpy as np
import pandas as pd
import pytest
from known import known

from hallmark.evaluate.figures import curves

TRUE = np.array([0, 0, 1, 1])


def told(positive: list[float]) -> np.ndarray:
    return np.stack([1 - np.array(positive), positive], axis=1)


def probabilities(
    by_scorer: dict[str, np.ndarray], targets: np.ndarray, labels: tuple[str, ...], positive: str | None
) -> curves.Probabilities:
    return curves.Probabilities(by_scorer=by_scorer, targets=targets, labels=labels, positive=positive)


def test_one_panel_where_a_label_is_positive() -> None:
    scorers = {"model": told([0.1, 0.4, 0.35, 0.8]), "rule": told([0.5] * 4)}
    figure = curves.plot_roc(probabilities(scorers, TRUE, ("no", "yes"), positive="yes"))
    (axes,) = figure.axes
    assert axes.get_title() == "yes (2 of n = 4)"
    assert [text.get_text() for text in known(axes.get_legend()).get_texts()] == ["0.750 model", "0.500 rule"]
    points = np.asarray(axes.lines[0].get_xydata())
    assert points.tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]


def test_precision_over_recall_by_hand() -> None:
    figure = curves.plot_precision_recall(
        probabilities({"model": told([0.1, 0.4, 0.35, 0.8])}, TRUE, ("no", "yes"), positive="yes")
    )
    recall, precision = figure.axes[0].lines[0].get_data()
    assert np.asarray(recall).tolist() == pytest.approx([1, 1, 0.5, 0.5])
    assert np.asarray(precision).tolist() == pytest.approx([0.5, 2 / 3, 0.5, 1])


def test_panels_begin_with_the_hardest_label_and_leave_out_the_absent() -> None:
    true = np.array([0, 0, 1, 1, 2, 2])
    model = np.eye(4)[[0, 0, 1, 2, 1, 2]] * 0.9 + 0.02
    figure = curves.plot_roc(
        probabilities({"model": model, "rule": np.full((6, 4), 0.25)}, true, tuple("abcd"), positive=None)
    )
    titles = [axes.get_title().split()[0] for axes in figure.axes if axes.get_title()]
    assert sorted(titles) == ["a", "b", "c"] and titles[-1] == "a"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["model", "rule"]


def rows(confidence: np.ndarray, happened: np.ndarray) -> pd.DataFrame:
    label = np.where(happened, "yes", "no")
    return pd.DataFrame(
        {"entity": np.arange(len(label)), "label": label, "confidence": confidence, "certainty": confidence}
    ).assign(mistake=~happened)


def test_calibration_has_a_point_for_each_bin_that_holds_examples() -> None:
    confidence = np.array([0.05] * 10 + [0.95] * 20)
    happened = np.array([True] + [False] * 9 + [True] * 19 + [False])
    figure = curves.plot_calibration(rows(confidence, happened), positive="yes")
    x, y = figure.axes[0].containers[0][0].get_data()
    assert list(x) == pytest.approx([0.05, 0.95]) and list(y) == pytest.approx([0.1, 0.95])
    assert figure.axes[1].get_xlabel() == "predicted P(yes)"
    assert figure.axes[0].get_xscale() == "linear"


def test_calibration_of_a_rare_label_is_drawn_on_logarithms() -> None:
    rng = np.random.default_rng(0)
    confidence = 10 ** rng.uniform(-4, -1, 3000)
    figure = curves.plot_calibration(rows(confidence, rng.random(3000) < confidence), positive="yes")
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


def test_calibration_without_a_positive_label_is_of_being_right() -> None:
    figure = curves.plot_calibration(rows(np.full(10, 0.7), np.arange(10) < 7), positive=None)
    _, y = figure.axes[0].containers[0][0].get_data()
    assert list(y) == pytest.approx([0.7])
    assert figure.axes[0].get_ylabel() == "observed accuracy"
