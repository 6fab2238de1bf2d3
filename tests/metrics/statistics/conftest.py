"""Small data whose statistics another library knows."""

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True)
class Scored:
    """Rows of forty entities, with weights, tied scores and labels."""

    scores: np.ndarray
    positive: np.ndarray
    weights: np.ndarray
    codes: np.ndarray
    size: int = 40


@pytest.fixture
def scored() -> Scored:
    generator = np.random.default_rng(3)
    positive = generator.random(300) < 0.3
    return Scored(
        scores=np.round(generator.normal(size=300) + positive, 1),
        positive=positive,
        weights=generator.choice([0.0, 0.5, 1.0, 2.0], 300),
        codes=generator.integers(40, size=300),
    )
