"""A small table of examples and predictions: 60 training, 30 held-out and 40 recent entities of five rows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from hallmark.config.stages import Drift
from hallmark.drift import comparison
from hallmark.drift import comparison_windows as windows
from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family

ENTITIES = {"train": 60, "validation": 15, "test": 15, "recent": 40}
ROWS = 5


@pytest.fixture
def table() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    split = np.repeat(list(ENTITIES), [size * ROWS for size in ENTITIES.values()])
    n = len(split)
    entity = np.repeat(np.arange(n // ROWS), ROWS)
    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(n)],
            "entity": [f"e{number}" for number in entity],
            "split": split,
            "label": generator.choice(["cat", "dog"], n),
            "group.site": generator.choice(["north", "south"], n),
            "descriptor.brightness": 0.2 * generator.normal(size=n // ROWS)[entity] + generator.normal(size=n),
            "descriptor.contrast": generator.normal(size=n),
        }
    )


@pytest.fixture
def predictions(table: pd.DataFrame) -> pd.DataFrame:
    generator = np.random.default_rng(4)
    right = generator.random(len(table)) < 0.8
    other = table["label"].map({"cat": "dog", "dog": "cat"})

    rows = table[["id", "entity", "split", "label", "group.site"]].assign(
        prediction=table["label"].where(right, other),
        confidence=generator.uniform(0.5, 1.0, len(table)),
    )
    rows["score.accuracy"] = right.astype(float)
    rows["weight.accuracy"] = 1.0
    return rows


@pytest.fixture
def family() -> Callable[..., Family]:
    """Make a family of numeric columns from arrays (rows, columns) of independent rows."""

    def frame(values: np.ndarray, names: list[str], *, side: str) -> pd.DataFrame:
        rows = pd.DataFrame(values, columns=names)
        return rows.assign(entity=[f"{side}{row}" for row in range(len(rows))])

    def make(reference: np.ndarray, recent: np.ndarray) -> Family:
        names = [f"x{column}" for column in range(reference.shape[1])]
        return Family(
            "columns",
            frame(reference, names, side="reference"),
            frame(recent, names, side="recent"),
            numeric=tuple(names),
            categorical=(),
        )

    return make


@pytest.fixture
def compare() -> Callable[..., tuple[list[Family], list[Column]]]:
    """Compare a table of examples and one of predictions."""
    settings = Drift(alpha=0.05, min_effect_size=0.2, n_permutations=100, max_rows=10_000)

    def made(table: pd.DataFrame, predictions: pd.DataFrame) -> tuple[list[Family], list[Column]]:
        families = windows.column_families(table, predictions, max_rows=10_000, seed=1)
        return families, comparison.compare_columns(families, settings, seed=1)

    return made
