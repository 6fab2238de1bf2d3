"""Restoring dvc.lock after an interruption.

DVC empties dvc.lock after each stage and takes seconds to write it again. An interruption in
between leaves a lock that DVC refuses from then on or, where the cut falls on a line's end, one
that has silently lost its last stages.

Three texts are compared. The *lock* is dvc.lock as it lies here. The *copy* (`lock_copy.KEPT_LOCK`)
is the lock as it was when the last stage began. The *former* lock, which is put back, is the copy,
or where that is not well-formed the dvc.lock of git's last commit. A lock whose text git holds was
committed or added by a person and is never put right.
"""

import fcntl
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import yaml

from hallmark.declared_stages import declared_outputs
from hallmark.errors import InputError
from hallmark.files import write_whole
from hallmark.lock_copy import KEPT_LOCK, LOCK, committed_lock, entries_of_lock, is_in_git, keep_lock, loses_entries

_DVC_MUTEX = Path(".dvc/tmp/lock")  # DVC locks this file, by flock, whenever it writes
_MAX_WAIT = 60.0  # seconds that another DVC may take to write
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # of a lock, the loader in C takes 0.3 s, the other 3 s
_CONFLICT = b"\n<<<<<<< "


def guard(run_dvc: Callable[[Event], int]) -> int:
    """Call `run_dvc`, which starts DVC's commands, and restore the lock before and after it.

    `run_dvc` gets an event that is set when a signal asks to stop: it starts no further command
    then. It returns the exit status of its commands, which is returned: 128 + the number of the
    signal that ended a command, as in a shell, where it is below 0, and of the signal that came,
    where it is 0. The terminal sends Ctrl-C to the commands themselves, so this process waits for
    their end. SIGTERM comes to this process alone and is passed on to the commands and their
    stages. Raises `InputError` where the lock can't be restored.
    """
    _print_sentence(restore())
    keep_lock(even_if_shorter=_lacks_only_undeclared_stages())

    stop = Event()
    received: list[int] = []

    def note_signal(number: int, _: Any) -> None:
        received.append(number)
        stop.set()
        if number == signal.SIGTERM:
            _pass_on(number)

    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a shell ignores it for jobs in the background
        numbers.append(signal.SIGINT)
    former_handlers = {number: signal.signal(number, note_signal) for number in numbers}
    try:
        status = run_dvc(stop)
    finally:
        for number, handler in former_handlers.items():
            signal.signal(number, handler)
        _print_sentence(restore())
        keep_lock()

    if status == 0 and received:
        return 128 + received[0]
    return status if status >= 0 else 128 - status


def is_well_formed(content: bytes) -> bool:
    """Return whether the text is a complete lock as far as it shows by itself.

    It must be a YAML mapping with a `schema`; each of its `stages`, if any, needs its command, and
    the last one every attribute that DVC writes of the last output. A lock that was cut between two
    stages passes: `_was_cut_short` compares it with the former lock.
    """
    lock = _parse(content)
    if lock is None:
        return False
    stages = lock.get("stages", {})
    if not isinstance(stages, dict) or not all(_has_command(entry) for entry in stages.values()):
        return False
    return not stages or _ends_complete([*stages.values()][-1])


def restore() -> str | None:
    """Put the former lock back where dvc.lock was cut short (see `_was_cut_short`).

    Returns a sentence about what was done, None where nothing had to be. What was cut short is kept
    as dvc.lock.cut beside the copy. Where there is no former lock, an empty dvc.lock is removed, as
    before the first stage.

    Raises `InputError` where dvc.lock holds a merge conflict of git's, which only a person can
    settle, where it is not well-formed and there is no former lock, and where another DVC never
    stops writing.
    """
    if not LOCK.exists() or not _was_cut_short(LOCK.read_bytes()):
        return None
    with _no_dvc_writing():
        content = LOCK.read_bytes()
        if not _was_cut_short(content):  # another DVC was writing it
            return None
        if _CONFLICT in b"\n" + content:
            raise InputError(f"{LOCK} holds a conflict of a merge: settle it, as by `git checkout --ours {LOCK}`")

        former, origin = _former_lock()
        if former is None and content.strip():
            raise InputError(f"{LOCK} is no lock of DVC's, and no former one is known: remove it, and all stages run")

        if content.strip():
            write_whole(KEPT_LOCK.with_name("dvc.lock.cut"), content)
        if former is None:
            LOCK.unlink()
            return f"{LOCK} was empty, and there was none before: it is removed"
        write_whole(LOCK, former)
        return f"{LOCK} was cut short by an interruption: {origin} is put back"


def _parse(content: bytes) -> dict[str, Any] | None:
    """Return the lock as a mapping; None where the text lacks its last newline, is no YAML, or has
    no schema.
    """
    if not content.endswith(b"\n"):
        return None
    try:
        lock = yaml.load(content, Loader=_LOADER)  # noqa: S506 (a safe loader)
    except yaml.YAMLError:
        return None
    return lock if isinstance(lock, dict) and "schema" in lock else None


def _has_command(entry: Any) -> bool:
    return isinstance(entry, dict) and bool(entry.get("cmd"))


