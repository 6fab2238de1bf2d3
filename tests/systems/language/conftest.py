from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import raw_data

from hallmark.contracts.examples import Examples
from hallmark.systems.language import reading

DEFAULTS: dict[str, Any] = {
    "format": "text",
    "vocabulary": 300,
    "context": 16,
    "overlap": 4,
    "columns": {"text": "text", "id": None, "entity": None, "time": None, "split": None},
    "cut": None,
    "splits": {},
    "holdout": 0.0,
    "groups": {},
    "bands": {},
    "source": None,
}
Keywords = Callable[..., dict[str, Any]]
_WORDS = ["array", "shape", "returns", "the", "of", "value", "index", "über", "naïve", "→", "数", "(x, y)", "1.0", "\n"]


@pytest.fixture(scope="session")
def keywords() -> Keywords:
    """The keys of `prepare.reading`, with some of them changed."""

    def keywords(**changed: Any) -> dict[str, Any]:
        return {**DEFAULTS, **changed, "columns": {**DEFAULTS["columns"], **changed.get("columns", {})}}

    return keywords


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve documents of two sources, in words that follow each other by chance."""
    folder = tmp_path_factory.mktemp("raw")
    generator = np.random.default_rng(5)
    for number in range(12):
        path = folder / f"source-{number % 2}" / f"page-{number:02d}.txt"
        path.parent.mkdir(exist_ok=True)
        words = generator.choice(_WORDS, 120, p=np.arange(1, 15) / 105)
        path.write_bytes(" ".join(words).encode())
    return folder


@pytest.fixture(scope="session")
def documents(corpus: Path, keywords: Keywords) -> Examples:
    """The corpus as read, with splits: six documents of train, two of each other split."""
    read = raw_data.read("language", corpus, **keywords(groups={"source": {"column": "folder"}}))
    split = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2 + ["recent"] * 2
    return replace(read, table=read.table.assign(split=split))


@pytest.fixture(scope="session")
def windows(documents: Examples) -> Examples:
    return reading.encode(documents)
