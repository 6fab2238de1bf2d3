"""A predictions table with two groups, and a gap where a test plants it."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def table() -> pd.DataFrame:
    """Six hundred rows of two hundred entities; `group.age` has a value that only seven rows share."""
    generator = np.random.default_rng(5)
    rows = 600
    confidence = generator.random(rows)
    positive = generator.random(rows) < 0.4
    age = generator.choice(np.array(["young", "old"], object), rows)
    age[:7] = "unsaid"

    return pd.DataFrame(
        {
            "id": [f"{row:04d}" for row in range(rows)],
            "entity": [f"e{row // 3}" for row in range(rows)],
            "label": np.where(positive, "yes", "no"),
            "prediction": np.where(confidence > 0.5, "yes", "no"),
            "confidence": confidence,
            "group.sex": np.where(np.arange(rows) // 3 % 2, "f", "m"),
            "group.age": age,
            "score.accuracy": (generator.random(rows) < 0.9).astype(float),
            "weight.accuracy": 1.0,
        }
    )
