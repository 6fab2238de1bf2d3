import numpy as np
import pytest
from scipy.special import log_softmax

from hallmark.answers.classes import decoding as softmax

PLAIN = {"temperature": 2.0, "labels": ["a", "b", "c"], "positive": None, "threshold": None}
ALERT = {"temperature": 1.0, "labels": ["no", "yes"], "positive": "yes", "threshold": 0.3}


def test_the_most_probable_label_and_all_probabilities() -> None:
    logits = np.array([[2.0, 0.0, -2.0], [0.0, 0.0, 4.0]])
    given = softmax.answer({"logits": logits}, PLAIN)
    wanted = np.exp(log_softmax(logits / 2, axis=1))
    assert given["prediction"].tolist() == ["a", "c"]
    np.testing.assert_allclose(given[["probability.a", "probability.b", "probability.c"]], wanted)
    np.testing.assert_allclose(given["probability"], wanted.max(axis=1))
    assert list(given.columns) == ["prediction", *softmax.numbers(PLAIN)]


def test_an_alert_is_raised_at_the_threshold() -> None:
    probability = np.array([0.29, 0.31, 0.9])
    given = softmax.answer({"logits": np.log(np.stack([1 - probability, probability], axis=1))}, ALERT)
    assert given["prediction"].tolist() == ["no", "yes", "yes"]
    np.testing.assert_allclose(given["score"], probability)
    np.testing.assert_allclose(given["probability"], [0.71, 0.31, 0.9])  # of the label that is named
    assert list(given.columns) == ["prediction", "probability", "score", "probability.no", "probability.yes"]
    assert list(given.columns) == ["prediction", *softmax.numbers(ALERT)]


def test_logits_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match=r"logits of row 1 are .*nan"):
        softmax.answer({"logits": np.array([[0.0, 1.0], [np.nan, 0.0]])}, ALERT)


def test_large_logits_do_not_overflow() -> None:
    assert softmax.answer({"logits": np.array([[1e4, 0.0]])}, ALERT)["score"].tolist() == [0.0]
