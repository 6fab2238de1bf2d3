"""The connection to MLflow: a SQLite file and a folder here, or the server that MLFLOW_TRACKING_URI
names.
"""

import logging
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hallmark import experiments
from hallmark.errors import InputError
from hallmark.tracking import relocation
from hallmark.tracking.redaction import redacted, store_address, unless_secret, without_userinfo

ARTIFACTS = "mlartifacts"  # the folder of the local store's artifacts
DEADLINE = 45.0  # seconds within which a store must have answered for the first time; an empty database gets tables
NOT_FOUND = "RESOURCE_DOES_NOT_EXIST"  # MLflow's error code where a store answers that it has no such thing
OUTDATED = "out-of-date database schema"  # of MLflow's sentence about a database of another version
_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",  # one for every few files, over the table of a refusal
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # "View run … at" shows the address with its password
    "MLFLOW_UV_AUTO_DETECT": "false",  # it would add the lock of whatever folder this is to the model
}
# MLflow's own defaults wait for minutes: seven retries of two minutes each. A person's own settings
# count.
_PATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "12",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",  # a server may ask for an hour
}
_FIRST_ANSWER = {  # a server that has just been started takes its time
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "12",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}
_IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "4",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}


def silence() -> None:
    """Switch off MLflow's telemetry and messages.

    It must be called before MLflow is imported, which reads these variables.
    """
    os.environ.update(_QUIET)


def connect() -> Any:
    """Return an `MlflowClient` whose store has answered, and make it the store of `mlflow`'s own
    functions.

    Raises `InputError` within seconds where nothing answers; its sentence holds no user name and no
    password.
    """
    silence()
    for name, value in _PATIENT.items():
        os.environ.setdefault(name, value)

    uri = store_address()
    _require_database(uri)
    follow_folder(uri)

    import mlflow  # after the lines above, and 2 s of every process that does not track

    for name in ("mlflow", "alembic", "urllib3"):  # they tell of every table that they create, and every retry
        logging.getLogger(name).setLevel(logging.ERROR)

    def first_answer() -> Any:
        mlflow.set_tracking_uri(uri)
        client = mlflow.MlflowClient()
        client.search_experiments(max_results=1)
        return client

    try:
        with _settings(_FIRST_ANSWER):
            return first_answer() if uri.startswith("sqlite:") else _in_time(first_answer)
    except Exception as error:  # requests', SQLAlchemy's or MLflow's, by the kind of store; their texts hold passwords
        raise _no_answer(uri, error) from unless_secret(error)


def follow_folder(uri: str) -> None:
    """Correct the paths in the store of the working folder, where that was moved or copied from
    another one.

    Any other store may keep its artifacts elsewhere, and is left alone. Raises `InputError` where
    the file is no store.
    """
    is_of_this_folder = uri.partition(":")[0] == "sqlite" and _file(uri) == Path("mlflow.db").absolute()
    if not is_of_this_folder:
        return

    try:
        former_folders = relocation.relocate(_file(uri), Path(ARTIFACTS).absolute())
    except (sqlite3.Error, OSError) as error:
        raise InputError(
            f"{_file(uri)} and {ARTIFACTS}/ can't be read or brought here as MLflow's store ({error})"
        ) from error
    if former_folders:
        origin = ", ".join(former_folders)
        sys.stderr.write(f"MLflow's store has come from {origin}: its artifacts are now those of this folder\n")


def _file(uri: str) -> Path:
    """Return the file of a SQLite address, whose query is ignored."""
    return Path(uri.removeprefix("sqlite:///").partition("?")[0]).absolute()


def artifacts(client: Any) -> str | None:
    """Return the folder of a new experiment's artifacts; None where the server decides."""
    if not client.tracking_uri.startswith("sqlite:"):
        return None
    return str((experiments.workspace(Path()) / ARTIFACTS).absolute())


