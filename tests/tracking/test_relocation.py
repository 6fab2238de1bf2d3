"""A project's folder is moved or copied: its store reads and writes there, and the old folder stays as it is."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import small_task
from published_task import Store, publish_small, store_in

from hallmark import digests
from hallmark.tracking.relocation import relocate

# What a stage, publish and promote do there, in a process of their own: MLflow keeps connections by relative addresses.
THERE = """
import json, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from published_task import Store, publish_small
from tempfile import mkdtemp
from hallmark import digests
from hallmark.tracking import connection, registry, runs
client, run_id = connection.connect(), sys.argv[3]
here = Store(Path.cwd(), client.tracking_uri, client, run_id)
version = publish_small(here)
packaged = registry.download_package(client, client.get_model_version("small", "1"), Path(mkdtemp()))
fresh = runs.open_run(experiment="small", key="another", task="small")
client.log_text(fresh.id, "new", "note.txt")
print(json.dumps({
    "version": version,
    "package": digests.folder(packaged),
    "run": client.get_run(run_id).info.artifact_uri,
    "fresh": client.get_run(fresh.id).info.artifact_uri,
    "report": client.download_artifacts(run_id, "only/here.txt"),
}))
"""


@pytest.fixture
def published(tmp_path: Path) -> Store:
    folder = tmp_path / "an old place"
    folder.mkdir()
    store = store_in(folder)
    small_task.write_task(folder)
    small_task.write_verdict(folder)
    publish_small(store)
    return store


def work_in(folder: Path, run_id: str) -> tuple[dict[str, str], str]:
    tests = str(Path(__file__).parents[1])
    words = [sys.executable, "-c", THERE, tests, str(Path(tests).parent), run_id]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def values(database: Path) -> list[str]:
    """Every text of every table."""
    with closing(sqlite3.connect(database)) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in store.execute(f'SELECT * FROM "{table}"')]
    return [value for row in rows for value in row if isinstance(value, str)]


@pytest.mark.parametrize("move", [True, False])
def test_a_project_that_was_moved_or_copied_keeps_its_artifacts(published: Store, tmp_path: Path, move: bool) -> None:
    old, new = published.root, tmp_path / "a new place"
    if move:
        old.rename(new)
    else:
        shutil.copytree(old, new)
        before = digests.folder(old)
    (new / "mlartifacts" / published.run_id / "artifacts/only").mkdir()
    (new / "mlartifacts" / published.run_id / "artifacts/only/here.txt").write_text("here")

    found, told = work_in(new, published.run_id)
    assert f"MLflow's store has come from {old}:" in told
    assert found["version"] == "2"  # the first one's MLmodel names the old place: it is no longer what is published
    assert found["package"] == digests.folder(new / "models/small")
    assert found["run"] == str(new / "mlartifacts" / published.run_id / "artifacts")
    assert Path(found["fresh"]).is_relative_to(new / "mlartifacts")
    assert (Path(found["fresh"]) / "note.txt").read_text() == "new"
    assert Path(found["report"]).read_text() == "here"
    assert not [value for value in values(new / "mlflow.db") if str(old) in value]
    assert old.exists() != move
    if not move:
        assert digests.folder(old) == before

    assert "has come from" not in work_in(new, published.run_id)[1]


def test_a_store_elsewhere_is_left_alone(published: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One database for several projects, each with artifacts of its own."""
    before = (published.root / "mlflow.db").read_bytes()
    here = tmp_path / "here"
    here.mkdir()
    code = "from hallmark.tracking import connection; connection.connect()"
    environment = {"MLFLOW_TRACKING_URI": published.uri}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (published.root / "mlflow.db").read_bytes() == before


def test_only_what_lay_in_the_old_folder_moves(published: Store, tmp_path: Path) -> None:
    """A folder whose name goes on where the old one's ends, and artifacts on a server, stay where they are."""
    others = {
        "beside": f"{published.root}-2/artifacts",
        "server": "s3://bucket/mlartifacts",
        "mixed": "relative/mlartifacts",
    }
    with closing(sqlite3.connect(published.root / "mlflow.db")) as store:
        for number, (name, place) in enumerate(others.items()):
            store.execute(
                "INSERT INTO experiments (experiment_id, name, artifact_location) VALUES (?, ?, ?)",
                (90 + number, name, place),
            )
        store.commit()
    new = tmp_path / "new"
    assert relocate(published.root / "mlflow.db", new / "mlartifacts") == [str(published.root)]
    with closing(sqlite3.connect(published.root / "mlflow.db")) as store:
        places = dict(store.execute("SELECT name, artifact_location FROM experiments").fetchall())
    assert {name: places[name] for name in others} == others
    assert places["small"] == str(new / "mlartifacts")
    assert relocate(published.root / "mlflow.db", new / "mlartifacts") == []


def test_without_a_store_or_its_tables_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert relocate(tmp_path / "mlflow.db", tmp_path / "mlartifacts") == []
    sqlite3.connect(tmp_path / "mlflow.db").close()
    assert relocate(tmp_path / "mlflow.db", tmp_path / "mlartifacts") == []
