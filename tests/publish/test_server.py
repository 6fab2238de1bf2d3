"""A real server behind a password: publish and promote show it nowhere, and give up soon where the server is dead."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow_proxy
import mlflow_server
import pytest
from mlflow import MlflowClient
from published_task import Store, empty_database, publish_small, write_project

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
LIMIT = 60  # seconds within which a command gives up on a dead server
UPLOAD = "/mlflow-artifacts/artifacts/"


@dataclass(frozen=True)
class Project:
    root: Path
    server: mlflow_server.Server
    door: mlflow_proxy.Door

    def run(self, entry: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run an entry as a person does. Once the door is broken, it must end within LIMIT."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "GITHUB_"))}
        paths = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "COLUMNS": "250"}
        given = {"MLFLOW_TRACKING_URI": self.door.address, **environment}
        command = [sys.executable, "-m", f"pipelines.{entry}", "small"]
        done = subprocess.run(
            command, cwd=self.root, env=kept | paths | given, capture_output=True, text=True, timeout=600
        )
        if self.door.broken_at is not None:
            assert time.monotonic() - self.door.broken_at < LIMIT
        return done


def challenge(project: Project) -> None:
    """Make the published version the challenger, as the workflow does on a server."""
    client = MlflowClient(project.server.address)
    client.set_registered_model_alias(project.root.name, "challenger", "1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflow_server.Server]:
    """One server for all tests, which takes long to start; each test has a model of its own on it."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(empty_database(), folder / "server.db")
    with mlflow_server.running(folder) as server:
        yield server


@contextmanager
def project_on(server: mlflow_server.Server, root: Path) -> Iterator[Project]:
    write_project(root, name=root.name)
    with mlflow_proxy.door(server.address) as door:
        yield Project(root, server, door)


