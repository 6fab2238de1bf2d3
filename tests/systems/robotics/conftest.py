from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.prepare import prepare_examples
from hallmark.systems.robotics import bundled, config

READING: dict[str, Any] = {
    "file": "logs.parquet",
    "observations": ["angle_cos", "angle_sin", "rate"],
    "history": 6,
    "actions": {"torque": {"low": -2.0, "high": 2.0}},
    "columns": {"entity": "episode", "step": "step"},
    "every": 5,
    "settings": {"file": "episodes.csv", "key": "episode"},
    "descriptors": ["payload", "friction", "noise"],
    "replaced_descriptors": ["noise"],
    "groups": {"sensor": {}},
    "bands": {"payload": {"edges": [0.15]}},
}
WALLS: dict[str, Any] = {
    "file": "walls.csv",
    "observations": ["front", "left"],
    "history": 2,
    "columns": {"label": "done"},
    "labels": {"F": "forward", "R": "right"},
    "block": 20,
}
SPLIT: dict[str, Any] = {"method": "entity", "fractions": {"train": 0.6, "validation": 0.15, "test": 0.25}, "seed": 1}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So little work is done soonest by one thread; several wait for each other, on a busy machine for minutes."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    bundled.write(folder, config.Raw(episodes=80, steps=60), seed=3)
    return folder


@pytest.fixture(scope="session")
def swings(raw: Path) -> Examples:
    """Numeric actions, with splits."""
    return prepare_examples(raw_data.read("robotics", raw, **READING), **SPLIT)


@pytest.fixture(scope="session")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """Actions of a known set, with splits: a robot that turns where something is near in front."""
    folder = tmp_path_factory.mktemp("walls")
    walk().to_csv(folder / "walls.csv", index=False)
    return prepare_examples(raw_data.read("robotics", folder, **WALLS), **SPLIT)


def walk(rows: int = 600, seed: int = 1) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    front = np.abs(np.cumsum(generator.normal(size=rows)) % 10 - 5).round(3)
    left = generator.uniform(0.5, 5.0, rows).round(3)
    return pd.DataFrame({"front": front, "left": left, "done": np.where(front < 1.5, "R", "F")})
