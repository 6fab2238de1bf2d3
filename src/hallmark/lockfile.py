"""DVC's lock survives interruptions.

DVC empties dvc.lock after each stage and takes seconds to write it anew: an interruption then leaves a lock that DVC
refuses ever after, or, where the cut falls on a line's end, one that has silently lost its last stages.
"""

import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import psutil
import yaml

from hallmark.errors import InputError
from hallmark.files import write_whole
from hallmark.lock_copy import KEPT_LOCK, LOCK, committed_lock, entries_of_lock, is_in_git, keep_lock, loses_entries

_DVC_AT_WORK = Path(".dvc/tmp/lock")  # DVC holds it, by flock, whenever it writes
_PATIENCE = 60.0  # seconds that another DVC may take to write
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C takes 0.3 s, the other 3 s
_CONFLICT = b"\n<<<<<<< "


def guard(command: Sequence[str]) -> int:
    """Run a command of DVC's, its lock restored before and after, and return its exit status.

    Ctrl-C reaches the command from the terminal, and a polite request to end is passed on to it and its stages.
    Raises `InputError` where the lock can't be restored.
    """
    _say(restore())
    keep_lock(even_if_shorter=_is_shorter_on_purpose())

    handlers: dict[signal.Signals, Callable[[int, Any], None]] = {signal.SIGTERM: _pass_on}
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell has it in the background
        handlers[signal.SIGINT] = lambda *_: None
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        status = subprocess.run(command).returncode  # noqa: S603 (no shell)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

    _say(restore())
    keep_lock()
    return status if status >= 0 else 128 - status


def is_whole(content: bytes) -> bool:
    """Tell whether this is a lock by itself: a mapping with its schema and stages, each with its command, to the last
    attribute of the last output.

    One that was cut between two entries is whole by itself, too: `restore` compares it with the former one.
    """
    lock = _parsed(content)
    if lock is None:
        return False
    stages = lock.get("stages", {})
    if not isinstance(stages, dict) or not all(_is_entry(entry) for entry in stages.values()):
        return False
    return not stages or _is_ended([*stages.values()][-1])


def restore() -> str | None:
    """Put the former dvc.lock back where the one here was cut short. Return a sentence about it, None if it is whole.

    The former one is the copy that the last stage left when it began, else the one of git's last commit; where there is
    none, an empty lock goes, as before the first stage. What was cut short stays beside the copy.

    A lock is cut short where it is none by itself; where it ends within the former one's list of stages, though
    dvc.yaml has those that are missing; or where its last entry lacks outputs that dvc.yaml declares, and that the
    former one's entry, if there is one, has. What git holds was meant by a person, and what is whole by itself stays
    where nothing former is known.
    Raises `InputError` on a conflict of git's in it, which only a person can settle, and on nothing to restore it from.
    """
    if not LOCK.exists() or not _is_cut(LOCK.read_bytes()):
        return None
    with _no_dvc_at_work():
        content = LOCK.read_bytes()
        if not _is_cut(content):  # another DVC was writing it
            return None
        if _CONFLICT in b"\n" + content:
            raise InputError(f"{LOCK} holds a conflict of a merge: settle it, as by `git checkout --ours {LOCK}`")

        former, origin = _former()
        if former is None and content.strip():
            raise InputError(f"{LOCK} is no lock of DVC's, and no former one is known: remove it, and all stages run")

        if content.strip():
            write_whole(KEPT_LOCK.with_name("dvc.lock.cut"), content)
        if former is None:
            LOCK.unlink()
            return f"{LOCK} was empty, and there was none before: it is removed"
        write_whole(LOCK, former)
        return f"{LOCK} was cut short by an interruption: {origin} is put back"


def _parsed(content: bytes) -> dict[str, Any] | None:
    if not content.endswith(b"\n"):
        return None
    try:
        lock = yaml.load(content, Loader=_LOADER)  # noqa: S506 (a safe loader)
    except yaml.YAMLError:
        return None
    return lock if isinstance(lock, dict) and "schema" in lock else None


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and bool(entry.get("cmd"))


def _is_ended(entry: dict[str, Any]) -> bool:
    """Tell whether the last output of an entry, or its last dependency, has all that DVC writes of one."""
    items = [*(entry.get("deps") or []), *(entry.get("outs") or [])]
    if any(section in entry and not entry[section] for section in ("deps", "params", "outs")):
        return False
    if not items:
        return True

    last = items[-1]
    if not isinstance(last, dict) or len(last) < 2:  # a path without what it is
        return False

    kind = last.get("hash")
    if kind is None:
        return True
    return kind in last and "size" in last and ("nfiles" in last or not str(last[kind]).endswith(".dir"))


