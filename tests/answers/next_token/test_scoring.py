from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hallmark.answers.next_token import scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.metrics import Measurement

VOCABULARY = ["a", "é", "end"]


@pytest.fixture
def examples() -> Examples:
    """A document of three tokens in two windows, of which the second repeats one, and another of one token."""
    table = pd.DataFrame({"id": ["x:0", "x:1", "y:0"], "entity": ["x", "x", "y"], "split": "test"})
    table = table.assign(bytes=[3, 1, 2], characters=[2, 1, 1])
    arrays = {
        "tokens": np.array([[2, 0, 1], [1, 0, 2], [2, 1, 2]], np.int32),
        "length": np.array([3, 2, 2], np.int32),
        "target.start": np.array([1, 1, 1], np.int32),
        "target.next": np.array([0, 2, 2], np.int32),
    }
    return Examples(table, arrays, encoding={"vocabulary": VOCABULARY})


@pytest.fixture
def outputs() -> dict[str, np.ndarray]:
    likelihood = np.log(np.array([[1, 0.5, 0.25], [1, 0.125, 1], [1, 0.5, 1]], np.float32))
    logits = np.log(np.array([[0.8, 0.1, 0.1], [0.2, 0.2, 0.6], [0.7, 0.2, 0.1]], np.float32))
    return {"log_likelihood": likelihood, "logits": logits}


def _score(outputs: dict[str, np.ndarray], examples: Examples) -> pd.DataFrame:
    postprocess = {"kind": "likelihood", "temperature": 1.0, "vocabulary": VOCABULARY}
    return scoring.score(outputs, examples, postprocess=postprocess, decision=Decision())


def test_bits_and_nats_of_what_counts(outputs: dict[str, np.ndarray], examples: Examples) -> None:
    table = _score(outputs, examples)
    assert table["score.bits_per_byte"].tolist() == pytest.approx([1.0, 3.0, 0.5])
    assert table["weight.bits_per_byte"].tolist() == [3, 1, 2]
    assert table["score.nats_per_character"].tolist() == pytest.approx(np.log(2) * np.array([1.5, 3.0, 1.0]))
    assert table["weight.nats_per_character"].tolist() == [2, 1, 1]
    assert table["score.perplexity"].tolist() == pytest.approx(np.log(2) * np.array([1.5, 3.0, 1.0]))
    assert table["weight.perplexity"].tolist() == [2, 1, 1]


def test_the_answer_is_the_next_token(outputs: dict[str, np.ndarray], examples: Examples) -> None:
    table = _score(outputs, examples)
    assert table["prediction"].tolist() == ["a", "end", "a"]
    assert table["mistake"].tolist() == [False, False, True]
    assert table["score.accuracy"].tolist() == [1, 1, 0]
    assert table["certainty"].tolist() == table["confidence"].tolist() == pytest.approx([0.8, 0.6, 0.7])


def test_metrics_are_those_of_all_the_text(outputs: dict[str, np.ndarray], examples: Examples) -> None:
    rows = pd.concat([examples.table, _score(outputs, examples)], axis=1)
    found = Measurement(rows, ["bits_per_byte", "perplexity"], positive=None, seed=1).overall
    assert found["bits_per_byte"].estimate == pytest.approx(7 / 6)  # seven bits, six bytes
    assert found["perplexity"].estimate == pytest.approx(2 ** (7 / 4))  # seven bits, four tokens
    assert found["bits_per_byte"].n == 2


def test_context_counts_for_nothing(outputs: dict[str, np.ndarray], examples: Examples) -> None:
    start = np.array([2, 1, 1], np.int32)
    table = _score(outputs, replace(examples, arrays={**examples.arrays, "target.start": start}))
    assert table["score.bits_per_byte"].tolist() == pytest.approx([2 / 3, 3.0, 0.5])


def test_the_temperature_makes_the_next_token_likeliest() -> None:
    generator = np.random.default_rng(2)
    target = {"target.next": generator.integers(0, 301, 400).astype(np.int32)}
    encoding = {"vocabulary": [f"t{number}" for number in range(301)]}
    windows = Examples(pd.DataFrame(index=range(400)), target, encoding=encoding)
    following = windows.arrays["target.next"]
    logits = generator.normal(size=(len(windows), 301)).astype(np.float32)
    logits[np.arange(len(windows)), following] += np.where(generator.random(len(windows)) < 0.5, 8, 0)

    outputs: dict[str, np.ndarray] = {"logits": logits, "log_likelihood": np.zeros((len(windows), 16))}
    postprocess = scoring.fit_postprocess(outputs, windows, decision=Decision())
    assert postprocess["vocabulary"] == windows.encoding["vocabulary"]

    def loss(temperature: float) -> float:
        scaled = logits.astype(float) / temperature
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[np.arange(len(windows)), following].mean())

    fitted = postprocess["temperature"]
    assert loss(fitted) < min(loss(fitted * factor) for factor in (0.9, 1.1))


def test_other_tokens_are_refused(outputs: dict[str, np.ndarray], examples: Examples) -> None:
    other = replace(examples, encoding={"vocabulary": ["b", "é", "end"]})
    with pytest.raises(InputError, match="knows other tokens than the examples were made of"):
        _score(outputs, other)


def test_a_likelihood_that_is_not_finite_is_refused(outputs: dict[str, np.ndarray], examples: Examples) -> None:
    with pytest.raises(InputError, match="log likelihood of row 0"):
        _score({**outputs, "log_likelihood": outputs["log_likelihood"] - np.inf}, examples)
