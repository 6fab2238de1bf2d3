"""What `mlflow gc` removes for good takes no champion away, and publishing fills the store again."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from entries import call
from published_task import Store, project_in

from hallmark.tracking import connection
from pipelines import promote, publish

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The small task, published and promoted."""
    store = project_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    assert call(promote.main, "small") == 0
    return store


def collect(store: Store) -> str:
    """Run `mlflow gc` as a person does, and return what it says."""
    addresses = ["--tracking-uri", store.uri, "--backend-store-uri", store.uri]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [sys.executable, "-m", "mlflow", "gc", *addresses],
        cwd=store.root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def champion_answers(store: Store) -> list[str]:
    with connection.working_on(store.client):
        model = mlflow.pyfunc.load_model("models:/small@champion")
        return list(model.predict({"values": np.zeros((2, 3), np.float32)})["prediction"])


def test_nothing_is_collected_that_nobody_deleted(store: Store) -> None:
    assert "permanently deleted" not in collect(store)
    assert call(promote.main, "small") == 0
    assert champion_answers(store) == ["fraud", "fraud"]


def test_a_champion_outlives_its_run_and_the_next_version_gets_a_run_of_its_own(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    store.client.delete_run(store.run_id)
    assert f"Run with ID {store.run_id} has been permanently deleted" in collect(store)
    assert champion_answers(store) == ["fraud", "fraud"]

    assert call(promote.main, "small") == 3
    assert "an active run: publish" in capsys.readouterr().out

    assert call(publish.main, "small") is None
    assert call(promote.main, "small") == 0
    champion = store.client.get_model_version_by_alias("small", "champion")
    assert str(champion.version) == "2"
    assert champion.run_id != store.run_id


def test_a_deleted_experiment_is_made_anew(store: Store) -> None:
    experiment = store.client.get_experiment_by_name("small")
    store.client.delete_experiment(experiment.experiment_id)
    assert f"Experiment with ID {experiment.experiment_id} has been permanently deleted" in collect(store)

    assert call(publish.main, "small") is None
    made = store.client.get_experiment_by_name("small")
    assert made.experiment_id != experiment.experiment_id
    challenger = store.client.get_model_version_by_alias("small", "challenger")
    assert store.client.get_run(challenger.run_id).info.experiment_id == made.experiment_id

    # The former champion's logged model went with the experiment, so that nobody can compare with it.
    assert call(promote.main, "small") == 3