def _ends_complete(entry: dict[str, Any]) -> bool:
    """Return whether a stage's last output, or its last dependency without outputs, has all that
    DVC writes of it.

    That is a path, the kind of hash, the hash, the size and, of a folder (`.dir`), the number of
    files. A section that is there but empty was cut, too: DVC leaves an empty section out.
    """
    items = [*(entry.get("deps") or []), *(entry.get("outs") or [])]
    if any(section in entry and not entry[section] for section in ("deps", "params", "outs")):
        return False
    if not items:
        return True

    last = items[-1]
    if not isinstance(last, dict) or len(last) < 2:  # the path alone
        return False

    hash_kind = last.get("hash")
    if hash_kind is None:
        return True
    is_folder = str(last.get(hash_kind)).endswith(".dir")
    return hash_kind in last and "size" in last and ("nfiles" in last or not is_folder)


def _was_cut_short(content: bytes) -> bool:
    """Return whether dvc.lock, whose text is `content`, was cut short while DVC wrote it.

    So is a text that is not well-formed. A well-formed one is not where it equals the copy, where
    git holds it (a person meant it), or where no former lock is known. Beside the former lock it
    was cut short where

    - its stages are the first of the former lock's, and dvc.yaml still declares one of those that
      are missing;
    - or its last entry lacks outputs that dvc.yaml declares (see `_lacks_outputs`).

    Where dvc.yaml can't be read, the former lock decides alone.
    """
    if not is_well_formed(content):
        return True
    is_the_copy = KEPT_LOCK.exists() and content == KEPT_LOCK.read_bytes()
    if is_the_copy or is_in_git(content):
        return False

    former, _ = _former_lock()
    if former is None:
        return False

    names = list(entries_of_lock(content))
    former_names = list(entries_of_lock(former))
    begins_like_former = former_names[: len(names)] == names
    missing_names = former_names[len(names) :] if begins_like_former else []

    outputs_by_stage = declared_outputs()
    if outputs_by_stage is None:
        return bool(missing_names) or _has_shorter_last_entry(content, former)
    if any(name.decode() in outputs_by_stage for name in missing_names):
        return True
    return bool(names) and _lacks_outputs(content, names[-1].decode(), outputs_by_stage, former)


def _has_shorter_last_entry(content: bytes, former: bytes) -> bool:
    """Return whether a lock has all stages of the former one, and its last entry is the beginning
    of the former's.
    """
    has_all_stages = entries_of_lock(content).keys() >= entries_of_lock(former).keys()
    return has_all_stages and loses_entries(content, former)


def _lacks_outputs(content: bytes, stage: str, outputs_by_stage: dict[str, set[str]], former: bytes) -> bool:
    """Return whether the entry of a stage lacks outputs that dvc.yaml declares:

    DVC writes outputs last in an entry.

    An output that the former lock's entry lacks, too, was added to dvc.yaml since, and is no sign
    of a cut.
    """
    expected_outputs = outputs_by_stage.get(stage, set())
    former_outputs = _outputs_in_lock(former, stage)
    if former_outputs is not None:
        expected_outputs = expected_outputs & former_outputs

    locked_outputs = _outputs_in_lock(content, stage) or set()
    return not expected_outputs <= locked_outputs


def _outputs_in_lock(content: bytes, stage: str) -> set[str] | None:
    """Return the paths of a stage's outputs in a lock, None where the lock has no entry of the
    stage.
    """
    lock = _parse(content) or {}
    entry = (lock.get("stages") or {}).get(stage)
    if entry is None:
        return None
    return {str(output["path"]) for output in entry.get("outs") or []}


def _lacks_only_undeclared_stages() -> bool:
    """Return whether dvc.lock lacks stages that its copy KEPT_LOCK has, and all of them are gone
    from dvc.yaml: then a person removed them, and nothing was cut off.

    False also where dvc.lock lacks nothing, where either file is missing, and where dvc.yaml can't
    be read.
    """
    if not LOCK.exists() or not KEPT_LOCK.exists():
        return False

    names = entries_of_lock(LOCK.read_bytes()).keys()
    kept_names = entries_of_lock(KEPT_LOCK.read_bytes()).keys()
    missing_stages = {name.decode() for name in kept_names - names}
    if not missing_stages:
        return False

    outputs_by_stage = declared_outputs()
    if outputs_by_stage is None:
        return False
    return missing_stages.isdisjoint(outputs_by_stage)


def _print_sentence(sentence: str | None) -> None:
    if sentence:
        sys.stderr.write(f"{sentence}\n")


def _pass_on(number: int) -> None:
    """Send the signal to every process that this one has started, and to those that they have
    started.
    """
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _former_lock() -> tuple[bytes | None, str]:
    """Return the lock to put back, and its origin in words: the copy, else the committed one, else
    None and "".
    """
    if KEPT_LOCK.exists():
        copy = KEPT_LOCK.read_bytes()
        if is_well_formed(copy):
            return copy, "the one before it"

    committed = committed_lock()
    if committed is not None and is_well_formed(committed):
        return committed, "the committed one"
    return None, ""


@contextmanager
def _no_dvc_writing() -> Iterator[None]:
    """Wait until no DVC writes here, and keep every other one waiting while the context lasts.

    Raises `InputError` where one still writes after `_MAX_WAIT` seconds.
    """
    if not _DVC_MUTEX.parent.parent.is_dir():
        yield
        return
    _DVC_MUTEX.parent.mkdir(exist_ok=True)
    with _DVC_MUTEX.open("a") as stream:
        deadline = time.monotonic() + _MAX_WAIT
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise InputError(
                        f"{LOCK} is not whole, and another DVC is at work here: wait for its end"
                    ) from None
                time.sleep(0.2)
        yield  # closing the file gives the lock back
