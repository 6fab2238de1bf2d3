from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.systems.table import bundled, config

READING: dict[str, Any] = {
    "file": "transactions.parquet",
    "columns": {"id": "transaction", "entity": "card", "time": "time", "label": "fraud"},
    "labels": {"0": "genuine", "1": "fraud"},
    "categorical": {"category": ["grocery", "online"]},
    "groups": {"region": {}},
    "bands": {"age": {"edges": [30.0, 60.0]}},
    "history": {
        "amount": "amount",
        "place": "terminal",
        "length": 8,
        "account": {"file": "customers.csv", "key": "card", "x": "home_x", "y": "home_y"},
        "terminals": {"file": "terminals.csv", "key": "terminal", "x": "x", "y": "y"},
    },
}
FLAT: dict[str, Any] = {
    "file": "clients.csv",
    "columns": {"label": "default"},
    "labels": {"0": "repaid", "1": "default"},
    "numeric": ["delay", "limit"],
    "categorical": {"job": ["clerk", "farmer"]},
    "groups": {"SEX": {"names": {"1": "male", "2": "female"}}},
    "bands": {"AGE": {"edges": [30.0, 50.0]}},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So little work is done soonest by one thread; several wait for each other, on a busy machine for minutes."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    bundled.write(folder, config.Raw(customers=250, terminals=200, days=90), seed=3)
    return folder


@pytest.fixture(scope="session")
def examples(raw: Path) -> Examples:
    return raw_data.read("table", raw, **READING)


def clients(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """A flat table in which the first number tells of the label, and the second not."""
    generator = np.random.default_rng(seed)
    delay = generator.integers(-1, 5, rows)
    return pd.DataFrame(
        {
            "delay": delay,
            "limit": generator.lognormal(8, 1, rows).round(),
            "job": generator.choice(["clerk", "farmer", "smith"], rows),
            "SEX": generator.integers(1, 3, rows),
            "AGE": generator.integers(20, 70, rows),
            "default": (generator.random(rows) < 0.1 + 0.15 * np.clip(delay, 0, 4)).astype(int),
        }
    )


@pytest.fixture
def flat(tmp_path: Path) -> Examples:
    clients().to_csv(tmp_path / "clients.csv", index=False)
    return raw_data.read("table", tmp_path, **FLAT)
