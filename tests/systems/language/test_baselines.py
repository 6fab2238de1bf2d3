"""Simple methods for text: the rule and the n-gram, and the order that is chosen."""

import numpy as np
import pytest

from hallmark.answers.next_token.scoring import scored_positions
from hallmark.contracts.examples import Examples
from hallmark.systems.language import baselines


@pytest.fixture(scope="module")
def train(windows: Examples) -> Examples:
    return windows.split("train")


@pytest.mark.parametrize("name", ["Kneser-Ney n-gram", "rule"])
def test_the_outputs_are_those_of_the_network(train: Examples, windows: Examples, name: str) -> None:
    test = windows.split("test")
    outputs = baselines.fit(train, seed=1)[name](test)
    likelihood = outputs["log_likelihood"]
    logits = outputs["logits"]
    assert likelihood.dtype == np.float32
    assert likelihood.shape == (len(test), 16)
    assert logits.dtype == np.float32
    assert logits.shape == (len(test), 301)

    present = (np.arange(16) > 0) & (np.arange(16) < test.arrays["length"][:, None])
    assert (likelihood[present] < 0).all()
    assert (likelihood[~present] == 0).all()
    assert np.exp(logits).sum(axis=1) == pytest.approx(np.ones(len(test)), rel=1e-5)


def test_the_n_gram_knows_more_than_the_rule(train: Examples, windows: Examples) -> None:
    test = windows.split("test")
    fitted = baselines.fit(train, seed=1)
    ngram, rule = (
        fitted[name](test)["log_likelihood"][scored_positions(test)].mean() for name in ("Kneser-Ney n-gram", "rule")
    )
    assert ngram > rule + 0.5


def test_the_rule_is_how_often_each_token_came(train: Examples, windows: Examples) -> None:
    seen = np.bincount(train.arrays["tokens"][scored_positions(train)], minlength=301) + 0.5
    logits = baselines.fit(train, seed=1)["rule"](windows)["logits"]
    np.testing.assert_allclose(np.exp(logits[0]), seen / seen.sum(), rtol=1e-5)


def test_words_by_chance_need_a_short_order(train: Examples) -> None:
    assert 2 <= baselines.choose_order(train, seed=1) <= 4


def test_the_order_stays_within_the_overlap(train: Examples) -> None:
    narrow = Examples(train.table, {**train.arrays, "target.start": np.ones(len(train), np.int32)}, (), train.source,
                      train.encoding)  # fmt: skip
    assert baselines.choose_order(narrow, seed=1) == 2


def test_one_document_is_enough(train: Examples) -> None:
    one = train.take((train.table["entity"] == train.table["entity"][0]).to_numpy())
    assert baselines.choose_order(one, seed=1) == 2


def test_the_same_data_gives_the_same_outputs(train: Examples, windows: Examples) -> None:
    first, second = (baselines.fit(train, seed=1)["Kneser-Ney n-gram"](windows)["logits"] for _ in range(2))
    assert (first == second).all()
