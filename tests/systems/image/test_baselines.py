"""Simple methods for pictures: what they learn, and what they never answer."""

from dataclasses import replace

import numpy as np
import pytest

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.image import baselines


@pytest.fixture(scope="module")
def forms(digits: Examples) -> np.ndarray:
    return digits.table["time"].to_numpy()


def test_pixels_tell_most_digits_of_unseen_writers(digits: Examples, forms: np.ndarray) -> None:
    predict = baselines.fit(digits.take(forms < 10), seed=1)["logistic regression"]
    unseen = digits.take(forms >= 10)
    logits = predict(unseen)["logits"]
    assert logits.dtype == np.float32
    assert logits.shape == (len(unseen), 10)
    assert (logits.argmax(axis=1) == unseen.targets()).mean() > 0.88


def test_the_rule_is_the_most_frequent_label_with_the_labels_shares(digits: Examples) -> None:
    train = digits.take(np.flatnonzero(digits.targets() < 3)[:100].repeat(1))
    train = train.take(np.argsort(train.targets(), kind="stable")[:60])
    logits = baselines.fit(train, seed=1)["rule"](digits)["logits"]
    counts = np.bincount(train.targets(), minlength=10) + 0.5
    assert logits.shape == (len(digits), 10)
    np.testing.assert_allclose(np.exp(logits[0]), counts / counts.sum(), rtol=1e-5)
    assert (logits == logits[0]).all()


@pytest.mark.parametrize("seen", [[3, 8], [1, 4, 7]])
def test_labels_that_were_not_seen_are_never_answered(digits: Examples, seen: list[int]) -> None:
    train = digits.take(np.isin(digits.targets(), seen))
    logits = baselines.fit(train, seed=1)["logistic regression"](train)["logits"]
    assert np.isfinite(logits).all()
    assert (logits.argmax(axis=1) == train.targets()).mean() > 0.97


def test_same_data_same_logits(digits: Examples) -> None:
    train = digits.take(np.arange(300))
    first, second = (baselines.fit(train, seed=1)["logistic regression"](digits)["logits"] for _ in range(2))
    assert (first == second).all()


def test_one_label_is_refused(digits: Examples) -> None:
    train = digits.take(digits.targets() == 4)
    with pytest.raises(InputError, match="have the label '4' only"):
        baselines.fit(replace(train, labels=digits.labels), seed=1)
