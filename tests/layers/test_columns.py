"""Layers for columns: encodings by hand, on rows and on histories."""

import numpy as np
import torch

from hallmark.layers.columns import PiecewiseLinearEncoding, ResidualBlock, Standardize


def test_a_standard_column_has_the_training_datas_mean_and_spread() -> None:
    values = np.array([[1.0, 5.0], [3.0, 5.0]])
    found = Standardize(values)(torch.tensor([[1.0, 5.0], [3.0, 6.0]]))
    np.testing.assert_allclose(found, [[-1.0, 0.0], [1.0, 1.0]])  # a constant column keeps its unit


def test_histories_are_encoded_reading_by_reading() -> None:
    pieces = PiecewiseLinearEncoding(np.random.default_rng(0).normal(size=(50, 3)), 4)
    history = torch.randn(2, 5, 3)
    torch.testing.assert_close(pieces(history)[1, 2], pieces(history[1, 2][None])[0])
    assert pieces(history).shape == (2, 5, pieces.size)


def test_a_block_adds_to_its_state() -> None:
    block = ResidualBlock(4, 0.0)
    last = block.layers[-1]
    assert isinstance(last, torch.nn.Linear)
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)

    state = torch.randn(3, 4)
    torch.testing.assert_close(block(state), state)
