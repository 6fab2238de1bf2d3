"""What is committed, and an export of it."""

import subprocess
from pathlib import Path

import pytest

from hallmark.errors import InputError
from hallmark.verify import repository


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "a repository"
    folder.mkdir()
    git(folder, "init", "--quiet")

    (folder / "code.py").write_text("CODE = 1\n", encoding="utf-8")
    (folder / ".gitignore").write_text("*.pyc\n", encoding="utf-8")
    (folder / ".gitattributes").write_text("code.py export-ignore\n", encoding="utf-8")

    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


def test_an_export_holds_what_is_committed_and_nothing_else(here: Path, tmp_path: Path) -> None:
    (here / "code.py").write_text("CODE = 2\n", encoding="utf-8")
    (here / "stray.py").touch()
    (here / "code.pyc").touch()
    hook = here / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/hooked'\n", encoding="utf-8")
    hook.chmod(0o755)
    export = tmp_path / "export"
    repository.export(here, repository.head(here), export)

    assert {path.name for path in export.iterdir()} == {".git", ".gitattributes", ".gitignore", "code.py"}
    assert (export / "code.py").read_text(encoding="utf-8") == "CODE = 1\n"
    assert repository.head(export) == repository.head(here)
    assert not (tmp_path / "hooked").exists()


def test_a_shallow_clone_is_exported_too(here: Path, tmp_path: Path) -> None:
    git(here, "commit", "--quiet", "--allow-empty", "--message", "second")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{here}", "shallow")
    repository.export(tmp_path / "shallow", repository.head(here), tmp_path / "export")
    assert (tmp_path / "export/code.py").is_file()


def test_what_is_edited_or_new_is_uncommitted(here: Path) -> None:
    assert repository.uncommitted(here, ["."]) == []
    (here / "code.py").write_text("CODE = 2\n", encoding="utf-8")
    (here / "new file").touch()
    (here / "ignored.pyc").touch()
    assert sorted(repository.uncommitted(here, ["."])) == ["code.py", "new file"]
    assert repository.uncommitted(here, ["new file"]) == ["new file"]
    assert repository.committed(here, "code.py") == "CODE = 1\n"


def test_a_folder_without_a_commit_is_one_sentence(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(InputError, match="git rev-parse in"):
        repository.head(tmp_path)


def test_a_project_in_a_folder_of_its_repository_is_exported_with_it(here: Path, tmp_path: Path) -> None:
    project = here / "my team/own project"
    project.mkdir(parents=True)
    (project / "dvc.lock").write_text("a lock\n", encoding="utf-8")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--message", "project")

    assert repository.prefix(here) == ""
    assert repository.prefix(project) == "my team/own project/"
    assert repository.committed(project, "dvc.lock") == "a lock\n"

    export = tmp_path / "export"
    repository.export(project, repository.head(project), export)
    assert (export / repository.prefix(project) / "dvc.lock").read_text(encoding="utf-8") == "a lock\n"
    assert (export / "code.py").is_file()


def test_an_unpacked_archive_is_told_that_a_clone_is_needed(here: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    git(here, "archive", "--output", str(tmp_path / "own.tar"), "HEAD")
    subprocess.run(["tar", "-xf", str(tmp_path / "own.tar"), "-C", str(archive)], check=True)
    with pytest.raises(InputError, match="archive is no git repository: what is verified is a commit, in a clone"):
        repository.head(archive)
