import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallmark.errors import InputError
from hallmark.tracking import connection, redaction, relocation

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("here"),
]


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
    assert time.monotonic() - started < 30  # 12 s of waiting, on a busy machine
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


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://anna:geheim@host:5000/path?key=geheim", "http://host:5000/path"),
        ("http://anna:1234/geheim@host/path", "http://host/path"),
        ("postgresql+psycopg2://anna:ge@heim@host/name?password=geheim", "postgresql+psycopg2://host/name"),
        ("anna:geheim@host", "host"),
        ("sqlite:///folder/mlflow.db", "sqlite:///folder/mlflow.db"),
        ("http://[anna:geheim@host", "http://host"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(uri: str, shown: str) -> None:
    assert redaction.without_userinfo(uri) == shown


def test_secrets_are_taken_out_as_they_are_written_and_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:a%40b%21c@host")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "another-one")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token-7")
    text = redaction.redacted("http://anna:a%40b%21c@host said a@b!c, another-one, token-7 and anna:a@b!c@host")
    assert text == "http://***host said ***, ***, *** and ***host"


def test_a_bug_that_shows_a_password_keeps_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:geheim@127.0.0.1:1")
    with pytest.raises(InputError, match="ValueError, whose text holds the password") as caught, connection.answering():
        raise ValueError("no such thing: http://anna:geheim@127.0.0.1:1/x")
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


def test_an_errors_cause_is_left_out_where_it_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:geheim@127.0.0.1:1")
    with pytest.raises(InputError) as caught, connection.answering(), connection.impatience():
        MlflowClient("http://anna:geheim@127.0.0.1:1").search_experiments()
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


def test_a_driver_that_waits_for_ever_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "DEADLINE", 0.2)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        connection._in_time(lambda: time.sleep(30))
    assert time.monotonic() - started < 10
    assert connection._in_time(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        connection._in_time(lambda: 1 / 0)


def test_a_persons_own_patience_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    connection.connect()
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"


def test_telemetry_is_off_before_mlflow_is_imported() -> None:
    program = (
        "import pipelines.publish, pipelines.promote\n"
        "from mlflow.telemetry.client import get_telemetry_client\n"
        "assert get_telemetry_client() is None"
    )
    hidden = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "PYTEST_CURRENT_TEST", "CI")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    root = Path(connection.__file__).parents[3]
    paths = os.pathsep.join([str(root), str(root / "src")])
    done = subprocess.run([sys.executable, "-c", program], env=environment | {"PYTHONPATH": paths}, capture_output=True)

    assert done.returncode == 0, done.stderr


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


def test_artifacts_that_cannot_be_written_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "mlartifacts/models/m-1/artifacts/MLmodel")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(relocation, "relocate", refuse)
    with pytest.raises(InputError, match=r"MLflow's store .*Permission denied.*MLmodel"):
        connection.follow_folder(redaction.LOCAL)
