"""The perceptron: what it reads of each kind of examples, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import torch

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers.perceptron import Perceptron

ROWS = 40


def _examples(**arrays: np.ndarray) -> Examples:
    return Examples(pd.DataFrame(index=range(ROWS)), arrays, ("no", "yes"))


def test_it_reads_all_numbers_standardised() -> None:
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (ROWS, 1, 2, 2), dtype=np.uint8)
    columns = rng.normal(50, 3, (ROWS, 2)).astype(np.float32)
    columns[:, 1] = 7.25  # a constant column
    network = Perceptron(_examples(image=images, current=columns), width=5, depth=2)

    assert network.inputs == ("current", "image")
    assert network.features == 5
    assert network(torch.tensor(columns), torch.tensor(images)).shape == (ROWS, 5)
    flat = np.concatenate([columns, images.reshape(ROWS, -1)], axis=1)
    standardised = (torch.tensor(flat) - network.mean) / network.deviation
    assert standardised.mean(0).numpy() == pytest.approx([0] * 6, abs=1e-5)
    assert standardised.std(0, correction=0).numpy() == pytest.approx([1, 0, 1, 1, 1, 1], abs=1e-4)


def test_what_is_predicted_is_no_input() -> None:
    arrays = {"present": np.ones((ROWS, 3), bool), "target.action": np.zeros((ROWS, 1), np.float32)}
    assert Perceptron(_examples(**arrays)).inputs == ("present",)


def test_tokens_are_refused() -> None:
    with pytest.raises(InputError, match="reads numbers, but the arrays of the examples, length, tokens, are seq"):
        Perceptron(_examples(tokens=np.zeros((ROWS, 8), np.int64), length=np.ones(ROWS, np.int64)))


@pytest.mark.parametrize("key", ["width", "depth"])
def test_a_network_without_layers_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"train.network.{key} is 0: at least 1 is needed"):
        Perceptron(_examples(x=np.ones((ROWS, 1), np.float32)), **{key: 0})
