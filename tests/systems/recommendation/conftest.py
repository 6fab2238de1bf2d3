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
from hallmark.systems.recommendation import bundled, config, reading

FILE: dict[str, Any] = {"separator": ",", "encoding": "utf-8", "header": []}
READING: dict[str, Any] = {
    "interactions": {**FILE, "file": "interactions.csv"},
    "users": {
        **FILE,
        "file": "users.csv",
        "key": "user",
    },
    "groups": {"gender": {}},
    "bands": {"age": {"edges": [30.0]}},
    "items": {
        **FILE,
        "file": "items.csv",
        "key": "item",
        "title": "title",
        "genre": "genre",
        "genres": [],
        "names": {},
    },
    "length": 12,
    "memory": 60,
    "rows_per_user": 3,
}
SPLIT: dict[str, Any] = {
    "method": "time",
    "fractions": {"train": 0.6, "validation": 0.1, "test": 0.2, "recent": 0.1},
    "seed": 7,
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So little work is done soonest by one thread; several wait for each other, on a busy machine for minutes."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    bundled.write(folder, config.Raw(users=300, items=120, days=120), seed=3)
    return folder


@pytest.fixture(scope="session")
def examples(raw: Path) -> Examples:
    return raw_data.read("recommendation", raw, **READING)


@pytest.fixture(scope="session")
def prepared(examples: Examples) -> Examples:
    return prepare_examples(examples, **SPLIT, encode=reading.encode)


def made(sequences: list[list[int]], *, items: int = 12, length: int = 4, repeats: bool = False) -> Examples:
    """Prepared training rows of users who had these positions in a catalogue, one a day, user by user from day 0."""
    rows = [(user, day, item + 1) for user, had in enumerate(sequences) for day, item in enumerate(had)]
    user, day, code = np.array(rows).T
    place = reading.sequences.positions(user)
    kept = np.flatnonzero(place > 0)
    memory = max(length, *map(len, sequences))
    history = reading.sequences.earlier(code.astype(np.int32), place, memory)[kept]
    before = reading.sequences.earlier(day.astype(float), place, memory)[kept]
    names = [f"i{number}" for number in range(items)]
    table = pd.DataFrame({"id": [f"{u} {d}" for u, d in zip(user[kept], day[kept], strict=True)]})
    table["entity"], table["time"], table["split"] = [f"u{u:03}" for u in user[kept]], day[kept] * 86_400.0, "train"
    ago = np.where(history > 0, day[kept, None] - before, 0).astype(np.float32)
    arrays = {"items": history, "days_ago": ago, "target.item": code[kept].astype(np.int32)}
    said = {"length": length, "rows_per_user": 1, "repeats": repeats}
    encoding = {"items": names, "titles": [f"title {name}" for name in names], "genres": None, **said}
    return reading.encode(Examples(table, arrays, (), encoding=encoding))
