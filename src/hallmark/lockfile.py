"""DVC's lock survives interruptions.

DVC empties dvc.lock after each stage and takes seconds to write it anew: an interruption then leaves a lock that DVC
refuses ever after.
"""

import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import yaml

from hallmark.command import KEPT_LOCK, LOCK, keep_lock, write_whole
from hallmark.errors import InputError

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
    keep_lock()

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
    return status if status >= 0 else 128 - status


def is_whole(content: bytes) -> bool:
    """Tell whether this is all that DVC wrote of a lock: a mapping with its schema and stages, to the last line."""
    if not content.endswith(b"\n"):
        return False
    try:
        lock = yaml.load(content, Loader=_LOADER)  # noqa: S506 (a safe loader)
    except yaml.YAMLError:
        return False
    return isinstance(lock, dict) and "schema" in lock and isinstance(lock.get("stages", {}), dict)


def restore() -> str | None:
    """Put the former dvc.lock back where the one here was cut short. Return a sentence about it, None if it is whole.

    The former one is the copy that the last stage left when it began, else the one of git's last commit; where there is
    none, an empty lock goes, as before the first stage. What was cut short stays beside the copy.
    Raises `InputError` on a conflict of git's in it, which only a person can settle, and on nothing to restore it from.
    """
    if not LOCK.exists() or is_whole(LOCK.read_bytes()):
        return None
    with _no_dvc_at_work():
        content = LOCK.read_bytes()
        if is_whole(content):  # another DVC was writing it
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

    committed = subprocess.run(["git", "show", f"HEAD:./{LOCK}"], capture_output=True)  # noqa: S603, S607 (our own words)
    if committed.returncode == 0 and is_whole(committed.stdout):
        return committed.stdout, "the committed one"
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
