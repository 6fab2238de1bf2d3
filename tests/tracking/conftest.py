from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the local store lies: making its tables takes seconds, so the tests share it."""
    folder = tmp_path_factory.mktemp("tracking") / "my work"
    folder.mkdir()
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The local store as it is found by whoever runs in `folder`."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return folder
