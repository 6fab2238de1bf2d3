import os
import socket
import time
from collections.abc import Iterator

import pytest

from hallmark.errors import InputError
from hallmark.tracking import connection

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def refusal(uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    connection.connect()  # so that the import of MLflow is not in the time
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        connection.connect()
    assert time.monotonic() - started < 8  # 4 s of waiting, on a busy machine
    return str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "postgresql", "postgresql+psycopg2", "mysql"])
def test_a_server_that_is_not_there(scheme: str, closed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = refusal(f"{scheme}://anna:geheim@127.0.0.1:{closed}/name", monkeypatch)
    assert f"MLFLOW_TRACKING_URI names {scheme}://127.0.0.1:{closed}/name, which does not answer" in sentence
    assert "geheim" not in sentence
    assert "anna" not in sentence


def test_a_server_that_never_answers(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not answer" in refusal(f"http://127.0.0.1:{silent}", monkeypatch)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("sqlite:////nowhere/at all/mlflow.db", "a folder that is not there"),
        ("http://127.0.0.1:many", "its port is not a number"),
        ("gopher://somewhere", "does not answer as an MLflow store"),
    ],
)
def test_an_address_that_cannot_be(uri: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sentence in refusal(uri, monkeypatch)


def test_an_error_after_the_connection_names_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    client = connection.connect()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:geheim@127.0.0.1:1/name")
    with pytest.raises(InputError) as caught, connection.answering():
        client.get_run("0" * 32)
    assert "MLflow at http://127.0.0.1:1/name refused, or stopped answering" in str(caught.value)
    assert "RESOURCE_DOES_NOT_EXIST" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_server_that_dies_after_the_connection(closed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.connect()
    from mlflow import MlflowClient

    with pytest.raises(InputError, match="stopped answering"), connection.answering(), connection.impatience():
        MlflowClient(f"http://anna:geheim@127.0.0.1:{closed}").search_experiments()


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), connection.answering():
        _ = 1 / 0


def test_patience_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    with connection.impatience():
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "4"
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ


def test_telemetry_is_off() -> None:
    connection.connect()
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
