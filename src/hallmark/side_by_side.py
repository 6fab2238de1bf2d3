"""The pipelines of several tasks side by side: a DVC for each task, since one DVC runs one stage at a time."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event


def reproduce(tasks: Sequence[str], jobs: int, *, stop: Event) -> int:
    """Run the pipelines of `tasks`, at most `jobs` at once, in their order.

    Each printed line begins with its task. As with one DVC, nothing new begins after a failure, or
    once `stop` is set; what runs then is finished. Returns the first exit status in the order of
    `tasks` that is not 0, below 0 where a signal ended the task's DVC; 0 where all are done.
    """
    width = max(map(len, tasks), default=0)

    def run(task: str) -> int:
        if stop.is_set():
            return 0
        status = 1
        try:
            status = _run_dvc(task, width)
        finally:
            if status != 0:
                stop.set()
        return status

    with ThreadPoolExecutor(jobs) as pool:
        statuses = list(pool.map(run, tasks))
    return next((status for status in statuses if status != 0), 0)


def _run_dvc(task: str, width: int) -> int:
    """Run one task's pipeline, and return the exit status of its DVC.

    The task's name fills `width` characters in front of each line. DVC waits where another one
    reads or writes dvc.lock, which by itself it does for 3 seconds only. Where nobody reads what is
    printed any more, the pipeline still runs to its end.
    """
    words = [sys.executable, "-u", "-m", "dvc", "--wait-for-lock", "repro", f"publish@{task}"]
    with subprocess.Popen(  # noqa: S603 (no shell)
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="backslashreplace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(BrokenPipeError):
                sys.stdout.write(f"{task:<{width}}  {line}")
                sys.stdout.flush()
    return process.returncode
