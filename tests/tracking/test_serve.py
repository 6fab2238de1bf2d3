import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from mlflow.cli import cli

from hallmark.tracking import serve

pytestmark = pytest.mark.server

URI = "postgresql://anna:geheim@127.0.0.1/name"


def test_the_stores_password_is_in_no_command_line() -> None:
    command, environment = serve.server(URI, 5000)
    assert "geheim" not in " ".join(command)
    assert environment["MLFLOW_BACKEND_STORE_URI"] == URI
    assert environment["DO_NOT_TRACK"] == "true"


def test_mlflow_reads_the_store_from_the_environment() -> None:
    ui = cli.get_command(None, "ui")
    (option,) = [each for each in ui.params if each.name == "backend_store_uri"]
    assert option.envvar == "MLFLOW_BACKEND_STORE_URI"


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start it in `folder`, where what it says goes to the file `log`."""
    words = [sys.executable, "-m", "hallmark.tracking.serve", str(port)]
    with (folder / "log").open("w") as log:
        return subprocess.Popen(words, cwd=folder, stderr=log, stdout=log, start_new_session=True)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_that_is_taken_is_named_and_nobodys_pages_are(tmp_path: Path, family: socket.AddressFamily) -> None:
    with closing(socket.socket(family)) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("::" if family == socket.AF_INET6 else "127.0.0.1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        other.listen()
        port = other.getsockname()[1]
        status = _start(tmp_path, port).wait(300)

    error = (tmp_path / "log").read_text()
    assert status == 2
    assert error.startswith(f"ui: port {port} of 127.0.0.1 is taken")
    assert "shows runs" not in error


@pytest.mark.parametrize("arguments", [["abc"], ["0"], ["70000"], ["5000", "5001"], ["-1"]])
def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert serve.main(arguments) == 2
    assert "it must be one number" in capsys.readouterr().err


def test_it_serves_and_leaves_no_process_behind_when_told_to_end(tmp_path: Path) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    running = _start(tmp_path, port)
    try:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and running.poll() is None and not _answers(port):
            time.sleep(0.5)
        assert _answers(port), (tmp_path / "log").read_text()
        running.send_signal(signal.SIGTERM)
        assert running.wait(600) == 128 + signal.SIGTERM
        while time.monotonic() < deadline and _answers(port):
            time.sleep(0.2)
        assert not _answers(port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def test_a_server_that_ends_by_itself_has_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(serve, "server", lambda *_: ([sys.executable, "-c", ""], dict(os.environ)))
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert serve.main([str(port)]) == 1
