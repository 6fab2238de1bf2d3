"""What every test starts from: nothing of the shell that started it, of the person's home, or of the test before."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Variables that change what the packages do: a server, a launcher of processes, a repository, colours, a window system.
FOREIGN = (
    "CLICOLOR",
    "DVC_",
    "FORCE_COLOR",
    "GIT_",
    "GROUP_",
    "HALLMARK_ACCELERATOR",
    "HALLMARK_DEVICES",
    "HALLMARK_LAUNCHER",
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "MACHINE",
    "MASTER_",
    "MLFLOW_",
    "MPLBACKEND",
    "NODE_RANK",
    "NO_COLOR",
    "PMI_",
    "OMPI_",
    "RANK",
    "SLURM_",
    "TORCHELASTIC_",
    "TTY_",
    "WORLD_SIZE",
)
# An identity to commit with, and none of the person's own settings: hooks, signatures, templates, other stores.
GIT_SETTINGS = {"user.name": "test", "user.email": "test@localhost", "safe.directory": "*"}
NO_FOLDER = str(Path(__file__).parents[1] / ".state/no-settings")  # never made
OWN = {
    "COLUMNS": "160",
    "DVC_NO_ANALYTICS": "true",
    "DVC_GLOBAL_CONFIG_DIR": NO_FOLDER,
    "DVC_SYSTEM_CONFIG_DIR": NO_FOLDER,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": str(len(GIT_SETTINGS)),
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # else a server starts eight processes that wait for jobs
    "PYTHONUTF8": "1",
}
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def pytest_configure() -> None:
    """Clean the environment before any test module is imported; processes that tests start inherit it."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    os.environ.update(OWN)
    for number, (key, value) in enumerate(GIT_SETTINGS.items()):
        os.environ |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}


@pytest.hookimpl(trylast=True)  # after the shuffle, whose order stays within each half
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take minutes: left to the end, one of them keeps every other worker waiting."""

    def takes_minutes(item: pytest.Item) -> bool:
        return any(item.get_closest_marker(name) for name in ("pipeline", "server", "public_data"))

    items.sort(key=lambda item: not takes_minutes(item))


def pytest_collection_finish() -> None:
    """Take what imports made out of the garbage collector's rounds, which would visit a million objects each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def leave_no_trace() -> Iterator[None]:
    """Give the process back as the test found it: variables, folder, handlers of signals, and the store of MLflow."""
    variables, folder = dict(os.environ), Path.cwd()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    mlflow = sys.modules.get("mlflow")
    if mlflow is not None and mlflow.is_tracking_uri_set():
        mlflow.set_tracking_uri(None)
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)
    os.chdir(folder)
    for number, handler in handlers.items():
        signal.signal(number, handler)
