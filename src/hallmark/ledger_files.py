"""The files of the ledger of test use: one is committed, and one lies in git's own folder, where nothing is undone.

A line of a ledger says that a model was evaluated on a test split. A file in the workspace alone
would lose lines: DVC and git restore it when an experiment is applied or an edit undone, and a
queued experiment runs in a clone that is removed. So each line goes to all files at once.
"""

import fcntl
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from hallmark import experiments
from hallmark.errors import InputError
from hallmark.layout import Layout

_MAX_NAMED = 3  # lines that the sentence on a damaged ledger quotes
_IN_GIT = Path("hallmark/ledger")  # in git's common folder, which all worktrees share


class Entry(NamedTuple):
    """The digests of a test split and of a model that was evaluated on it."""

    test: str
    model: str


def find(layout: Layout) -> list[Path]:
    """Return the ledgers of a task, that of `layout` first.

    Next comes the one of the workspace, where `layout` is of a queued or temporary experiment; then
    the one in git's folder, where the workspace is a checkout: git tracks its dvc.yaml.
    """
    workspace = experiments.workspace(layout.root)
    ledgers = [layout.ledger, Layout(layout.task, workspace).ledger]

    folder = _folder_in_git(workspace)
    if folder is not None:
        ledgers.append(folder / layout.ledger.name)
    return list(dict.fromkeys(ledgers))


def restore(root: Path) -> None:
    """Give the ledgers of the project in `root` the lines that they lack, as where git restored a file.

    Raises `InputError` where lines of a ledger are no entries.
    """
    folder = _folder_in_git(experiments.workspace(root))
    for kept in sorted(folder.glob("*.jsonl")) if folder is not None else ():
        merge(find(Layout(kept.stem, root)))


def _folder_in_git(workspace: Path) -> Path | None:
    """Return the folder of ledgers in git's own folder; None where the workspace is no checkout."""
    if _git(workspace, "ls-files", "--error-unmatch", "dvc.yaml") is None:
        return None
    answer = _git(workspace, "rev-parse", "--path-format=absolute", "--git-common-dir", "--show-prefix")
    if answer is None:
        return None
    common_folder, prefix = answer.split("\n")[:2]
    return Path(common_folder) / _IN_GIT / prefix


def merge(ledgers: Sequence[Path], further: Sequence[Entry] = ()) -> list[Entry]:
    """Give each ledger the lines that it lacks, and return all entries: those of the first ledger first, in order.

    `further` are entries to be added; one that is there is not added again. No line is ever
    removed or moved. Processes that merge the same files wait for each other. Raises `InputError`
    where lines of a ledger are no entries.
    """
    with _lock(ledgers[-1]):
        entries_by_ledger = [_read(ledger) for ledger in ledgers]
        all_entries = list(dict.fromkeys(chain(*entries_by_ledger, further)))  # each once

        for ledger, entries in zip(ledgers, entries_by_ledger, strict=True):
            _append(ledger, [entry for entry in all_entries if entry not in entries])
    return all_entries


@contextmanager
def _lock(ledger: Path) -> Iterator[None]:
    """Hold a lock within the context, by a hidden file beside a ledger."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.with_name(f".{ledger.name}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _read(ledger: Path) -> list[Entry]:
    """Return the entry of each line. Raises `InputError` that names all lines without one."""
    if not ledger.exists():
        return []

    entries = []
    mistakes = []
    for number, line in enumerate(ledger.read_bytes().splitlines(), start=1):
        try:
            content = json.loads(line)
            entries.append(Entry(content["test"], content["model"]))
        except (ValueError, TypeError, KeyError):  # no UTF-8 or no JSON, no object, no such key
            mistakes.append(f"line {number} is {line[:60].decode(errors='replace')!r}")

    if mistakes:
        n_more = len(mistakes) - _MAX_NAMED
        more = f" (and {n_more} more)" if n_more > 0 else ""
        raise InputError(
            f"{ledger} must have an entry with the keys 'test' and 'model' on each line, and "
            f"{'; '.join(mistakes[:_MAX_NAMED])}{more}: restore the file from git, or mend these lines"
        )
    return entries


def _append(ledger: Path, entries: Sequence[Entry]) -> None:
    """Write each entry on a line of its own, also where the last line lacks its newline, as an editor may leave it."""
    if not entries:
        return
    ledger.parent.mkdir(parents=True, exist_ok=True)
    content = ledger.read_bytes() if ledger.exists() else b""
    lacks_newline = content != b"" and not content.endswith(b"\n")
    with ledger.open("a", encoding="utf-8") as file:
        if lacks_newline:
            file.write("\n")
        file.writelines(json.dumps(entry._asdict()) + "\n" for entry in entries)


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, run in `folder`; None where it fails, or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)  # noqa: S603, S607
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
