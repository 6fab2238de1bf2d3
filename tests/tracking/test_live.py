import json
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlflow_proxy
import pytest

from hallmark.errors import InputError
from hallmark.tracking import connection, runs
from hallmark.tracking.live import MetricLog, Point, live

pytestmark = pytest.mark.server


class Line:
    """A way to a server, which can be cut."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.tries = 0
        self.arrived: list[Point] = []

    def __call__(self, points: Sequence[Point]) -> None:
        self.tries += 1
        if not self.up:
            raise ConnectionError("nobody is there")
        self.arrived += points


def until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_metrics_arrive_while_training_goes_on(tmp_path: Path) -> None:
    line = Line()
    log = MetricLog(tmp_path / "metrics.jsonl", line, interval=0.01)
    log(1, {"loss": 0.5, "rate": 0.1})
    until(lambda: len(line.arrived) == 2)

    assert log.close() == 0
    assert [(point["key"], point["value"], point["step"]) for point in line.arrived] == [
        ("loss", 0.5, 1),
        ("rate", 0.1, 1),
    ]


def test_outlives_a_dead_server_and_catches_up(tmp_path: Path) -> None:
    line = Line(up=False)
    log = MetricLog(tmp_path / "metrics.jsonl", line, interval=0.01, pause=0.2)
    for step in range(1500):
        log(step, {"loss": float(step)})

    until(lambda: line.tries >= 2)
    assert line.tries < 10  # it backs off

    line.up = True
    assert log.close() == 0
    assert [point["step"] for point in line.arrived] == list(range(1500))


def test_what_could_not_be_sent_is_counted_and_kept(tmp_path: Path) -> None:
    log = MetricLog(tmp_path / "metrics.jsonl", Line(up=False), interval=60)
    log(1, {"loss": 0.5})
    log(2, {"loss": 0.25})
    assert log.close() == 2
    assert [json.loads(line)["value"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [0.5, 0.25]


def test_a_restart_tells_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    line = Line()
    MetricLog(path, Line(up=False), interval=60)(1, {"loss": 0.5})  # killed: never closed
    path.write_text(path.read_text() + '{"key": "loss", "va')

    log = MetricLog(path, line, interval=60)
    log(1, {"loss": 0.5, "validation": 0.7})
    assert log.close() == 0
    assert [(point["key"], point["step"]) for point in line.arrived] == [("loss", 1), ("validation", 1)]
    assert len(path.read_text().splitlines()) == 2


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
