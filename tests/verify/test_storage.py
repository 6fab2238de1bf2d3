"""A real DVC and a folder as its remote: what is fetched, and that no password of the remote outlasts the fetch."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.config import Config

from hallmark.errors import InputError
from hallmark.verify import repository, storage

PASSWORD = "the/secret+of=ours"


def dvc(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, check=True, capture_output=True)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose file lies in a remote, and whose other remote has a password."""
    root = tmp_path_factory.mktemp("storage")
    here = root / "a project"
    here.mkdir()
    git(here, "init", "--quiet")
    dvc(here, "init", "--quiet")

    (here / "rows.csv").write_text("a\n1\n", encoding="utf-8")
    dvc(here, "add", "--quiet", "rows.csv")
    dvc(here, "remote", "add", "--default", "storage", str(root / "remote"))
    dvc(here, "push", "--quiet")

    dvc(here, "remote", "add", "locked", "https://someone:hidden-word@localhost:9/files")
    dvc(here, "remote", "modify", "--local", "locked", "password", PASSWORD)
    dvc(here, "remote", "add", "--local", "relative", "../elsewhere")

    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--message", "rows")
    return here


@pytest.fixture
def export(here: Path, tmp_path: Path) -> Path:
    repository.export(here, repository.head(here), tmp_path / "export")
    return tmp_path / "export"


def test_passwords_lie_in_the_export_for_the_fetch_alone(here: Path, export: Path) -> None:
    local = export / ".dvc/config.local"
    former = os.umask(0)  # the widest
    try:
        with storage.shared(here, export):
            assert stat.S_IMODE(local.stat().st_mode) == 0o600
            assert PASSWORD in local.read_text(encoding="utf-8")
            assert storage.fetch(export, "rows.csv") == ""
    finally:
        os.umask(former)

    assert (export / "rows.csv").read_text(encoding="utf-8") == "a\n1\n"
    assert not local.exists()

    kept = [path for path in export.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert kept == []


def test_passwords_go_where_the_fetch_is_interrupted(here: Path, export: Path) -> None:
    with pytest.raises(KeyboardInterrupt), storage.shared(here, export):
        raise KeyboardInterrupt
    assert not (export / ".dvc/config.local").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", [".dvc", ".dvc/config.local"])
def test_a_link_in_the_commit_leads_them_nowhere(here: Path, export: Path, name: str) -> None:
    """To the folder of who verifies, whose own file would be written and removed."""
    own = here / ".dvc/config.local"
    before = own.read_bytes()
    shutil.rmtree(export / ".dvc")
    (export / name).parent.mkdir(exist_ok=True)
    (export / name).symlink_to(here / name)
    with pytest.raises(InputError, match=f"the commit holds {name} as a link"), storage.shared(here, export):
        pass
    assert own.read_bytes() == before


def test_the_reason_why_nothing_came_holds_no_password(here: Path, export: Path) -> None:
    sentence = f"https://someone:hidden-word@localhost:9/files refused {PASSWORD} of someone"
    with storage.shared(here, export):
        shown = storage._mask_secrets(sentence, export)
        assert shown == "https://***@localhost:9/files refused *** of someone"
        (export / "other.csv.dvc").write_text("outs:\n- md5: " + "0" * 32 + "\n  size: 3\n  path: other.csv\n")
        reason = storage.fetch(export, "other.csv")
    assert reason
    assert PASSWORD not in reason


@pytest.mark.parametrize("search_path", ["", "."])
def test_no_module_of_the_commit_runs_while_the_passwords_lie_there(
    here: Path, export: Path, monkeypatch: pytest.MonkeyPatch, search_path: str
) -> None:
    """A module at the export's root bears the name of DVC itself, or of what DVC imports."""
    monkeypatch.setenv("PYTHONPATH", search_path)
    theft = "from pathlib import Path\nPath('stolen').write_bytes(Path('.dvc/config.local').read_bytes())\n"
    for name in ("dvc.py", "configobj.py", "sitecustomize.py"):
        (export / name).write_text(theft, encoding="utf-8")
    with storage.shared(here, export):
        assert storage.fetch(export, "rows.csv") == ""
    assert (export / "rows.csv").read_text(encoding="utf-8") == "a\n1\n"
    assert not (export / "stolen").exists()


def test_a_relative_remote_leads_to_the_same_folder_from_the_export(here: Path, export: Path) -> None:
    with storage.shared(here, export):
        settings = Config(dvc_dir=str(export / ".dvc"))["remote"]["relative"]
    assert Path(settings["url"]) == here.parent / "elsewhere"