def _is_cut(content: bytes) -> bool:
    """Tell whether this is the beginning of a lock: by itself, or beside the former one and dvc.yaml."""
    if not is_whole(content):
        return True
    is_the_copy = KEPT_LOCK.exists() and content == KEPT_LOCK.read_bytes()
    if is_the_copy or is_in_git(content):
        return False

    former, _ = _former()
    if former is None:
        return False
    names = list(entries_of_lock(content))
    former_names = list(entries_of_lock(former))
    missing_names = former_names[len(names) :] if names == former_names[: len(names)] else []

    declared = _declared()
    if declared is None:  # dvc.yaml can't be read: the former lock alone speaks
        return bool(missing_names) or _ends_early(content, former)
    if any(name.decode() in declared for name in missing_names):
        return True
    return bool(names) and _lacks_outputs(content, names[-1].decode(), declared, former)


def _ends_early(content: bytes, former: bytes) -> bool:
    return loses_entries(content, former) and entries_of_lock(content).keys() >= entries_of_lock(former).keys()


def _lacks_outputs(content: bytes, name: str, declared: dict[str, set[str]], former: bytes) -> bool:
    """Tell whether the entry of a stage lacks outputs that dvc.yaml declares for it: they are what is last in it.

    One that the former lock's entry of the stage lacks, too, was added to dvc.yaml since, and is no sign of a cut.
    """
    expected = declared.get(name, set())
    known_before = _outputs_in_lock(former, name)
    if known_before is not None:
        expected = expected & known_before
    return not expected <= (_outputs_in_lock(content, name) or set())


def _outputs_in_lock(content: bytes, name: str) -> set[str] | None:
    """Return the outputs that a stage has in a lock, None where the lock has no entry of it."""
    lock = _parsed(content) or {}
    entry = (lock.get("stages") or {}).get(name)
    return None if entry is None else {str(out["path"]) for out in entry.get("outs") or []}


def _is_shorter_on_purpose() -> bool:
    """Tell whether the lock here lacks only stages of the copy that dvc.yaml has no longer."""
    if not LOCK.exists() or not KEPT_LOCK.exists():
        return False

    names = entries_of_lock(LOCK.read_bytes()).keys()
    missing_names = [name.decode() for name in entries_of_lock(KEPT_LOCK.read_bytes()) if name not in names]
    if not missing_names:
        return False

    declared = _declared()
    return declared is not None and not any(name in declared for name in missing_names)


def _declared() -> dict[str, set[str]] | None:
    """Return the outputs that dvc.yaml declares, by the stage's name; None where it can't be read."""
    stages = resolved_stages(Path())
    if stages is None:
        return None
    return {name: set(_outputs(stage)) for name, stage in stages.items()}


def declared_paths(stage: dict[str, Any]) -> set[str]:
    """Return the dependencies and outputs that a stage of `resolved_stages` declares, as dvc.lock writes them."""
    paths = [*map(str, stage.get("deps", [])), *_outputs(stage)]
    return {PurePosixPath(path).as_posix() for path in paths}


def resolved_stages(root: Path) -> dict[str, Any] | None:
    """Return the stages of dvc.yaml in `root`, by name, as DVC resolves them; None where it can't be read."""
    from dvc.dvcfile import ProjectFile  # 1 s, which a lock that is known does without
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    folder = root.absolute()
    try:
        with Repo(str(folder), uninitialized=True) as repo:
            stages: dict[str, Any] = ProjectFile(repo, str(folder / "dvc.yaml")).resolver.resolve()["stages"]
    except (DvcException, OSError, KeyError):
        return None
    return stages


def _outputs(stage: dict[str, Any]) -> Iterator[str]:
    for section in ("outs", "metrics", "plots"):
        for each in stage.get(section, []):
            yield from each if isinstance(each, dict) else [str(each)]


def _say(sentence: str | None) -> None:
    if sentence:
        sys.stderr.write(f"{sentence}\n")


def _pass_on(number: int, _: Any) -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _former() -> tuple[bytes | None, str]:
    if KEPT_LOCK.exists():
        kept = KEPT_LOCK.read_bytes()
        if is_whole(kept):
            return kept, "the one before it"

    committed = committed_lock()
    if committed is not None and is_whole(committed):
        return committed, "the committed one"
    return None, ""


@contextmanager
def _no_dvc_at_work() -> Iterator[None]:
    """Wait until no DVC writes here, and keep any from beginning. Raises `InputError` where one goes on and on."""
    if not _DVC_AT_WORK.parent.parent.is_dir():
        yield
        return
    _DVC_AT_WORK.parent.mkdir(exist_ok=True)
    with _DVC_AT_WORK.open("a") as stream:
        deadline = time.monotonic() + _PATIENCE
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
