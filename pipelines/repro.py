"""What `make repro` runs: `dvc repro`, with a dvc.lock that survives whatever ends it.

The arguments are DVC's; with `--jobs=2` alone, two tasks run side by side.
"""

import re
import subprocess
import sys
from pathlib import Path

from hallmark import command, ledger_files, lockfile
from hallmark.configure import read_tasks
from hallmark.errors import InputError
from hallmark.side_by_side import reproduce


def main(arguments: list[str]) -> int:
    try:
        jobs = command.take_option(arguments, "--jobs=")
        ledger_files.restore(Path())
        if jobs is None:
            return lockfile.guard(lambda _: _run_one_dvc(arguments))
        tasks = list(read_tasks(Path("conf/tasks.yaml")))
        number = _number(jobs, arguments)
        return lockfile.guard(lambda stop: reproduce(tasks, number, stop=stop))
    except Exception as error:
        sentence = command.mistake(error)
        if sentence is None:
            raise
        sys.stderr.write(f"repro: {sentence}\n")
        return 2


def _run_one_dvc(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "dvc", "repro", *arguments]).returncode  # noqa: S603 (no shell)


def _number(jobs: str, arguments: list[str]) -> int:
    """Return how many tasks run at once; raises `InputError` where that is no number, or where one task is meant."""
    if not re.fullmatch("[1-9][0-9]{0,3}", jobs):
        raise InputError(f"JOBS is {jobs[:20]!r}: it must be a whole number from 1 to 9999, of tasks that run at once")
    if arguments:
        raise InputError(f"JOBS runs all tasks, {jobs} at once: leave it out, or leave out {' '.join(arguments)}")
    return int(jobs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