@pytest.fixture
def project(tmp_path: Path, server: mlflow_server.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    with project_on(server, tmp_path) as project:
        yield project


def require_no_secret(project: Project, *outputs: str) -> None:
    """No output shows the password, and no file of the project, the store or the artifacts holds it."""
    for secret in mlflow_proxy.SECRETS:
        for output in outputs:
            assert secret not in output
        folders = project.root, project.server.database.parent
        for path in [path for folder in folders for path in folder.rglob("*") if path.is_file()]:
            assert secret.encode() not in path.read_bytes(), f"{path} holds the password"


def require_one_sentence(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    sentences = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(sentences) == 1, done.stderr
    assert words in sentences[0]
    assert "Traceback" not in done.stdout + done.stderr


def test_a_password_is_nowhere_when_all_goes_well(project: Project) -> None:
    published = project.run("publish")
    assert published.returncode == 0, published.stderr

    again = project.run("publish")
    assert again.returncode == 0, again.stderr

    challenge(project)
    promoted = project.run("promote")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr

    outputs = [each for done in (published, again, promoted) for each in (done.stdout, done.stderr)]
    require_no_secret(project, *outputs)
    assert "View run" not in "".join(outputs)
    assert "version 1" in again.stdout  # the whole version is found again through the server


def test_a_password_in_the_environment_is_nowhere_either(project: Project) -> None:
    given = {
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{project.door.port}",
        "MLFLOW_TRACKING_USERNAME": mlflow_proxy.USER,
        "MLFLOW_TRACKING_PASSWORD": mlflow_proxy.PASSWORD,
    }
    published = project.run("publish", **given)
    assert published.returncode == 0, published.stderr

    token = {"MLFLOW_TRACKING_URI": given["MLFLOW_TRACKING_URI"], "MLFLOW_TRACKING_TOKEN": mlflow_proxy.TOKEN}
    again = project.run("publish", **token)
    assert again.returncode == 0, again.stderr
    assert "version 1" in again.stdout

    wrong = project.run("publish", **given | {"MLFLOW_TRACKING_PASSWORD": "another-secret"})
    require_one_sentence(wrong, "does not answer as an MLflow store")
    outputs = [each for done in (published, again, wrong) for each in (done.stdout, done.stderr)]
    require_no_secret(project, *outputs)
    assert "another-secret" not in wrong.stderr


@pytest.mark.parametrize(
    ("how", "part"),
    [("drop", UPLOAD), ("hang", UPLOAD), ("busy", UPLOAD), ("moved", UPLOAD), ("hang", "model-versions/create")],
)
def test_a_server_that_dies_in_between(project: Project, how: str, part: str) -> None:
    project.door.how = how
    project.door.breaks = lambda method, path: part in path and method in ("PUT", "POST")
    done = project.run("publish")
    require_one_sentence(done, "refused, or stopped answering")
    require_no_secret(project, done.stdout, done.stderr)


@pytest.mark.parametrize("signal", ["kill", "stop"])
def test_a_server_whose_process_ends_or_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server").mkdir()
    shutil.copy(empty_database(), tmp_path / "server/server.db")
    with (
        mlflow_server.running(tmp_path / "server") as server,
        project_on(server, tmp_path) as project,
    ):

        def strike(method: str, path: str) -> bool:
            if method == "PUT" and UPLOAD in path and project.door.broken_at is None:
                getattr(server, signal)()
                project.door.broken_at = time.monotonic()
            return False

        project.door.breaks = strike
        done = project.run("publish")
    require_one_sentence(done, "refused, or stopped answering")


@pytest.mark.parametrize("how", ["hang", "busy"])
def test_a_server_that_dies_while_a_version_is_compared(project: Project, how: str) -> None:
    client = MlflowClient(project.server.address)
    run = client.create_run(client.create_experiment(project.root.name))
    publish_small(Store(project.root, project.server.address, client, run.info.run_id))
    project.door.how = how
    project.door.breaks = lambda method, path: "served.py" in path
    done = project.run("promote")
    require_one_sentence(done, "refused, or stopped answering")
    require_no_secret(project, done.stdout, done.stderr)


@pytest.mark.parametrize("how", ["hang", "busy"])
def test_an_outage_registers_no_second_version(project: Project, how: str) -> None:
    assert project.run("publish").returncode == 0
    challenge(project)
    client = MlflowClient(project.server.address)
    refused: list[str] = []

    def refuses(method: str, path: str) -> bool:
        """Fail the first look at the version's model and its one retry; afterwards the store answers again."""
        if method != "GET" or "/logged-models/m-" not in path or len(refused) == 2:
            return False
        refused.append(path)
        return True

    project.door.how = how
    project.door.refuses = refuses
    done = project.run("publish")
    assert len(refused) == 2
    require_one_sentence(done, "refused, or stopped answering")
    versions = client.search_model_versions(f"name = '{project.root.name}'")
    assert [str(version.version) for version in versions] == ["1"]


@pytest.mark.parametrize("part", ["/logged-models/m-", "artifacts%2Fpackage", "model.onnx"])
def test_an_outage_is_no_missing_champion_that_a_person_could_sign_for(project: Project, part: str) -> None:
    assert project.run("publish").returncode == 0
    client = MlflowClient(project.server.address)
    client.set_registered_model_alias(project.root.name, "champion", "1")

    project.door.how = "busy"
    project.door.refuses = lambda method, path: method == "GET" and part in path
    done = project.run("sign", SIGNER="Dr. R. Viewer", STATEMENT="Seen and understood.")
    assert project.door.broken_at is not None, "nothing asked for what the store refuses"
    require_one_sentence(done, "refused, or stopped answering")
    assert not (project.root / "reports/small/gate/signature.json").exists()


@pytest.mark.parametrize(("how", "entry"), [("drop", "promote"), ("hang", "publish"), ("moved", "publish")])
def test_a_server_that_is_dead_from_the_start(project: Project, how: str, entry: str) -> None:
    project.door.broken = True
    project.door.how = how
    done = project.run(entry)
    require_one_sentence(done, "which does not answer as an MLflow store")
    require_no_secret(project, done.stderr)
