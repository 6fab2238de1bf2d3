"""A training whose MLflow server is killed in the middle, and comes back before the end."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mlflow_server
import pytest
import pytorch_lightning as lightning
import small_training

from hallmark.tracking import connection, runs
from hallmark.tracking.live import live

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec")]


class Outage(lightning.Callback):
    """Kills the server at the end of the second epoch, and starts it again at the end of the fourth.

    `seconds`: how long each epoch between the two took, of which none waits for a server.
    """

    def __init__(self, server: mlflow_server.Server, folder: Path, stack: ExitStack) -> None:
        self.server = server
        self.folder = folder
        self.stack = stack
        self.seconds: dict[int, float] = {}

    def on_train_epoch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        self.started = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        self.seconds[trainer.current_epoch] = time.monotonic() - self.started
        if trainer.current_epoch == 1:
            self.server.kill()
        if trainer.current_epoch == 3:
            port = int(self.server.address.rpartition(":")[2])
            self.stack.enter_context(mlflow_server.running(self.folder, port))


def test_training_goes_on_at_its_speed_and_nothing_is_lost(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(mlflow_server.running(tmp_path / "server"))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
        outage = Outage(server, tmp_path / "server", stack)
        with live(experiment="outage", key="k", task="small", path=tmp_path / "metrics.jsonl") as sink:
            trained = small_training.run(tmp_path / "state", sink=sink, callbacks=(lambda: outage,))

        client = connection.connect()
        run = runs.open_run(experiment="outage", key="k", task="small", resume=False)
        assert client.get_run(run.id).info.status == "FINISHED"
        for name in ("train_loss", "learning_rate", "validation_loss"):
            curve = trained.curves.dropna(subset=[name])
            history = client.get_metric_history(run.id, name)
            assert [point.step for point in history] == curve["step"].tolist()
            assert [point.value for point in history] == curve[name].tolist()
    assert trained.training["epochs_run"] == 6
    # An epoch is 21 steps of about 2 ms; a request to a server that is gone would take seconds.
    assert max(outage.seconds[epoch] for epoch in (2, 3)) < 1 + 10 * outage.seconds[1]
