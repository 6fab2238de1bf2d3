"""One whole training of the tiny system."""

from pathlib import Path

import pytest
import small_training

from hallmark.train.trained_network import TrainedNetwork


@pytest.fixture(scope="session")
def script() -> Path:
    return Path(small_training.__file__)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedNetwork:
    return small_training.run(tmp_path_factory.mktemp("state"))
