"""`make pull`, by the real make and DVC: what promotion reads comes, and raw data only where it is wanted."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from imports import ROOT

pytestmark = pytest.mark.slow

STAGES = {
    "prepare": ["data/prepared/own"],
    "validate": ["reports/own/validate"],
    "train": ["models/own"],
    "evaluate": ["reports/own/evaluate"],
    "bias": ["reports/own/bias"],
    "drift": ["reports/own/drift"],
}
JUDGED = {path for paths in STAGES.values() for path in paths}


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module", params=["bundled", "added"])
def laptop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A project whose judged outputs were pushed; its bundled raw data never was, what was added was."""
    root = tmp_path_factory.mktemp("pull")
    laptop = root / "laptop"
    raw = {"cmd": "mkdir -p data/raw/own && echo 1 > data/raw/own/rows", "outs": ["data/raw/own"]}
    stages = {
        name: {"cmd": f"mkdir -p {out} && echo {out} > {out}/a", "outs": [out]} for name, (out,) in STAGES.items()
    }
    if request.param == "bundled":
        stages = {"raw": raw, **stages}
    foreach = {name: {"foreach": ["own"], "do": {**do, "deps": ["conf/tasks.yaml"]}} for name, do in stages.items()}
    (laptop / "conf").mkdir(parents=True)
    (laptop / "dvc.yaml").write_text(yaml.safe_dump({"stages": foreach}), encoding="utf-8")
    (laptop / "conf/tasks.yaml").write_text(yaml.safe_dump({"tasks": {"own": {"system": "table"}}}), encoding="utf-8")
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, laptop)

    dvc = [sys.executable, "-m", "dvc"]
    run(laptop, "git", "init", "--quiet")
    run(laptop, *dvc, "init", "--quiet")
    run(laptop, *dvc, "remote", "add", "--default", "storage", str(root / "remote"))
    if request.param == "added":
        (laptop / "data/raw/own").mkdir(parents=True)
        (laptop / "data/raw/own/rows").write_text("1\n", encoding="utf-8")
        assert run(laptop, *dvc, "add", "data/raw/own").returncode == 0
    assert run(laptop, *dvc, "repro").returncode == 0
    pushed = [*STAGES, "data/raw/own.dvc"] if request.param == "added" else STAGES
    assert run(laptop, *dvc, "push", *pushed).returncode == 0
    run(laptop, "git", "add", "--all")
    run(laptop, "git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "judged")
    return request.param, laptop


@pytest.fixture
def clone(laptop: tuple[str, Path], tmp_path: Path) -> tuple[str, Path]:
    """A clone of its own for each test: what one test pulls must not lie there for the next."""
    kind, original = laptop
    clone = tmp_path / "a clone"
    run(original, "git", "clone", "--quiet", ".", str(clone))
    program = clone / ".venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (clone / ".venv/runtime.stamp").write_text(f"{clone}\n", encoding="utf-8")  # the folder that it was made for
    return kind, clone


def outputs(folder: Path) -> set[str]:
    return {path for path in (*JUDGED, "data/raw/own") if (folder / path).exists()}


def test_what_promotion_reads_comes_without_raw_data(clone: tuple[str, Path]) -> None:
    _, folder = clone
    done = run(folder, "make", "pull", "TASK=own", "RAW=no")
    assert done.returncode == 0, done.stderr
    assert outputs(folder) == JUDGED


def test_raw_data_comes_too_where_a_person_added_it(clone: tuple[str, Path]) -> None:
    kind, folder = clone
    done = run(folder, "make", "pull", "TASK=own")
    assert done.returncode == 0, done.stderr
    assert outputs(folder) == (JUDGED | {"data/raw/own"} if kind == "added" else JUDGED)


@pytest.mark.parametrize("value", ["maybe", "no; touch planted", "$(shell touch planted)"])
def test_another_answer_is_refused(clone: tuple[str, Path], value: str) -> None:
    _, folder = clone
    done = run(folder, "make", "pull", "TASK=own", f"RAW={value}")
    assert done.returncode == 2
    assert "RAW is yes or no" in done.stderr
    assert not (folder / "planted").exists()
