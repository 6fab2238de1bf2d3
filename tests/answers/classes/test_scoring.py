"""Temperature, threshold and scores, by hand and against scikit-learn."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, precision_score, recall_score

from hallmark.answers.classes import decoding as softmax
from hallmark.answers.classes import scoring as classification
from hallmark.answers.classes.scoring import fit_specificity_threshold
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

BINARY = ("genuine", "fraud")
FRAUD = Decision(positive="fraud")


def examples(labels: tuple[str, ...], true: list[str] | np.ndarray, **columns: object) -> Examples:
    return Examples(pd.DataFrame({"label": true, **columns}), {}, labels)


def plain(labels: tuple[str, ...], **changes: object) -> dict[str, object]:
    return {
        "kind": "softmax",
        "temperature": 1.0,
        "labels": list(labels),
        "positive": None,
        "threshold": None,
    } | changes


def logits_of(probability: list[float]) -> np.ndarray:
    p = np.array(probability)
    return np.asarray(np.log(np.stack([1 - p, p], axis=1)), np.float32)


def test_log_probabilities_by_hand() -> None:
    found = classification.log_probabilities(np.array([[0.0, math.log(3)], [1000.0, 0.0]]))
    assert np.exp(found[0]) == pytest.approx([0.25, 0.75])
    assert found[1] == pytest.approx([0.0, -1000.0])

    # Halving the logits takes the root of the odds.
    halved = classification.log_probabilities(np.array([[0.0, math.log(9)]]), 2.0)
    assert np.exp(halved[0]) == pytest.approx([0.25, 0.75])


def test_a_logit_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match=r"logits of row 1 are \[nan, 0.0\]"):
        classification.log_probabilities(np.array([[0.0, 1.0], [np.nan, 0.0]]))


def test_threshold_by_hand() -> None:
    positive = np.array([0.9, 0.6, 0.5, 0.1])
    # An alert costs 1 where it is false; a miss costs 10: true labels 1, 0, 1, 0.
    costs = np.array([[10, 0], [0, 1], [10, 0], [0, 1]], float)
    assert classification.fit_cost_threshold(positive, costs) == pytest.approx(0.3)

    # With misses as cheap as half an alert, only the first is worth one.
    costs = np.array([[0.5, 0], [0, 1], [0.5, 0], [0, 1]], float)
    assert classification.fit_cost_threshold(positive, costs) == pytest.approx(0.75)


def test_threshold_keeps_equals_together() -> None:
    positive = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    costs = np.array([[0, 0], [4, 0], [0, 1], [0, 1], [0, 9]], float)
    assert classification.fit_cost_threshold(positive, costs) == pytest.approx(0.3)  # all three at 0.5, or none


def test_threshold_at_the_ends() -> None:
    positive = np.array([0.2, 0.8, 1.0])
    always = np.array([[1.0, 0.0]] * 3)
    never = np.array([[0.0, 1.0]] * 3)
    assert classification.fit_cost_threshold(positive, always) == 0.0
    assert classification.fit_cost_threshold(positive, never) > 1.0
    assert 0.8 < classification.fit_cost_threshold(positive[:2], never) <= 1.0

    indifferent = np.zeros((3, 2))  # costs that do not care ask for no alert
    assert classification.fit_cost_threshold(positive, indifferent) > 1.0


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_threshold_is_as_good_as_any(rows: list[tuple[int, bool, int, int]]) -> None:
    positive = np.array([row[0] / 20 for row in rows])
    costs = np.array([[row[2], 0] if row[1] else [0, row[3]] for row in rows], float)

    def cost(threshold: float) -> float:
        return float(np.where(positive >= threshold, costs[:, 1], costs[:, 0]).sum())

    best = min(cost(threshold) for threshold in [*positive, 0.0, 2.0])
    assert cost(classification.fit_cost_threshold(positive, costs)) == pytest.approx(best)


def test_specificity_by_hand() -> None:
    positive = np.array([0.9, 0.8, 0.6, 0.5, 0.3, 0.1])
    true = np.array([True, False, True, False, False, False])
    assert fit_specificity_threshold(positive, true, 0.75) == pytest.approx(0.55)  # one of four false alarms
    assert fit_specificity_threshold(positive, true, 0.76) == pytest.approx(0.85)
    assert fit_specificity_threshold(positive, true, 0.5) == pytest.approx(0.4)
    assert fit_specificity_threshold(positive, true, 0.01) == pytest.approx(0.2)

    assert fit_specificity_threshold(np.array([0.7, 0.7]), np.array([True, False]), 0.9) > 0.7  # equals together
    assert fit_specificity_threshold(np.array([0.7, 0.6]), np.array([True, True]), 0.9) == 0.0  # none to spare


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1), st.sampled_from([0.1, 0.5, 0.8, 0.9, 0.95]))
def test_specificity_is_kept_and_no_lower_threshold_keeps_it(rows: list[tuple[int, bool]], least: float) -> None:
    positive = np.array([row[0] / 20 for row in rows])
    true = np.array([row[1] for row in rows])
    threshold = fit_specificity_threshold(positive, true, least)

    def kept(threshold: float) -> bool:
        return bool((~true).sum() == 0 or (positive < threshold)[~true].mean() >= least - 1e-9)

    assert kept(threshold)
    assert not any(
        kept(lower)
        for lower in {*positive, 0.0}
        if lower < threshold and (positive >= lower).sum() > (positive >= threshold).sum()
    )


def test_postprocess_keeps_the_specificity_that_the_decision_asks_for() -> None:
    decision = Decision(positive="fraud", matrix={"fraud": {"genuine": 1000.0}}, specificity=0.5)
    data = examples(BINARY, ["fraud", "genuine", "fraud", "genuine"])
    outputs = {"logits": logits_of([0.9, 0.6, 0.5, 0.1])}
    found = classification.fit_postprocess(outputs, data, decision=decision)

    predicted = softmax.answer(outputs, found)["prediction"]
    assert predicted.tolist() == ["fraud", "fraud", "fraud", "genuine"]


def test_postprocess_is_data_and_minimises_expected_cost_of_amounts() -> None:
    decision = Decision(positive="fraud", matrix={"genuine": {"fraud": 5.0}}, scale={"fraud": "amount"})
    data = examples(BINARY, ["fraud", "genuine", "fraud", "genuine"], amount=[100.0, 1.0, 1.0, 1.0])
    outputs = {"logits": logits_of([0.9, 0.6, 0.5, 0.1])}
    found = classification.fit_postprocess(outputs, data, decision=decision)
    assert json.loads(json.dumps(found)) == found
    assert found["labels"] == ["genuine", "fraud"]

    # The second fraud loses 1, less than the false alert of 5 on the way to it.
    predicted = softmax.answer(outputs, found)["prediction"]
    assert predicted.tolist() == ["fraud", "genuine", "genuine", "genuine"]


def test_postprocess_without_a_positive_label_has_no_threshold() -> None:
    data = examples(("a", "b", "c"), ["a", "b", "b"])
    found = classification.fit_postprocess({"logits": np.eye(3)}, data, decision=Decision())
    assert found["threshold"] is None and found["positive"] is None


@pytest.mark.parametrize(
    ("labels", "true", "positive", "said"),
    [
        (BINARY, ["fraud", "fraud"], "fraud", r"holds the labels \['fraud'\] only"),
        (BINARY, ["fraud", "genuine"], "theft", "decision.positive is 'theft'"),
        (("a", "b", "c"), ["a", "b"], "a", "needs two labels"),
    ],
)
def test_what_cannot_be_fitted_is_refused(labels: tuple[str, ...], true: list[str], positive: str, said: str) -> None:
    data = examples(labels, true)
    with pytest.raises(InputError, match=said):
        classification.fit_postprocess({"logits": np.eye(len(labels))[:2]}, data, decision=Decision(positive=positive))


def test_scores_by_hand() -> None:
    data = examples(BINARY, ["fraud", "fraud", "genuine", "genuine"])
    found = classification.score(
        {"logits": logits_of([0.8, 0.2, 0.8, 0.2])},
        data,
        postprocess=plain(BINARY, positive="fraud", threshold=0.5),
        decision=Decision(positive="fraud", matrix={"fraud": {"genuine": 7.0}}),
    )

    assert found["prediction"].tolist() == ["fraud", "genuine", "fraud", "genuine"]
    assert found["confidence"].tolist() == pytest.approx([0.8, 0.2, 0.8, 0.2])
    assert found["score.accuracy"].tolist() == [1, 0, 0, 1]
    assert found["score.log_loss"].tolist() == pytest.approx([-math.log(p) for p in (0.8, 0.2, 0.2, 0.8)])
    assert found["score.brier"].tolist() == pytest.approx([0.04, 0.64, 0.64, 0.04])
    assert found["score.cost"].tolist() == [0, 7, 1, 0]
    assert found["weight.sensitivity"].tolist() == [1, 1, 0, 0]
    assert found["weight.specificity"].tolist() == [0, 0, 1, 1]
    assert found["weight.precision"].tolist() == [1, 0, 1, 0]
    assert found["score.alert_rate"].tolist() == [1, 0, 1, 0]


def weighted(table: pd.DataFrame, metric: str) -> float:
    return float(np.average(table[f"score.{metric}"], weights=table[f"weight.{metric}"]))


def test_scores_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(500, 2))
    true = rng.integers(0, 2, 500)
    data = examples(BINARY, np.array(BINARY)[true])
    rule = plain(BINARY, positive="fraud", threshold=0.3, temperature=1.7)
    found = classification.score({"logits": logits}, data, postprocess=rule, decision=FRAUD)

    p = np.exp(classification.log_probabilities(logits, 1.7))
    predicted = (found["prediction"] == "fraud").to_numpy()
    assert weighted(found, "log_loss") == pytest.approx(log_loss(true, p))
    assert weighted(found, "brier") == pytest.approx(brier_score_loss(true, p[:, 1]))
    assert weighted(found, "sensitivity") == pytest.approx(recall_score(true, predicted))
    assert weighted(found, "precision") == pytest.approx(precision_score(true, predicted))
    negative, false_alert, _, _ = confusion_matrix(true, predicted).ravel()
    assert weighted(found, "specificity") == pytest.approx(negative / (negative + false_alert))


def test_scores_of_many_labels_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    labels = tuple("abcd")
    logits = rng.normal(size=(300, 4))
    true = rng.integers(0, 4, 300)
    data = examples(labels, np.array(labels)[true])
    found = classification.score({"logits": logits}, data, postprocess=plain(labels), decision=Decision())

    p = np.exp(classification.log_probabilities(logits))
    assert weighted(found, "log_loss") == pytest.approx(log_loss(true, p, labels=range(4)))
    assert weighted(found, "brier") == pytest.approx(brier_score_loss(true, p, labels=range(4)))
    assert found["confidence"].tolist() == pytest.approx(p.max(axis=1).tolist())
    assert weighted(found, "cost") == pytest.approx(1 - weighted(found, "accuracy"))
    assert "score.sensitivity" not in found


def test_examples_without_labels_get_decisions_and_no_scores() -> None:
    data = Examples(pd.DataFrame({"id": ["a"]}), {}, BINARY)
    found = classification.score({"logits": logits_of([0.8])}, data, postprocess=plain(BINARY), decision=FRAUD)
    assert found.columns.tolist() == ["prediction", "confidence", "certainty"]


def test_other_labels_than_the_package_knows_are_refused() -> None:
    data = examples(("genuine", "theft"), ["theft"])
    with pytest.raises(InputError, match="the package knows the labels"):
        classification.score({"logits": logits_of([0.8])}, data, postprocess=plain(BINARY), decision=Decision())
