"""The machine's load stands in a run where MLflow's own variable asks for it, and nowhere else."""

import time
from pathlib import Path

import mlflow_proxy
import mlflow_server
import pytest

from hallmark.errors import InputError
from hallmark.tracking import runs, system_metrics
from hallmark.tracking.live import live

pytestmark = pytest.mark.slow


def logged_names(experiment: str, folder: Path, *, seconds: float) -> set[str]:
    """Train for some seconds, and return the names of the run's metrics."""
    with live(experiment=experiment, key=experiment, task="image", path=folder / "metrics.jsonl") as sink:
        sink(1, {"loss": 0.5})
        time.sleep(seconds)
    run = runs.open_run(experiment=experiment, key=experiment, task="image")
    return set(run.client.get_run(run.id).data.metrics)


def test_nothing_of_the_machine_is_logged_unasked(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(system_metrics.VARIABLE, raising=False)
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
    assert logged_names("unasked", tmp_path, seconds=1.0) == {"loss"}


def test_mlflows_own_variable_asks_for_the_machines_load(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(system_metrics.VARIABLE, "true")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
    names = logged_names("asked", tmp_path, seconds=3.0)
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_percentage"} < names


def test_a_value_that_is_neither_true_nor_false(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.open_run(experiment="unclear", key="u", task="image")
    monkeypatch.setenv(system_metrics.VARIABLE, "perhaps")
    with pytest.raises(InputError, match="MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING must be true or false.*perhaps"):
        system_metrics.start(run)


@pytest.mark.server
def test_a_server_that_takes_none_of_them_stops_nothing_and_no_message_shows_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(system_metrics.VARIABLE, "true")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
    with (
        mlflow_server.running(tmp_path / "server") as server,
        mlflow_proxy.door(server.address) as door,
    ):
        door.how = "drop"
        door.refuses = lambda _, path: path.endswith("runs/log-batch")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", door.address)
        assert logged_names("refused", tmp_path, seconds=1.0) == set()
        assert door.broken_at is not None

    shown = "".join(capfd.readouterr())
    assert not [secret for secret in mlflow_proxy.SECRETS if secret in shown]
