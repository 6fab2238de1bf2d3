"""The copy of dvc.lock that each stage makes when it begins, from which `lockfile` restores one
that was cut short.
"""

import re
import subprocess
from pathlib import Path

from hallmark.files import write_whole

LOCK = Path("dvc.lock")
KEPT_LOCK = Path(".state/dvc.lock")  # the last one that was whole when a stage began
EMPTY_LOCK = b"schema: '2.0'\nstages: {}\n"
_ENTRY_NAME = re.compile(rb"^  (\S.*):\r?$", re.MULTILINE)  # a stage's name in dvc.lock
# What stands in an entry, without the parameters, which a person edits: a section, a path whole, an
# attribute's name.
_OUTLINE = re.compile(
    rb"^    (?:- path: .*|\w+:)|^      (?:hash|md5|etag|checksum|size|nfiles|isexec|files):", re.MULTILINE
)


def keep_lock(*, even_if_shorter: bool = False) -> None:
    """Copy dvc.lock to KEPT_LOCK, since DVC empties the lock and writes it again after each stage
    (see `lockfile`).

    A lock that was cut short at a line's end looks complete. So a lock that lacks an entry of the
    former copy, or the end of its last entry, replaces the copy only where git holds that text, or
    with `even_if_shorter`, by which the caller knows that it was meant. Where there is no dvc.lock,
    a person has removed it: the copy becomes an empty lock.
    """
    try:
        content = LOCK.read_bytes()
    except FileNotFoundError:
        if Path(".dvc").is_dir():
            write_whole(KEPT_LOCK, EMPTY_LOCK)
        return
    except OSError:
        return
    if not content.startswith(b"schema:") or not content.endswith(b"\n"):
        return  # another DVC is at work here

    former = KEPT_LOCK.read_bytes() if KEPT_LOCK.exists() else committed_lock()
    if former is not None and not even_if_shorter and loses_entries(content, former) and not is_in_git(content):
        return
    write_whole(KEPT_LOCK, content)


def entries_of_lock(content: bytes) -> dict[bytes, bytes]:
    """Return the text of each stage's entry in a lock that DVC wrote, by the stage's name, in
    order.
    """
    names = list(_ENTRY_NAME.finditer(content))
    starts_and_end = [*(name.start() for name in names), len(content)]
    ends = starts_and_end[1:]
    return {name[1]: content[name.end() : end] for name, end in zip(names, ends, strict=True)}


def loses_entries(content: bytes, former: bytes) -> bool:
    """Return whether a lock lacks a stage of the former lock, or its last entry the end of the
    former's entry.
    """
    entries = entries_of_lock(content)
    former_entries = entries_of_lock(former)
    if any(name not in entries for name in former_entries):
        return True
    if not entries:
        return False

    last = next(reversed(entries))
    lines = _outline(entries[last])
    former_lines = _outline(former_entries.get(last, b""))
    return len(lines) < len(former_lines) and lines == former_lines[: len(lines)]


def committed_lock() -> bytes | None:
    """Return dvc.lock of git's last commit; None without one."""
    status, content = _git("show", f"HEAD:./{LOCK}")
    return content if status == 0 else None


def is_in_git(content: bytes) -> bool:
    """Return whether git holds this text: then a person committed or added it, and a checkout may
    have restored it.
    """
    status, name = _git("hash-object", "--stdin", content=content)
    return status == 0 and _git("cat-file", "-e", name.decode().strip())[0] == 0


def _outline(entry: bytes) -> list[bytes]:
    """Return an entry's sections, paths and attributes' names, a line each, without the attributes'
    values.
    """
    return [line for line in _OUTLINE.findall(entry) if line]


def _git(*arguments: str, content: bytes = b"") -> tuple[int, bytes]:
    """Run git and return its exit status and output; status 1 where git is not installed."""
    command = ["git", *arguments]
    try:
        process = subprocess.run(command, input=content, capture_output=True)  # noqa: S603 (our own words)
    except OSError:  # there is no git
        return 1, b""
    return process.returncode, process.stdout
