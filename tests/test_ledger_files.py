"""A look at the test split is in the committed ledger, in that of the workspace, and in git's own folder, at once."""

import subprocess
import threading
from pathlib import Path

import pytest
from imports import ROOT

from hallmark import ledger_files
from hallmark.layout import Layout
from hallmark.ledger_files import Entry

LOOKS = [Entry("t", model) for model in "abcd"]


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout whose dvc.yaml is committed."""
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "dvc.yaml").write_text("stages: {}\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def look(folder: Path, entry: Entry) -> list[Entry]:
    return ledger_files.merge(ledger_files.find(Layout("small", folder)), [entry])


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_a_folder_without_git_has_its_own_ledger_alone(tmp_path: Path) -> None:
    assert ledger_files.find(Layout("small", tmp_path)) == [tmp_path / ".ledger/small.jsonl"]


def test_an_export_inside_a_checkout_has_its_own_ledger_alone(project: Path) -> None:
    """As in verification, which counts by what is committed."""
    export = project / ".state/verify/export"
    export.mkdir(parents=True)
    (export / "dvc.yaml").write_text("stages: {}\n")
    assert ledger_files.find(Layout("small", export)) == [export / ".ledger/small.jsonl"]


def test_what_git_restores_is_not_lost(project: Path) -> None:
    ledger = project / ".ledger/small.jsonl"
    assert look(project, LOOKS[0]) == LOOKS[:1]
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "one look")

    assert look(project, LOOKS[1]) == LOOKS[:2]
    git(project, "checkout", "--", ".")
    assert lines(ledger) == 1

    assert look(project, LOOKS[2]) == LOOKS[:3]
    assert lines(ledger) == 3


def test_a_file_that_git_restored_gets_its_lines_back(project: Path) -> None:
    ledger = project / ".ledger/small.jsonl"
    ledger_files.restore(project)
    assert not ledger.parent.exists()

    for entry in LOOKS:
        look(project, entry)
    content = ledger.read_bytes()
    ledger.unlink()
    ledger_files.restore(project)
    assert ledger.read_bytes() == content


def test_a_temporary_experiment_counts_in_the_workspace_at_once(project: Path) -> None:
    clone = project / ".dvc/tmp/exps/standalone/tmp1"
    git(project, "clone", "--quiet", ".", str(clone))
    assert look(clone, LOOKS[0]) == LOOKS[:1]
    assert lines(project / ".ledger/small.jsonl") == lines(clone / ".ledger/small.jsonl") == 1
    assert look(project, LOOKS[1]) == LOOKS[:2]


def test_worktrees_share_what_git_keeps(project: Path, tmp_path: Path) -> None:
    git(project, "worktree", "add", "--quiet", str(tmp_path / "other"), "-b", "other")
    look(project, LOOKS[0])
    assert look(tmp_path / "other", LOOKS[1]) == LOOKS[:2]


def test_git_keeps_the_lines_of_both_sides_of_a_merge(project: Path, tmp_path: Path) -> None:
    (project / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    look(project, LOOKS[0])
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "one look")

    other = tmp_path / "other"
    git(project, "clone", "--quiet", ".", str(other))
    for folder, entry in ((project, LOOKS[1]), (other, LOOKS[2])):
        look(folder, entry)
        git(folder, "commit", "--quiet", "--all", "--message", "another look")

    git(other, "pull", "--quiet", "--no-rebase", "--no-edit")
    assert git(other, "status", "--short") == ""
    assert lines(other / ".ledger/small.jsonl") == 3
    assert set(look(other, LOOKS[0])) == set(LOOKS[:3])


def test_looks_at_the_same_time_are_all_counted(project: Path) -> None:
    threads = [threading.Thread(target=look, args=(project, Entry("t", f"{number}"))) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines(project / ".ledger/small.jsonl") == 12
    assert len(look(project, Entry("t", "0"))) == 12
