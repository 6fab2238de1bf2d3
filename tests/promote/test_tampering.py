"""A registered version that was edited behind the verdict's back is never promoted, and nothing of it is run."""

import hashlib
import json
import os
import py_compile
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow_server
import pytest
import small_task
import yaml
from entries import call
from mlflow import MlflowClient
from published_task import Store, empty_database, project_in, publish_small, write_project

from hallmark import config
from hallmark.promote import promotion
from hallmark.publish.evidence import read_evidence
from pipelines import promote

pytestmark = pytest.mark.slow

MARK = "import pathlib; pathlib.Path({!r}).write_text('run')\n"


@dataclass(frozen=True)
class Published:
    """The small task, eligible and published; `model` is where the version's files lie, `put` writes one of them."""

    root: Path
    uri: str
    client: MlflowClient
    database: Path
    model: Path
    put: Callable[[str, bytes], None]

    @property
    def marker(self) -> Path:
        return self.root / "marker"

    def read(self, path: str) -> bytes:
        return (self.model / path).read_bytes()

    def update(self, table: str, **columns: str) -> None:
        """Write into every row of a table of MLflow's database."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        connection = sqlite3.connect(self.database)
        with connection:
            connection.execute(f"UPDATE {table} SET {assignments}", list(columns.values()))
        connection.close()

    def value(self, table: str, column: str) -> str:
        connection = sqlite3.connect(self.database)
        (found,) = connection.execute(f"SELECT {column} FROM {table}").fetchone()
        connection.close()
        return str(found)


@pytest.fixture(scope="module")
def on_files(tmp_path_factory: pytest.TempPathFactory) -> Published:
    root = tmp_path_factory.mktemp("on files")
    store = project_in(root)
    (described,) = (root / "mlartifacts").rglob("MLmodel")

    def put(path: str, content: bytes) -> None:
        (described.parent / path).parent.mkdir(parents=True, exist_ok=True)
        (described.parent / path).write_bytes(content)

    return Published(root, store.uri, store.client, root / "mlflow.db", described.parent, put)


@pytest.fixture(scope="module")
def on_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    root = tmp_path_factory.mktemp("on a server")
    shutil.copy(empty_database(), root / "server.db")
    write_project(root)
    with mlflow_server.running(root) as server:
        client = MlflowClient(server.address)
        run = client.create_run(client.create_experiment("small"), tags={"hallmark.task": "small"})
        publish_small(Store(root, server.address, client, run.info.run_id))
        (described,) = server.artifacts.rglob("MLmodel")
        below = described.parent.relative_to(server.artifacts).as_posix()

        def put(path: str, content: bytes) -> None:
            server.put(f"{below}/{path}", content)

        yield Published(root, server.address, client, server.database, described.parent, put)


ON_SERVER = pytest.param("on_server", marks=pytest.mark.server)


@pytest.fixture(params=["on_files", ON_SERVER])
def published(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """The published version, which is put right again after the test."""
    whole: Published = request.getfixturevalue(request.param)
    monkeypatch.chdir(whole.root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", whole.uri)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    kept = {path: path.read_bytes() for path in whole.model.rglob("*") if path.is_file()}
    tables = ("model_versions", "logged_models")
    rows = {table: (_columns(whole, table)) for table in tables}
    yield whole
    for path in [path for path in whole.model.rglob("*") if path.is_symlink() or (path.is_file() and path not in kept)]:
        path.unlink()

    for path, content in kept.items():
        path.write_bytes(content)

    for table, columns in rows.items():
        whole.update(table, **columns)

    whole.marker.unlink(missing_ok=True)


def _columns(published: Published, table: str) -> dict[str, str]:
    names = {"model_versions": ("source", "storage_location", "status"), "logged_models": ("artifact_location",)}[table]
    return {name: published.value(table, name) for name in names}


def refused(published: Published, capsys: pytest.CaptureFixture[str]) -> str:
    """Promote, which must be refused without running anything of the version; return the table of reasons."""
    assert call(promote.main, "small") == promote.REFUSED
    assert promotion.holder(published.client, "small", "champion") is None
    assert published.client.get_experiment_by_name(promotion.LOG) is None
    assert not published.marker.exists()
    return capsys.readouterr().out


def described(published: Published) -> dict[str, Any]:
    return dict(yaml.safe_load(published.read("MLmodel")))


def put_description(published: Published, content: dict[str, Any]) -> None:
    published.put("MLmodel", yaml.safe_dump(content, default_flow_style=False).encode())


def load(published: Published) -> subprocess.CompletedProcess[str]:
    program = "import mlflow, sys; mlflow.set_tracking_uri(sys.argv[1]); mlflow.pyfunc.load_model('models:/small/1')"
    command = [sys.executable, "-c", program, published.uri]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "1"})


def test_edited_serving_code(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    content = published.read("served.py")
    published.put("served.py", MARK.format(str(published.marker)).encode() + content)
    assert "served.py in the registry" in refused(published, capsys)
    assert load(published).returncode == 0
    assert published.marker.exists()  # so it would have run


def test_edited_serving_code_of_the_same_size(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    content = published.read("served.py")
    published.put("served.py", content.replace(b"BATCH = 256", b"BATCH = 257"))
    assert "served.py in the registry" in refused(published, capsys)


@pytest.mark.parametrize("path", ["__pycache__/served.cpython-311.pyc", "artifacts/package/answers.pyc"])
def test_a_compiled_cache(published: Published, capsys: pytest.CaptureFixture[str], path: str, tmp_path: Path) -> None:
    (tmp_path / "source.py").write_text(MARK.format(str(published.marker)))
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compiled = py_compile.compile(str(tmp_path / "source.py"), invalidation_mode=mode)
    assert compiled is not None
    published.put(path, Path(compiled).read_bytes())
    out = refused(published, capsys)
    assert Path(path).name in out
    assert "a compiled cache" in out


def test_a_compiled_cache_beside_honest_answers_is_not_read_when_the_model_is_loaded(on_files: Published) -> None:
    package = on_files.model / "artifacts/package"
    source = on_files.root / "answers_with_a_mark.py"
    source.write_text(MARK.format(str(on_files.marker)))
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    cache = package / "__pycache__/answers.cpython-311.pyc"
    py_compile.compile(str(source), str(cache), invalidation_mode=mode)
    done = load(on_files)

    assert "different files: __pycache__" in done.stderr
    assert not on_files.marker.exists()

    shutil.rmtree(cache.parent)
    assert load(on_files).returncode == 0


def test_edited_files_beside_the_package(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    paths = ("requirements.txt", "conda.yaml", "python_env.yaml", "input_example.json")
    for path in paths:
        published.put(path, published.read(path) + b"\n# more\n")
    out = refused(published, capsys)
    assert [path for path in paths if f"{path} in the registry" not in out] == []


def test_extra_files(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    paths = ("extra.py", "artifacts/package/extra.bin", "code/hallmark/__init__.py", "..a")
    for path in paths:
        published.put(path, b"x = 1\n")
    out = refused(published, capsys)
    rows = [line for line in out.splitlines() if "a file that is not listed" in line]
    assert [path for path in paths if not any(path.removeprefix("artifacts/package/") in row for row in rows)] == []
    assert len(rows) == len(paths)


def test_a_file_that_is_gone(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    (published.model / "requirements.txt").unlink()
    assert "no such file" in refused(published, capsys)


def test_a_description_that_points_to_another_folder(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (published.model / "artifacts/package").iterdir():
        published.put(f"artifacts/other/{path.name}", path.read_bytes())
    content = described(published)
    content["flavors"]["python_function"]["artifacts"]["package"]["path"] = "artifacts/other"
    put_description(published, content)
    out = refused(published, capsys)
    assert "MLmodel: flavors: python_function: artifacts: package: path" in out
    assert "artifacts/other" in out


EDITS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("flavors", "python_function", "loader_module"), "os"),
    (("flavors", "python_function", "code"), "code"),
    (("flavors", "python_function", "model_code_path"), "other.py"),
    (("flavors", "python_function", "config", "package_json_sha256"), "0" * 64),
    (("flavors", "python_function", "data"), "data"),
    (("flavors", "sklearn"), {"pickled_model": "model.pkl"}),
    (("signature", "outputs"), "[]"),
    (("signature", "inputs"), None),
    (("run_id",), "f" * 32),
    (("model_id",), "m-" + "f" * 32),
    (("model_uuid",), "m-" + "f" * 32),
    (("artifact_path",), "elsewhere"),
    (("utc_time_created",), "yesterday"),
    (("mlflow_version",), "1.0.0"),
    (("something_new",), True),
)


def test_edited_fields_of_the_description(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    content = described(published)
    for keys, value in EDITS:
        node = content
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value

    put_description(published, content)
    out = refused(published, capsys)

    assert [keys for keys, _ in EDITS if f"MLmodel: {': '.join(keys)}" not in out] == []


@pytest.mark.parametrize("more", [b"# a comment\n", b"run_id: twice\n", b"more: &a [1]\n"])
def test_a_description_written_otherwise(published: Published, capsys: pytest.CaptureFixture[str], more: bytes) -> None:
    published.put("MLmodel", more + published.read("MLmodel"))
    assert "MLmodel" in refused(published, capsys)


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"\xff\xfe", b"- 1\n", b"x: " + b"y" * (1 << 21)])
def test_a_description_that_is_none(published: Published, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    published.put("MLmodel", content)
    assert "MLmodel" in refused(published, capsys)


def test_package_files_edited_consistently(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    answers = MARK.format(str(published.marker)).encode() + published.read("artifacts/package/answers.py")
    about = json.loads(published.read("artifacts/package/package.json"))
    about["files"]["answers.py"] = hashlib.sha256(answers).hexdigest()
    written = json.dumps(about).encode()
    content = described(published)
    content["flavors"]["python_function"]["config"]["package_json_sha256"] = hashlib.sha256(written).hexdigest()
    published.put("artifacts/package/answers.py", answers)
    published.put("artifacts/package/package.json", written)
    put_description(published, content)
    out = refused(published, capsys)

    assert "package in the registry: answers.py" in out
    assert "package in the registry: package.json" in out
    assert "package_json_sha256" in out


def test_an_edited_package_description_is_seen_when_the_model_is_loaded(published: Published) -> None:
    about = json.loads(published.read("artifacts/package/package.json"))
    about["postprocess"]["threshold"] = 0.99
    published.put("artifacts/package/package.json", json.dumps(about).encode())
    assert "package.json has been altered" in load(published).stderr


@pytest.mark.parametrize("column", ["source", "storage_location"])
def test_a_version_whose_row_leads_elsewhere(
    published: Published, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    copy = published.root / "an identical copy"
    if not copy.exists():
        shutil.copytree(published.model, copy)
    published.update("model_versions", **{column: str(copy)})
    out = refused(published, capsys)
    assert "source of the version" in out
    assert "an identical copy" in out


@pytest.mark.parametrize("status", ["PENDING_REGISTRATION", "FAILED_REGISTRATION"])
def test_a_version_that_is_not_ready(published: Published, capsys: pytest.CaptureFixture[str], status: str) -> None:
    published.update("model_versions", status=status)
    assert "state of the version" in refused(published, capsys)


def test_a_logged_model_whose_row_leads_elsewhere(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    copy = published.root / "an identical copy"
    if not copy.exists():
        shutil.copytree(published.model, copy)
    published.update("logged_models", artifact_location=str(copy))
    assert "location of the logged model" in refused(published, capsys)


def test_a_version_that_was_loaded_is_still_whole_and_its_mark_hides_nothing(
    on_files: Published, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(on_files.root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", on_files.uri)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)

    assert load(on_files).returncode == 0

    mark = on_files.model / "registered_model_meta"
    try:
        assert mark.exists()
        challenger = promotion.challenger(on_files.client, "small", "small")
        evidence = read_evidence(config.read(small_task.LAYOUT.parameters), small_task.LAYOUT)
        assert promote.compare_model(on_files.client, challenger, evidence) == []
        for text in ("model_name: small\nmodel_version: 2\n", "model_name: small\nmodel_version: 1\nx: 1\n"):
            mark.write_text(text)
            assert "registered_model_meta" in refused(on_files, capsys)
    finally:
        mark.unlink()


def test_a_link_in_place_of_a_file(
    on_files: Published, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(on_files.root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", on_files.uri)
    monkeypatch.setenv("COLUMNS", "250")

    honest = on_files.read("served.py")
    (on_files.root / "the same.py").write_bytes(honest)
    (on_files.model / "served.py").unlink()
    (on_files.model / "served.py").symlink_to(on_files.root / "the same.py")
    try:
        assert "a link" in refused(on_files, capsys)
    finally:
        (on_files.model / "served.py").unlink()
        on_files.put("served.py", honest)


@pytest.mark.parametrize("published", ["on_files", ON_SERVER], indirect=True)
def test_what_nobody_has_edited_is_promoted(published: Published) -> None:
    try:
        assert call(promote.main, "small") == 0
        champion = promotion.holder(published.client, "small", "champion")
        assert champion is not None
        assert str(champion.version) == "1"
    finally:
        published.client.delete_registered_model_alias("small", "champion")
        experiment = published.client.get_experiment_by_name(promotion.LOG)
        if experiment is not None:
            published.client.rename_experiment(experiment.experiment_id, f"log {os.urandom(4).hex()}")
