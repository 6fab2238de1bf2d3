"""The bundled digits, written and read once for all tests of the image system."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import raw_data
from omegaconf import OmegaConf

from hallmark.contracts.examples import Examples
from hallmark.systems.image import bundled, config

_DIGITS = {
    "format": "folder",
    "height": 8,
    "width": 8,
    "channels": 1,
    "labels": {str(digit): str(digit) for digit in range(10)},
    "metadata": "metadata.csv",
    "columns": {"entity": "entity", "time": "time"},
}

Keywords = Callable[..., dict[str, Any]]


def _keywords(**given: Any) -> dict[str, Any]:
    merged: Any = OmegaConf.to_container(OmegaConf.merge(config.Reading.model_validate(_DIGITS).model_dump(), given))
    return dict(merged) | ({"labels": given["labels"]} if "labels" in given else {})


@pytest.fixture(scope="session")
def keywords() -> Keywords:
    """The keyword arguments of `reading.read` for the digits, with changes, as a composed configuration has them."""
    return _keywords


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    bundled.write(folder, config.Raw(), seed=7)
    return folder


@pytest.fixture(scope="session")
def digits(digits_folder: Path) -> Examples:
    return raw_data.read("image", digits_folder, **_keywords())
