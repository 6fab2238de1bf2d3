"""The way to MLflow: a SQLite file and a folder here, or the server that MLFLOW_TRACKING_URI names."""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hallmark.errors import InputError

LOCAL, ARTIFACTS = "sqlite:///mlflow.db", "mlartifacts"
_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",  # one for every few files, over the table of a refusal
}
# MLflow's own defaults wait for minutes: seven retries of two minutes each.
_IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "4",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}


def connect() -> Any:
    """Return an `MlflowClient` whose server has answered, and make it the one that `mlflow`'s functions talk to.

    Raises `InputError` within seconds where nothing answers; its sentence holds no user name and no password.
    """
    os.environ.update(_QUIET)  # read when MLflow is imported
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    _require_database(uri)
    import mlflow  # after the lines above, and 2 s of every process that does not track

    for name in ("mlflow", "alembic"):  # they tell of every table that they create
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with impatience():
            mlflow.set_tracking_uri(uri)
            client = mlflow.MlflowClient()
            client.search_experiments(max_results=1)
    except Exception as error:  # requests', SQLAlchemy's or MLflow's, by the kind of store; their texts hold passwords
        raise _no_answer(uri, error) from error
    return client


def artifacts(client: Any) -> str | None:
    """Return where a new experiment's artifacts go: a folder here for a store of files, None to let the server say."""
    return str(Path(ARTIFACTS).absolute()) if client.tracking_uri.startswith("sqlite:") else None


@contextmanager
def working_on(client: Any) -> Iterator[None]:
    """Within it, `mlflow`'s own functions work on the client's store, whatever the process has connected to.

    MLflow logs models and resolves `models:/` addresses through the process's store alone, also where a client asks.
    """
    import mlflow  # see `connect`

    former_uri = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    former_variable = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(client.tracking_uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(former_uri)
        _restore({"MLFLOW_TRACKING_URI": former_variable})


@contextmanager
def answering() -> Iterator[None]:
    """Within it, what the store that has been connected to refuses, or fails to answer, is an `InputError`.

    Its sentence holds no user name and no password.
    """
    try:
        yield
    except Exception as error:
        from mlflow.exceptions import MlflowException

        if not isinstance(error, (MlflowException, OSError)):  # requests' are of the latter kind
            raise
        words = [_reason(error), getattr(error, "strerror", None), getattr(error, "filename", None)]
        uri, told = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL, ", ".join(str(word) for word in words if word)
        raise InputError(f"MLflow at {_shown(uri)} refused, or stopped answering ({told})") from error


@contextmanager
def impatience() -> Iterator[None]:
    """Within it, a request that is not answered fails after seconds."""
    former = {name: os.environ.get(name) for name in _IMPATIENT}
    os.environ.update(_IMPATIENT)
    try:
        yield
    finally:
        _restore(former)


def _restore(variables: Mapping[str, str | None]) -> None:
    """Give environment variables their former values; None removes one."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _require_database(uri: str) -> None:
    """Knock at the door of a database server: MLflow would try for minutes."""
    try:
        parts = urlsplit(uri)
        kind, host, port = parts.scheme.split("+")[0], parts.hostname, parts.port
    except ValueError as error:
        raise InputError("MLFLOW_TRACKING_URI is no address: its port is not a number") from error
    if kind == "sqlite" and not Path(uri.removeprefix("sqlite:///")).absolute().parent.is_dir():
        raise InputError(f"MLFLOW_TRACKING_URI names a SQLite file in a folder that is not there: {uri}")
    if host and kind in _PORTS:
        try:
            socket.create_connection((host, port or _PORTS[kind]), timeout=3).close()
        except OSError as error:
            raise _no_answer(uri, error) from error


def _no_answer(uri: str, error: Exception) -> InputError:
    shown = _shown(uri)
    return InputError(f"MLFLOW_TRACKING_URI names {shown}, which does not answer as an MLflow store ({_reason(error)})")


def _shown(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _reason(error: Exception) -> str:
    return " ".join(filter(None, [type(error).__name__, getattr(error, "error_code", "")]))
