"""The processes that train together end together."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pytorch_lightning.strategies.launchers import subprocess_script
from rich.console import Console

from hallmark.train import launchers
from hallmark.train.failures import LOST_PROCESS

_OBSERVER = "_launch_process_observer"  # a function of Lightning's that the module `subprocess_script` calls
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PAUSE = 0.5  # seconds between two looks at the other processes
_GRACE = 10.0  # seconds in which this process can notice by itself that another has ended
_STATUS = 2  # as of every mistake that a person can mend (see `command`)


def die_with_parent() -> None:
    """Ask the kernel (Linux) to kill this process when its parent ends; exit where it has ended before.

    Otherwise the other ranks would survive a training that is killed, and wait for it for half an hour.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if launchers.has_lost_starter():
            sys.exit(_STATUS)


@contextmanager
def end_together() -> Iterator[None]:
    """Have this process end, with a sentence, when one that Lightning starts within the context has failed.

    Lightning's own observer, in whose place ours is put, kills this process without a word.
    """
    names = vars(subprocess_script)
    former = names[_OBSERVER]
    names[_OBSERVER] = observe
    try:
        yield
    finally:
        names[_OBSERVER] = former


def observe(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Watch the processes from a thread, and end this one some time after one of them has failed.

    Over gloo the next exchange raises an error at once. Over NCCL it would wait for minutes.
    """
    threading.Thread(target=_end_after_failure, args=(processes,), daemon=True, name="processes").start()


def _end_after_failure(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    while not any(process.poll() for process in processes):
        if all(process.poll() == 0 for process in processes):
            return
        time.sleep(_PAUSE)

    time.sleep(_GRACE)
    for process in processes:
        process.kill()
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"train: {LOST_PROCESS}", markup=False)
    os._exit(_STATUS)
