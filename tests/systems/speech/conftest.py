"""Some spoken commands, written and read once for all tests of the speech system."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import raw_data
from omegaconf import OmegaConf
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.systems.speech import bundled, config, reading

ALPHABET = "abcdefghijklmnopqrstuvwxyz "
COMMANDS = {
    "format": "folder",
    "sample_rate": 8000,
    "seconds": 3.0,
    "alphabet": ALPHABET,
    "vocabulary": "closed",
    "transcripts": "transcripts.csv",
    "columns": {"entity": "speaker"},
    "groups": {"accent": {}, "voice": {}},
}

Keywords = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So little work is done soonest by one thread; several wait for each other, on a busy machine for minutes."""
    with threadpool_limits(1):
        yield


def _keywords(**given: Any) -> dict[str, Any]:
    merged: Any = OmegaConf.to_container(OmegaConf.merge(config.Reading.model_validate(COMMANDS).model_dump(), given))
    return dict(merged)


@pytest.fixture(scope="session")
def keywords() -> Keywords:
    """The keyword arguments of `reading.read` for the commands, with changes, as a composed configuration has them."""
    return _keywords


@pytest.fixture(scope="session")
def commands_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    bundled.write(folder, config.Raw(speakers=20, clips=8), seed=7)
    return folder


@pytest.fixture(scope="session")
def commands(commands_folder: Path) -> Examples:
    """16 speakers to train on, 2 to validate and 2 to test, with the lexicon of the first."""
    examples = raw_data.read("speech", commands_folder, **_keywords())
    number = examples.table["entity"].str[-3:].astype(int)
    split = np.where(number < 16, "train", np.where(number < 18, "validation", "test"))
    return reading.encode(replace(examples, table=examples.table.assign(split=split)))
