"""A store whose tables another version of MLflow has made: upgraded by `mlflow db upgrade`, or by MLflow itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from mlflow import MlflowClient
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base
from published_task import empty_database
from sqlalchemy import create_engine, text

from hallmark.errors import InputError
from hallmark.tracking import connection, runs

pytestmark = pytest.mark.slow

BEFORE_LOGGED_MODELS = "acf3f17fdcc7"  # MLflow's tables of October 2023
KEY = "a" * 64


def write_store(folder: Path, revision: str) -> None:
    """Write mlflow.db with the tables of an MLflow of this revision, and one run in it."""
    address = f"sqlite:///{folder / 'mlflow.db'}"
    engine = create_engine(address)
    Base.metadata.create_all(engine)
    config = _get_alembic_config(address)
    with engine.begin() as connected:
        config.attributes["connection"] = connected
        command.upgrade(config, revision)

    place = f"{folder}/mlartifacts"
    with engine.begin() as connected:
        connected.execute(
            text(
                "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)"
                " VALUES (1, 'image', :place, 'active')"
            ),
            {"place": place},
        )
        connected.execute(
            text(
                "INSERT INTO runs (run_uuid, name, user_id, experiment_id, status, start_time, end_time, artifact_uri,"
                " lifecycle_stage) VALUES ('f00', 'an older run', '', 1, 'FINISHED', 1000, 3000, :place, 'active')"
            ),
            {"place": f"{place}/f00/artifacts"},
        )
        connected.execute(
            text("INSERT INTO tags (run_uuid, key, value) VALUES ('f00', 'hallmark.key', :key)"), {"key": KEY}
        )
    engine.dispose()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    enter(folder, monkeypatch)
    return folder


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in `folder`; MLflow keeps a store by its address, so that each needs one of its own."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")


def upgrade(folder: Path) -> None:
    """Do what the sentence says, as a person does."""
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    command_line = [sys.executable, "-m", "mlflow", "db", "upgrade", "sqlite:///mlflow.db"]
    subprocess.run(command_line, cwd=folder, env=environment, check=True, capture_output=True)


def require_old_run(client: MlflowClient, folder: Path) -> None:
    """The older run is found by its key, and goes on in the store that has been upgraded."""
    run = runs.open_run(experiment="image", key=KEY, task="image", client=client)
    run.end()
    info = client.get_run(run.id).info
    assert (run.id, info.run_name) == ("f00", "an older run")
    assert (info.start_time, info.end_time) == (1000, 3000)
    assert info.artifact_uri == f"{folder}/mlartifacts/f00/artifacts"


def test_a_database_of_another_version_says_what_to_do(project: Path) -> None:
    shutil.copy(empty_database(), project / "mlflow.db")
    engine = create_engine(f"sqlite:///{project / 'mlflow.db'}")
    with engine.begin() as connected:  # as a later MLflow leaves it
        connected.execute(text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))
    engine.dispose()

    with pytest.raises(InputError, match=r"`python -m mlflow db upgrade sqlite:///.*/mlflow\.db` .* later version"):
        connection.connect()


def test_an_old_database_is_upgraded_by_mlflows_own_command(project: Path) -> None:
    write_store(project, BEFORE_LOGGED_MODELS)
    upgrade(project)
    require_old_run(connection.connect(), project)


def test_a_database_that_lacks_tables_is_upgraded_by_mlflow_itself(project: Path) -> None:
    write_store(project, BEFORE_LOGGED_MODELS)
    require_old_run(connection.connect(), project)


def test_an_old_database_can_be_moved_before_it_is_upgraded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_store(project, BEFORE_LOGGED_MODELS)
    (project / "mlartifacts/f00/artifacts").mkdir(parents=True)
    moved = project.parent / "moved"
    project.rename(moved)
    enter(moved, monkeypatch)
    require_old_run(connection.connect(), moved)
