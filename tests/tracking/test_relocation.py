"""A project's folder is moved or copied: its store reads and writes there, and the old folder stays as it is."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient
from published_task import Store, project_in

from hallmark import digests
from hallmark.promote import promotion
from hallmark.tracking import relocation
from hallmark.tracking.relocation import relocate

pytestmark = pytest.mark.slow

# What a stage, publish and promote do there, in a process of their own: MLflow keeps connections by relative addresses.
THERE = """
import json, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from published_task import Store, publish_small
from tempfile import mkdtemp
from hallmark import digests
from hallmark.tracking import connection, model_registry as registry, runs
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
    return project_in(folder)


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
    old = published.root
    new = tmp_path / "a new place"
    if move:
        old.rename(new)
    else:
        shutil.copytree(old, new)
        before = digests.folder(old)
    (new / "mlartifacts" / published.run_id / "artifacts/only").mkdir()
    (new / "mlartifacts" / published.run_id / "artifacts/only/here.txt").write_text("here")

    found, told = work_in(new, published.run_id)
    assert f"MLflow's store has come from {old}:" in told
    assert found["version"] == "1"  # its MLmodel names the new place: it is what was published
    assert found["package"] == digests.folder(new / "models/small")
    assert found["run"] == str(new / "mlartifacts" / published.run_id / "artifacts")
    assert Path(found["fresh"]).is_relative_to(new / "mlartifacts")
    assert (Path(found["fresh"]) / "note.txt").read_text() == "new"
    assert Path(found["report"]).read_text() == "here"
    assert not [value for value in values(new / "mlflow.db") if str(old) in value]
    assert old.exists() != move
    if not move:
        assert digests.folder(old) == before

    assert relocate(new / "mlflow.db", new / "mlartifacts") == []


def promote_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """Promote as a person does, in the project's own store."""
    source = Path(__file__).parents[2]
    paths = {"PYTHONPATH": os.pathsep.join([str(source / "src"), str(source)]), "COLUMNS": "250"}
    command = [sys.executable, "-m", "pipelines.promote", "small"]
    return subprocess.run(command, cwd=folder, env=os.environ | paths, capture_output=True, text=True)


