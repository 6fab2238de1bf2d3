import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).parent / "stub.py"


@pytest.fixture(scope="session")
def script() -> Path:
    return SCRIPT


@pytest.fixture(scope="session")
def stub() -> Any:
    """The tiny system of stub.py."""
    return SimpleNamespace(**runpy.run_path(str(SCRIPT)))


@pytest.fixture(scope="session")
def trained(stub: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One whole training of it."""
    return stub.run(tmp_path_factory.mktemp("state"))
