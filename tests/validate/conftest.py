"""Twenty-four examples that meet every rule: two of each label and of each sex in every split, entities of two rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Examples
from hallmark.validate.validation import Validation, validate_examples


@pytest.fixture
def clean() -> Examples:
    rows = 24
    splits = np.repeat(["train", "validation", "test", "recent"], [8, 4, 8, 4])
    table = pd.DataFrame(
        {
            "id": [f"e{row:02}" for row in range(rows)],
            "split": splits,
            "entity": [f"card {row // 2}" for row in range(rows)],
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), unit="h"),
            "label": ["cat", "dog"] * (rows // 2),
            "group.sex": ["f", "f", "m", "m"] * (rows // 4),
            "descriptor.brightness": np.linspace(0, 1, rows, dtype=np.float32),
            "fingerprint": [f"{row:064x}" for row in range(rows)],
        }
    )

    arrays: dict[str, np.ndarray] = {"pixels": np.ones((rows, 2, 2), np.float32), "count": np.ones((rows, 3), np.int64)}
    return Examples(table, arrays, ("cat", "dog"))


@pytest.fixture
def check() -> Any:
    def run(examples: Examples, **changed: Any) -> Validation:
        settings = {
            "minimum_per_class": 2,
            "minimum_per_group": 4,
            "expectations": {},
            "declared_groups": ["sex"],
            "split_method": "time",
        }
        return validate_examples(examples, **{**settings, **changed})

    return run
