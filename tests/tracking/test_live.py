import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import mlflow_proxy
import mlflow_server
import pytest

from hallmark.errors import InputError
from hallmark.tracking import connection, runs
from hallmark.tracking.live import MetricFile, live

pytestmark = pytest.mark.server


def points(path: Path) -> list[tuple[str, float, int]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["key"], line["value"], line["step"]) for line in lines]


def test_metrics_stand_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "metrics.jsonl"
    file = MetricFile(path)
    file(1, {"loss": 0.5, "rate": 0.1})
    assert points(path) == [("loss", 0.5, 1), ("rate", 0.1, 1)]
    file.close()


def test_a_restart_writes_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    file = MetricFile(path)
    file(1, {"loss": 0.5})
    file.close()
    path.write_text(path.read_text() + '{"key": "loss", "va')

    file = MetricFile(path)
    file(1, {"loss": 0.5, "validation": 0.7})
    file.close()
    assert points(path) == [("loss", 0.5, 1), ("validation", 0.7, 1)]


def test_curves_reach_mlflow_once(here: Path, tmp_path: Path) -> None:
    about: Any = {"experiment": "live", "key": "e", "task": "image", "path": tmp_path / "metrics.jsonl"}
    with live(**about) as sink:
        sink(10, {"loss": 0.5})

    with live(**about) as sink:  # once more, with what is in the file
        sink(10, {"loss": 0.5})
        sink(20, {"loss": 0.25})

    run = runs.open_run(experiment="live", key="e", task="image")
    assert [(point.step, point.value) for point in run.client.get_metric_history(run.id, "loss")] == [
        (10, 0.5),
        (20, 0.25),
    ]


def test_curves_arrive_while_training_goes_on(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallmark.tracking.live.INTERVAL", 0.05)
    with live(experiment="live", key="now", task="image", path=tmp_path / "metrics.jsonl") as sink:
        sink(1, {"loss": 0.5})
        run = runs.open_run(experiment="live", key="now", task="image")
        deadline = time.monotonic() + 60
        while not run.client.get_metric_history(run.id, "loss") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [point.value for point in run.client.get_metric_history(run.id, "loss")] == [0.5]


def test_the_process_that_trains_does_not_load_mlflow(tmp_path: Path) -> None:
    """It takes memory, and makes the rest slower."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from hallmark.tracking.live import live\n"
        "with live(experiment='live', key='k', task='image', path=Path('metrics.jsonl')) as sink:\n"
        "    sink(1, {'loss': 0.5})\n"
        "assert 'mlflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)


def test_a_training_that_is_killed_leaves_the_run_open_and_no_process(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from hallmark.tracking.live import live\n"
        "with live(experiment='live', key='k', task='image', path=Path('metrics.jsonl')):\n"
        "    children = Path(f'/proc/self/task/{os.getpid()}/children').read_text()\n"
        "    Path('children.txt').write_text(children)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL

    (child,) = (tmp_path / "children.txt").read_text().split()
    deadline = time.monotonic() + 60
    while _is_running(int(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(int(child))

    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        assert store.execute("select status from runs").fetchall() == [("RUNNING",)]


def _is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_a_sender_that_is_killed_is_told_of_and_training_goes_on(
    here: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "metrics.jsonl"
    with live(experiment="live", key="killed", task="image", path=path) as sink:
        for child in _senders():
            os.kill(child, signal.SIGKILL)
        sink(1, {"loss": 0.5})
    assert points(path) == [("loss", 0.5, 1)]
    assert "has ended early" in capfd.readouterr().err


def test_points_that_mlflow_refuses_are_told_of(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with mlflow_server.running(tmp_path / "server") as server, mlflow_proxy.door(server.address) as door:
        door.how = "drop"
        door.refuses = lambda method, path: "log-batch" in path
        monkeypatch.setenv("MLFLOW_TRACKING_URI", door.address)
        with live(experiment="live", key="refused", task="image", path=tmp_path / "metrics.jsonl") as sink:
            sink(1, {"loss": 0.5, "rate": 0.1})
        run = runs.open_run(experiment="live", key="refused", task="image", resume=False)
        assert run.client.get_run(run.id).info.status == "FINISHED"
    assert "MLflow lacks 2 points of the live curves" in capfd.readouterr().err


def _senders() -> list[int]:
    """Return the processes of this test's thread that send metrics."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(each) for each in children if "metric_sender" in Path(f"/proc/{each}/cmdline").read_text()]


def test_the_status_says_how_it_ended(here: Path, tmp_path: Path) -> None:
    for error, status in ((KeyboardInterrupt(), "KILLED"), (InputError("a mistake"), "FAILED")):
        about: Any = {"experiment": "live", "key": status, "task": "image", "path": tmp_path / status}
        with pytest.raises(type(error)), live(**about):
            raise error
        client = connection.connect()
        experiment = client.get_experiment_by_name("live").experiment_id
        assert client.search_runs([experiment], f"tags.`hallmark.key` = '{status}'")[0].info.status == status


@pytest.mark.parametrize("how", ["drop", "hang", "moved"])
def test_a_server_that_dies_while_the_run_is_opened(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    with mlflow_proxy.door(None) as door:
        door.how = how
        door.breaks = lambda method, path: "get-by-name" in path
        monkeypatch.setenv("MLFLOW_TRACKING_URI", door.address)
        about: Any = {"experiment": "live", "key": how, "task": "image", "path": tmp_path / "metrics.jsonl"}
        with pytest.raises(InputError, match="stopped answering") as caught, live(**about):
            pass
        assert door.broken_at is not None
        assert time.monotonic() - door.broken_at < 60

    shown = "".join(traceback.format_exception(caught.value))
    assert not [secret for secret in mlflow_proxy.SECRETS if secret in shown]


def test_helping_processes_are_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    with live(experiment="x", key="x", task="x", path=tmp_path / "metrics.jsonl", silent=True) as sink:
        sink(1, {"loss": 0.5})
    assert list(tmp_path.iterdir()) == []
