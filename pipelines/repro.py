"""What `make repro` runs: `dvc repro`, with a dvc.lock that survives whatever ends it.

The arguments are DVC's; with `--jobs=2` alone, two tasks run side by side. What SET overrides for
TASK is written to conf/overrides.yaml first, where DVC sees it; without SET, nothing stays overridden,
and what goes back is named.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from hallmark import command, ledger_files, lockfile
from hallmark.configure import compose_task, read_overrides, read_tasks, require_listed
from hallmark.configure.conf_files import OVERRIDES
from hallmark.configure.overrides import split, write_overrides
from hallmark.errors import InputError
from hallmark.side_by_side import reproduce

CONF = Path("conf")


def main(arguments: list[str]) -> int:
    try:
        jobs = command.take_option(arguments, "--jobs=")
        ledger_files.restore(Path())
        number = 1 if jobs is None else _number(jobs, arguments)
        _override(os.environ.get("SET", ""), task=os.environ.get("TASK", ""))
        if jobs is None:
            return lockfile.guard(lambda _: _run_one_dvc(arguments))
        tasks = list(read_tasks(CONF / "tasks.yaml"))
        return lockfile.guard(lambda stop: reproduce(tasks, number, stop=stop))
    except Exception as error:
        sentence = command.mistake(error)
        if sentence is None:
            raise
        sys.stderr.write(f"repro: {sentence}\n")
        return 2


def _override(text: str, *, task: str) -> None:
    """Write what `text`, the value of SET, overrides for the task; nothing is overridden for it, or
    without a task for any, where the text is empty.

    Raises `InputError` where an override can't be used, before anything is written.
    """
    texts = split(text)
    if not texts and not (CONF / OVERRIDES).exists():
        return
    if texts and not task:
        raise InputError("SET overrides keys of one task: name it, as in `make repro TASK=image SET=…`")

    tasks = read_tasks(CONF / "tasks.yaml")
    by_task = read_overrides(CONF, tasks)
    if task:
        require_listed(task, tasks, CONF / "tasks.yaml")
    if texts:  # composed before anything runs, so that what is misspelt is refused at once
        compose_task(CONF, task, system=tasks[task].system, answer=tasks[task].answer, overrides=texts)
    names = [task] if task else list(tasks)
    for name in names:
        if by_task[name] and not texts:
            former = " ".join(by_task[name])
            sys.stderr.write(
                f"repro: without SET, {name} goes back from {former}; `dvc repro` keeps what is overridden\n"
            )
    write_overrides(CONF, by_task | dict.fromkeys(names, texts))


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
