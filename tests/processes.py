"""Processes that the tests start."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def interruptible() -> None:
    """Give SIGINT its default in a child, as `preexec_fn`.

    A shell starts what runs in the background (`make test &`, `nohup`, some CI runners) with SIGINT ignored, which
    every child inherits: Ctrl-C would then never reach the process that a test interrupts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill what is left of a process and its session at the end of the block: a failing test leaves nothing running.

    The process must have been started with `start_new_session`, so that its session is its own.
    """
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
