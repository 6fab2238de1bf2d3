"""The snapshots of a task's past: dvc.lock names one at each commit, and DVC's cache holds it."""

import hashlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hallmark.errors import InputError
from hallmark.layout import Layout


@dataclass(frozen=True)
class PastSnapshot:
    """What the stage `drift` wrote for a task.

    task: Its name.
    md5: Of the file, by which DVC names it.
    file: The file: in DVC's cache, or among the reports here.
    commit: The first commit whose dvc.lock names it; "" for one that is not committed.
    made: When that commit was made, or the file was written; UTC, without a zone.
    """

    task: str
    md5: str
    file: Path
    commit: str
    made: datetime


@dataclass(frozen=True)
class History:
    """The snapshots of all tasks, oldest first, and how many are in no cache of this machine."""

    snapshots: list[PastSnapshot]
    n_missing: int


def read_history(root: Path, tasks: Sequence[str]) -> History:
    """Return the snapshots that the commits before this one name, and those that lie here uncommitted.

    Raises `InputError` where `root` is no git repository with a DVC project.
    """
    cache = _cache_folder(root)
    snapshots = []
    n_missing = 0
    committed: set[tuple[str, str]] = set()
    for commit, made, lock in _locks(root):
        for task in tasks:
            md5 = _md5_in(lock, task)
            if md5 is None or (task, md5) in committed:
                continue
            committed.add((task, md5))
            file = cache / "files" / "md5" / md5[:2] / md5[2:]
            if file.is_file():
                snapshots.append(PastSnapshot(task, md5, file, commit, made))
            else:
                n_missing += 1
    snapshots += _uncommitted(root, tasks, committed)
    return History(snapshots, n_missing)


def _uncommitted(root: Path, tasks: Sequence[str], committed: set[tuple[str, str]]) -> Iterator[PastSnapshot]:
    """Yield the snapshot among the reports of each task, where no commit names it."""
    for task in tasks:
        file = Layout(task, root).drift_snapshot
        if not file.is_file():
            continue
        md5 = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()  # DVC's name of it
        if (task, md5) not in committed:
            made = datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None)
            yield PastSnapshot(task, md5, file, "", made)


def _locks(root: Path) -> Iterator[tuple[str, datetime, str]]:
    """Yield each commit that changed dvc.lock, oldest first, with its time in UTC and the file's text."""
    listed = _git(root, "log", "--reverse", "--format=%H %cI", "--", "dvc.lock")
    for line in listed.splitlines():
        commit, _, written = line.partition(" ")
        made = datetime.fromisoformat(written).astimezone(UTC).replace(tzinfo=None)
        yield commit, made, _git(root, "show", f"{commit}:dvc.lock", is_optional=True)


def _md5_in(lock: str, task: str) -> str | None:
    """Return the MD5 of the task's snapshot in the text of a dvc.lock, where it is an output; None where it isn't."""
    path = re.escape(Layout(task).drift_snapshot.as_posix())
    entry = re.search(rf"^ *- path: {path}\n +hash: md5\n +md5: ([0-9a-f]{{32}})$", lock, re.MULTILINE)
    return entry[1] if entry else None


def _cache_folder(root: Path) -> Path:
    """Return the folder of DVC's cache.

    Raises `InputError` where `root` is no DVC project.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(root.absolute())) as repo:
            return Path(repo.cache.local_cache_dir or repo.cache.default_local_cache_dir)
    except DvcException as error:
        raise InputError(f"{root.absolute()} is no DVC project ({error}): run this in the project's folder") from error


def _git(root: Path, *arguments: str, is_optional: bool = False) -> str:
    """Return what git writes; "" where it fails and `is_optional`: a commit may have removed the file.

    Raises `InputError` with git's words where it fails otherwise.
    """
    command = ["git", *arguments]
    process = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603
    if process.returncode and not is_optional:
        raise InputError(f"git {arguments[0]} failed: {process.stderr.strip().partition(chr(10))[0]}")
    return process.stdout if process.returncode == 0 else ""
