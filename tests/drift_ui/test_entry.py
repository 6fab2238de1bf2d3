"""`make drift-ui` as a person has it: a server of Evidently's own on this machine alone."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from imports import ROOT
from local_servers import free_port

from pipelines import drift_ui

Commit = Callable[..., str]
Made = Callable[[float], str]


@pytest.mark.server
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_evidently_serves_every_task_and_sends_nothing(
    commit_snapshot: Commit, snapshot_text: Made, tmp_path: Path
) -> None:
    commit_snapshot(snapshot_text(0.1), day=1)
    port = free_port()
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONWARNINGS": "ignore"}
    environment.pop("DO_NOT_TRACK", None)
    command = [sys.executable, "-m", "pipelines.drift_ui", str(port)]
    server = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{port}"
        (project,) = json.loads(_ask(f"{address}/api/projects"))
        assert project["name"] == "pets"
        (run,) = json.loads(_ask(f"{address}/api/projects/{project['id']}/snapshots"))
        assert run["metadata"]["task"] == "pets"
        assert '<div id="root">' in _ask(address)

        (child,) = _children(server.pid)
        assert "DO_NOT_TRACK=1" in Path(f"/proc/{child}/environ").read_text(encoding="utf-8").split("\0")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _children(process: int) -> list[int]:
    return [int(name) for name in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _ask(address: str) -> str:
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"nothing answers at {address}")


def test_without_any_snapshot_it_says_what_to_do(
    commit_snapshot: Commit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit_snapshot("one", day=1, is_cached=False)
    monkeypatch.chdir(tmp_path)
    assert drift_ui.main([str(free_port())]) == 2
    assert (
        capsys.readouterr().err
        == "drift-ui: no task has a snapshot of its drift here: `make repro` or `dvc fetch` brings them\n"
    )


@pytest.mark.parametrize("words", [["8000", "8001"], ["eight"], ["0"]])
def test_a_wrong_port_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert drift_ui.main(words) == 2
    assert "PORT is" in capsys.readouterr().err
