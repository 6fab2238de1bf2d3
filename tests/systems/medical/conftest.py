"""A small phantom, written and read once for all tests of the medical system."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import raw_data
from omegaconf import OmegaConf

from hallmark.contracts.examples import Examples
from hallmark.prepare import prepare_examples
from hallmark.systems.medical import bundled, config, reading

_PHANTOM = {
    "format": "folder",
    "height": 40,
    "width": 40,
    "channels": 1,
    "labels": {"clear": "clear", "lesion": "lesion"},
    "metadata": "scans.csv",
    "columns": {"entity": "patient", "time": "date"},
    "clinical": {
        "numeric": ["age"],
        "categorical": {"sex": ["female", "male"], "family_history": ["absent", "present"]},
        "missing": True,
    },
    "groups": {"sex": {}, "site": {}, "kind": {}},
    "bands": {"age": {"column": "age", "edges": [50, 65], "names": ["young", "middle", "old"]}},
}

Keywords = Callable[..., dict[str, Any]]


def _keywords(**given: Any) -> dict[str, Any]:
    merged: Any = OmegaConf.to_container(OmegaConf.merge(config.Reading.model_validate(_PHANTOM).model_dump(), given))
    return dict(merged)


@pytest.fixture(scope="session")
def keywords() -> Keywords:
    """The keyword arguments of `reading.read` for the phantom, with changes, as a composed configuration has them."""
    return _keywords


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    bundled.write(folder, config.Raw(patients=150, shortcut=False), seed=7)
    return folder


@pytest.fixture(scope="session")
def phantom(phantom_folder: Path) -> Examples:
    """The prepared phantom, with splits."""
    fractions = {"train": 0.5, "validation": 0.2, "test": 0.2, "recent": 0.1}
    raw = raw_data.read("medical", phantom_folder, **_keywords())
    return prepare_examples(raw, method="time", fractions=fractions, seed=7, encode=reading.encode)