def descriptions(folder: Path) -> dict[str, bytes]:
    """The MLmodel of every model, by its path in the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("MLmodel")}


@pytest.mark.parametrize("linked", [True, False])
def test_a_published_version_is_promoted_after_the_folder_was_moved_or_copied(tmp_path: Path, linked: bool) -> None:
    old = tmp_path / "an old place"
    new = tmp_path / "a new place"
    old.mkdir()
    store = project_in(old)
    before = digests.folder(old)
    if linked:  # as `cp --archive --link` copies: the same files under two names
        shutil.copytree(old, new, copy_function=os.link)
        (new / "mlflow.db").unlink()
        shutil.copy(old / "mlflow.db", new / "mlflow.db")
    else:
        old.rename(new)

    done = promote_in(new)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "small version 1 became champion" in done.stdout
    (described,) = descriptions(new / "mlartifacts").values()
    assert Path(yaml.safe_load(described)["artifact_path"]).is_relative_to(new / "mlartifacts/models")
    if linked:
        assert digests.folder(old) == before
        assert promotion.holder(store.client, "small", "champion") is None


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: f"# a comment\n{text}",
        lambda text: text.replace("artifact_path: ", "artifact_path:  "),
        lambda text: text.replace("artifact_path: /", "artifact_path: /elsewhere/"),
        lambda text: f"- {text}",
        lambda text: f"{text}more: {'x' * (1 << 20)}\n",
        lambda _: "[" * 100_000,
        lambda _: "\0",
    ],
)
def test_a_description_that_was_altered_is_not_touched(tmp_path: Path, edit: Callable[[str], str]) -> None:
    old = tmp_path / "old"
    new = tmp_path / "new"
    old.mkdir()
    project_in(old)
    (path,) = old.rglob("MLmodel")
    path.write_text(edit(path.read_text()))
    altered = descriptions(old)
    old.rename(new)

    assert relocate(new / "mlflow.db", new / "mlartifacts") == [str(old)]
    assert descriptions(new) == altered


def test_a_description_that_is_edited_and_well_written_is_moved_and_not_promoted(tmp_path: Path) -> None:
    old = tmp_path / "old"
    new = tmp_path / "new"
    old.mkdir()
    project_in(old)
    (path,) = old.rglob("MLmodel")
    path.write_text(path.read_text().replace("model_code_path: served.py", "model_code_path: others.py"))
    old.rename(new)
    done = promote_in(new)

    assert done.returncode == 3, done.stderr
    assert "model_code_path" in done.stdout
    assert "artifact_path" not in done.stdout


@pytest.mark.parametrize("move", [True, False])
def test_artifacts_that_are_a_link_themselves_come_along(tmp_path: Path, move: bool) -> None:
    """As to a larger disk. A copied link leads to the files of the former project, which stay as they are."""
    old = tmp_path / "old"
    new = tmp_path / "new"
    old.mkdir()
    project_in(old)
    (old / "mlartifacts").rename(tmp_path / "large disk")
    (old / "mlartifacts").symlink_to(tmp_path / "large disk")
    if move:
        old.rename(new)
    else:
        shutil.copytree(old, new, symlinks=True)

    assert relocate(new / "mlflow.db", new / "mlartifacts") == [str(old)]
    (described,) = descriptions(tmp_path / "large disk").values()
    owner = new if move else old
    assert Path(yaml.safe_load(described)["artifact_path"]).is_relative_to(owner / "mlartifacts/models")


@pytest.mark.parametrize("what", ["models", "MLmodel"])
def test_nothing_is_written_through_a_link_that_leads_elsewhere(tmp_path: Path, what: str) -> None:
    old = tmp_path / "old"
    new = tmp_path / "new"
    old.mkdir()
    project_in(old)
    (path,) = old.rglob("MLmodel")
    kept = {"models": old / "mlartifacts/models", "MLmodel": path}[what]
    kept.rename(tmp_path / "kept")
    kept.symlink_to(tmp_path / "kept")
    before = (tmp_path / "kept").stat().st_mtime_ns, descriptions(tmp_path / "kept")
    text = (tmp_path / "kept").read_bytes() if what == "MLmodel" else b""
    old.rename(new)

    assert relocate(new / "mlflow.db", new / "mlartifacts") == [str(old)]
    assert ((tmp_path / "kept").stat().st_mtime_ns, descriptions(tmp_path / "kept")) == before

    if what == "MLmodel":
        assert (tmp_path / "kept").read_bytes() == text


def test_an_interruption_between_files_and_rows_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old"
    new = tmp_path / "new"
    old.mkdir()
    project_in(old)
    old.rename(new)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(relocation, "_rewrite_rows", interrupt)
        with pytest.raises(KeyboardInterrupt):
            relocate(new / "mlflow.db", new / "mlartifacts")
    assert places(new / "mlflow.db")["small"] == str(old / "mlartifacts")
    moved = descriptions(new)
    assert relocate(new / "mlflow.db", new / "mlartifacts") == [str(old)]
    assert places(new / "mlflow.db")["small"] == str(new / "mlartifacts")
    assert descriptions(new) == moved
    (described,) = moved.values()
    assert Path(yaml.safe_load(described)["artifact_path"]).is_relative_to(new / "mlartifacts/models")


def place_elsewhere(store: Store, place: Path) -> str:
    """Let an experiment keep its artifacts in a folder that a person chose, write one there, and return its run."""
    place.mkdir(parents=True)
    experiment = store.client.create_experiment("chosen", artifact_location=str(place))
    run = store.client.create_run(experiment)
    store.client.log_text(run.info.run_id, "kept", "note.txt")
    return str(run.info.run_id)


def places(database: Path) -> dict[str, str]:
    with closing(sqlite3.connect(database)) as store:
        return dict(store.execute("SELECT name, artifact_location FROM experiments").fetchall())


@pytest.mark.parametrize("mounted", [True, False])
@pytest.mark.parametrize("moved", [True, False])
def test_artifacts_that_a_person_keeps_elsewhere_stay_there(tmp_path: Path, mounted: bool, moved: bool) -> None:
    root = tmp_path / "project"
    big = tmp_path / "big disk/mlartifacts"
    root.mkdir()
    run_id = place_elsewhere(project_in(root), big)
    if not mounted:
        big.parent.rename(tmp_path / "not mounted")
    new = tmp_path / "new"
    if moved:
        root.rename(new)
    here = new if moved else root

    assert relocate(here / "mlflow.db", here / "mlartifacts") == ([str(root)] if moved else [])
    assert places(here / "mlflow.db")["chosen"] == str(big)
    assert places(here / "mlflow.db")["small"] == str(here / "mlartifacts")
    if not mounted:
        (tmp_path / "not mounted").rename(big.parent)
    client = MlflowClient(f"sqlite:///{here / 'mlflow.db'}")
    assert Path(client.download_artifacts(run_id, "note.txt")).read_text() == "kept"
    assert relocate(here / "mlflow.db", here / "mlartifacts") == []


def test_a_place_in_another_project_stays_where_this_project_has_not_moved(tmp_path: Path) -> None:
    root = tmp_path / "project"
    other = tmp_path / "another project"
    root.mkdir()
    place_elsewhere(project_in(root), other / "mlartifacts")
    shutil.copy(root / "mlflow.db", other / "mlflow.db")
    assert relocate(root / "mlflow.db", root / "mlartifacts") == []
    assert places(root / "mlflow.db")["chosen"] == str(other / "mlartifacts")


@pytest.mark.parametrize("stays", [True, False])
def test_a_store_that_came_without_its_artifacts_never_writes_into_the_old_folder(tmp_path: Path, stays: bool) -> None:
    old = tmp_path / "old"
    new = tmp_path / "new"
    old.mkdir()
    project_in(old)
    new.mkdir()
    shutil.copy(old / "mlflow.db", new / "mlflow.db")
    if not stays:
        shutil.rmtree(old)

    assert relocate(new / "mlflow.db", new / "mlartifacts") == [str(old)]
    assert places(new / "mlflow.db")["small"] == str(new / "mlartifacts")


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
