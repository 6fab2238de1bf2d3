"""Files beside a dvc.lock that the real DVC has written."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hallmark.errors import InputError
from hallmark.verify import lock

MAKE = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
(folder / "in ner").mkdir(parents=True)
for name in ("b.txt", "a.txt", "a", "in ner/z", "in ner.x"):
    (folder / name).write_text(name)
"""
OUTPUTS = {"raw": "data/raw/own", "configure": "params", "prepare": "data/prepared/own"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a stage of each name, run by DVC: nested folders, names with spaces, an uncached output."""
    root = tmp_path_factory.mktemp("a repository")
    (root / "make.py").write_text(MAKE, encoding="utf-8")
    stages: dict[str, dict[str, Any]] = {}
    for stage in ("raw", *lock.STAGES):
        output = OUTPUTS.get(stage, f"reports/own/{stage}")
        stages[stage] = {
            "foreach": ["own"],
            "do": {
                "cmd": f"python make.py {output}",
                "deps": ["make.py"],
                "outs": [{output: {"cache": stage != "gate"}}],
            },
        }

    stages["prepare"]["do"]["deps"] = ["data/raw/own", "make.py"]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in (["init", "--no-scm", "--quiet"], ["repro", "--quiet"]):
        subprocess.run([sys.executable, "-m", "dvc", *command], cwd=root, env=environment, check=True)

    return root


def subjects(root: Path) -> list[str]:
    return [each.subject for each in lock.compare_files(root, "own")]


def test_what_dvc_has_written_is_no_difference(repository: Path) -> None:
    assert subjects(repository) == []
    files = [path for path in (repository / "data/raw/own").rglob("*") if path.is_file()]
    assert lock.size(repository, "data/raw/own", "own") == sum(path.stat().st_size for path in files)


@pytest.mark.parametrize(
    "name", ["data/raw/own/in ner/z", "reports/own/gate/a", "reports/own/evaluate/b.txt", "params/a"]
)
def test_an_edit_that_keeps_size_and_time_is_seen(repository: Path, name: str) -> None:
    path = repository / name
    content = path.read_bytes()
    status = path.stat()
    path.chmod(0o644)
    try:
        path.write_bytes(b"?" * len(content))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        (only,) = subjects(repository)
        assert only.removesuffix(", MD5 in dvc.lock") in {str(parent) for parent in Path(name).parents}
    finally:
        path.write_bytes(content)

    assert subjects(repository) == []


def test_a_file_more_is_seen_and_compiled_code_is_none(repository: Path) -> None:
    more = repository / "data/prepared/own/more"
    more.write_text("", encoding="utf-8")
    assert subjects(repository) == ["data/prepared/own, MD5 in dvc.lock"]
    more.unlink()
    cache = repository / "data/prepared/own/__pycache__"
    cache.mkdir()
    (cache / "a.pyc").touch()
    assert subjects(repository) == []


def test_raw_data_may_be_elsewhere_and_nothing_else_may(repository: Path, tmp_path: Path) -> None:
    for name, found in (("data/raw/own", []), ("data/prepared/own", ["data/prepared/own, MD5 in dvc.lock"])):
        (repository / name).rename(tmp_path / "away")
        assert subjects(repository) == found
        (tmp_path / "away").rename(repository / name)


def test_raw_data_that_was_added_must_be_what_prepare_read(repository: Path) -> None:
    own = repository / "data/raw/own.dvc"
    for md5, found in ((lock.checksum(repository / "data/raw/own"), []), ("f" * 32, ["data/raw/own in dvc.lock"])):
        own.write_text(yaml.safe_dump({"outs": [{"md5": md5, "size": 7, "path": "own"}]}), encoding="utf-8")
        assert subjects(repository) == found
        assert lock.size(repository, "data/raw/own", "own") == 7

    own.write_text("outs: []", encoding="utf-8")
    with pytest.raises(InputError, match=r"own.dvc is no file that `dvc add` wrote"):
        subjects(repository)

    own.unlink()


def test_a_stage_that_never_ran_is_named(repository: Path) -> None:
    seen = [each.actual for each in lock.compare_files(repository, "other")]
    assert seen == ["none: `dvc repro` runs it"] * len(lock.STAGES)


@pytest.mark.parametrize("text", ["", "stages:", "[1]", "stages: {a: b: c}"])
def test_another_text_is_no_lock(text: str) -> None:
    with pytest.raises(InputError, match=r"dvc.lock is no lock that DVC wrote"):
        lock.entries(text, "own")


@pytest.mark.parametrize("place", ["", "data/raw"])
def test_what_dvc_ignores_is_no_difference(repository: Path, place: str) -> None:
    """A file that a person's own .dvcignore names, in any folder: DVC neither hashes nor pushes it."""
    ignore = repository / place / ".dvcignore"
    former = ignore.read_bytes() if ignore.exists() else None
    stray = repository / "data/raw/own/in ner/notes of ours.txt"
    stray.write_text("not for the others", encoding="utf-8")

    try:
        assert subjects(repository) == ["data/raw/own, MD5 in dvc.lock"]

        ignore.write_text("notes*\n", encoding="utf-8")
        reported = subprocess.run(
            [sys.executable, "-m", "dvc", "status"], cwd=repository, capture_output=True, text=True, check=True
        ).stdout
        assert "raw@own" not in reported
        assert subjects(repository) == []
    finally:
        stray.unlink()
        ignore.unlink()
        if former is not None:
            ignore.write_bytes(former)


@pytest.mark.parametrize(
    ("stage", "kind", "path"),
    [("prepare", "deps", "data/raw/own"), ("gate", "outs", "reports/own/gate"), ("evaluate", "deps", "make.py")],
)
def test_an_entry_that_leaves_a_path_out_is_seen(repository: Path, stage: str, kind: str, path: str) -> None:
    """Else a file that the lock does not name could be edited: the others would still agree with it."""
    written = repository / lock.NAME
    honest = written.read_text(encoding="utf-8")
    record = yaml.safe_load(honest)
    entry = record["stages"][f"{stage}@own"]
    entry[kind] = [each for each in entry[kind] if each["path"] != path]

    try:
        written.write_text(yaml.safe_dump(record), encoding="utf-8")
        assert subjects(repository) == [f"{path} of {stage}@own: dvc.yaml and dvc.lock"]

        del entry[kind]
        written.write_text(yaml.safe_dump(record), encoding="utf-8")
        assert f"{path} of {stage}@own: dvc.yaml and dvc.lock" in subjects(repository)
    finally:
        written.write_text(honest, encoding="utf-8")


def test_a_path_that_dvc_yaml_no_longer_declares_is_seen(repository: Path) -> None:
    written = repository / "dvc.yaml"
    honest = written.read_text(encoding="utf-8")
    pipeline = yaml.safe_load(honest)
    pipeline["stages"]["drift"]["do"]["deps"] = []

    try:
        written.write_text(yaml.safe_dump(pipeline), encoding="utf-8")
        assert subjects(repository) == ["make.py of drift@own: dvc.yaml and dvc.lock"]

        written.write_text("stages: [", encoding="utf-8")
        with pytest.raises(InputError, match=r"dvc.yaml can't be resolved"):
            subjects(repository)
    finally:
        written.write_text(honest, encoding="utf-8")
