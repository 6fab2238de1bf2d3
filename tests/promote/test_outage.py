"""A server that fails for the champion's artifacts alone: that says nothing of the champion, and nobody can sign it."""

import shutil
from pathlib import Path

import mlflow_proxy
import mlflow_server
import pytest
import small_task
from entries import exit_status
from mlflow import MlflowClient
from published_task import Store, empty_database, judge, publish_small, write_project

from pipelines import promote, sign

pytestmark = pytest.mark.slow

SIGNATURE = Path("reports/small/gate/signature.json")


def status(monkeypatch: pytest.MonkeyPatch, stage: str) -> int:
    return exit_status(monkeypatch, stage, promote.main if stage == "promote" else sign.main)


def champion(address: str) -> str:
    return str(MlflowClient(address).get_model_version_by_alias("small", "champion").version)


def test_a_worse_challenger_can_not_be_signed_while_the_champion_can_not_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(empty_database(), tmp_path / "server.db")
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, value in {"SIGNER": "Dr. R. Viewer", "STATEMENT": "It can't be fetched."}.items():
        monkeypatch.setenv(name, value)

    with mlflow_server.running(tmp_path) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
        client = MlflowClient(server.address)
        run = client.create_run(client.create_experiment("small"), tags={"hallmark.task": "small"})
        store = Store(tmp_path, server.address, client, run.info.run_id)
        publish_small(store)
        assert status(monkeypatch, "promote") == 0
        small_task.write_task(tmp_path, scale=-1)
        judge(tmp_path)
        publish_small(store)
        assert status(monkeypatch, "promote") == promote.REFUSED  # worse
        assert status(monkeypatch, "sign") == 2

        model = client.get_model_version("small", "1").source.rpartition("/")[2]
        with mlflow_proxy.door(server.address) as door:
            door.how = "busy"
            door.breaks = lambda _, path: f"{model}/artifacts/artifacts" in path.replace("%2F", "/")
            monkeypatch.setenv("MLFLOW_TRACKING_URI", door.address)
            capsys.readouterr()
            assert status(monkeypatch, "sign") == 2
            assert door.broken
            assert "refused, or stopped answering" in capsys.readouterr().err
            assert not SIGNATURE.exists()
            door.broken = False
            assert status(monkeypatch, "promote") == 2
        assert champion(server.address) == "1"
