"""`make` by itself: real make, with a stand-in for Python that makes and fills an environment as the real one does."""

import shutil
import subprocess
from pathlib import Path

import pytest
from imports import ROOT

from hallmark import digests

# As `python -m venv` and an editable install leave it: absolute paths of the folder that it was made in.
PYTHON = """#!/bin/sh
here=$(pwd)
echo "$here: $*" >> "$LOG"
case "$*" in
  "-m venv .venv")
    mkdir -p .venv/bin .venv/lib/python3.11/site-packages
    cp "$0" .venv/bin/python
    echo "$here" > .venv/made-in ;;
  *--editable*)
    echo "$here/src" > .venv/lib/python3.11/site-packages/__editable__.hallmark-0.2.0.pth ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "it's a project"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    python = tmp_path / "python3.11"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return folder


def make(folder: Path, target: str, *variables: str) -> list[str]:
    """Run make, and return what it had Python do."""
    log = folder.parent / "log"
    log.unlink(missing_ok=True)
    words = ["make", target, f"PYTHON={folder.parent / 'python3.11'}", f"LOG={log}", *variables]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return log.read_text().splitlines() if log.exists() else []


def test_an_environment_is_set_up_once(project: Path) -> None:
    assert len(make(project, "develop")) == 4
    assert make(project, "develop") == []


@pytest.mark.parametrize("move", [True, False])
def test_one_that_came_along_is_set_up_anew_and_the_old_folder_is_left_alone(project: Path, move: bool) -> None:
    make(project, "install")
    other = project.with_name("another place")
    if move:
        project.rename(other)
    else:
        shutil.copytree(project, other, symlinks=True)
        before = digests.folder(project)
    done = make(other, "install")
    assert len(done) == 3
    assert all(line.startswith(f"{other}: ") for line in done)
    assert (other / ".venv/made-in").read_text() == f"{other}\n"
    assert make(other, "install") == []
    if not move:
        assert digests.folder(project) == before
        assert make(project, "install") == []


def test_an_environment_of_before_the_folder_was_noted_is_kept(project: Path) -> None:
    make(project, "install")
    (project / ".venv/runtime.stamp").write_text("")
    assert make(project, "install") == []


def test_words_reach_a_stage_as_they_were_typed(project: Path) -> None:
    make(project, "install")
    note = '#!/bin/sh\nprintf "%s\\n" "$2 $TASK, $SET, $MACHINE" >> "$LOG"\n'
    (project / ".venv/bin/python").write_text(note)
    words = ["TASK=image", "SET=+train.trainer.profiler=simple $HOME", "MACHINE=ddp devices=2"]
    log = make(project, "repro", *words)
    assert log[-1] == "pipelines.repro image, +train.trainer.profiler=simple $HOME, ddp devices=2"