def is_local(client: Any) -> bool:
    """Return whether the client's store is files on this machine, not a server that others use."""
    uri = str(client.tracking_uri)
    scheme = urlsplit(uri).scheme.partition("+")[0]
    is_bare_path = scheme == "" and not uri.startswith("databricks")
    return scheme in ("file", "sqlite") or is_bare_path


@contextmanager
def working_on(client: Any) -> Iterator[None]:
    """Let `mlflow`'s own functions use the client's store within the context.

    MLflow logs models and resolves `models:/` addresses through the process's store alone, even
    where a client asks.
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
    """Turn what the store refuses, or fails to answer, into an `InputError`, within the context.

    Its sentence holds no user name and no password. Any other error is a bug and keeps its
    traceback, unless that would show a password.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        from mlflow.exceptions import MlflowException

        address = without_userinfo(store_address())
        if isinstance(error, (MlflowException, OSError)):  # requests' are of the latter kind
            parts = [_reason(error), getattr(error, "strerror", None), getattr(error, "filename", None)]
            reason = redacted(", ".join(str(part) for part in parts if part))
            sentence = f"MLflow at {address} refused, or stopped answering ({reason})"
            raise InputError(sentence) from unless_secret(error)

        if unless_secret(error) is None:
            reason = f"{type(error).__name__}, whose text holds the password and is not shown"
            raise InputError(f"talking to MLflow at {address} failed ({reason})") from None
        raise


def unless_missing(request: Callable[[], Any]) -> Any | None:
    """Return what `request` returns, or None where the store answers that the thing does not exist.

    An outage (503, a timeout, a proxy's page) stays the error that it is: a thing that can't be
    seen just now must not be created a second time.
    """
    from mlflow.exceptions import MlflowException  # see `connect`

    try:
        return request()
    except MlflowException as error:
        if error.error_code == NOT_FOUND:
            return None
        raise


def _in_time(answer: Callable[[], Any]) -> Any:
    """Return what `answer` returns.

    Raises `TimeoutError` after DEADLINE seconds, since a driver may wait for a server for ever.
    """
    results: list[Any] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            results.append(answer())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True, name="first answer")
    thread.start()
    thread.join(DEADLINE)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]


@contextmanager
def impatience() -> Iterator[None]:
    """Let a request fail after seconds where it is not answered, within the context."""
    with _settings(_IMPATIENT):
        yield


@contextmanager
def _settings(settings: Mapping[str, str]) -> Iterator[None]:
    """Set these environment variables within the context; MLflow reads them at each request."""
    former = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
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
    """Raise `InputError` where a database server takes no connection, or a SQLite file's folder is
    missing.

    MLflow itself would try for minutes.
    """
    try:
        parts = urlsplit(uri)
        kind = parts.scheme.split("+")[0]
        host = parts.hostname
        port = parts.port
    except ValueError as error:
        raise InputError("MLFLOW_TRACKING_URI is no address: its port is not a number") from error
    if kind == "sqlite" and not _file(uri).parent.is_dir():
        raise InputError(
            f"MLFLOW_TRACKING_URI names a SQLite file in a folder that is not there: {without_userinfo(uri)}"
        )

    if host and kind in _PORTS:
        try:
            socket.create_connection((host, port or _PORTS[kind]), timeout=3).close()
        except OSError as error:
            raise _no_answer(uri, error) from unless_secret(error)


def _no_answer(uri: str, error: Exception) -> InputError:
    address = without_userinfo(uri)
    if OUTDATED in str(error):
        return InputError(
            f"the tables of {address} are not those of the MLflow that is installed here: make a copy of the database, "
            f"then `python -m mlflow db upgrade {address}` brings an older one up to date; one that a later MLflow has "
            "written needs that later version"
        )
    return InputError(
        f"MLFLOW_TRACKING_URI names {address}, which does not answer as an MLflow store ({_reason(error)})"
    )


def _reason(error: Exception) -> str:
    return " ".join(filter(None, [type(error).__name__, getattr(error, "error_code", "")]))
