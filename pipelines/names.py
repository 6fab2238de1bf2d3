"""conf/tasks.yaml and TASK in the environment → nothing, or a refusal: make runs this before DVC sees a name."""

import os
import sys
from pathlib import Path

from hallmark.configure import read_tasks, require_listed
from hallmark.console import PlainConsole
from hallmark.errors import InputError, printable

TASKS = Path("conf/tasks.yaml")


def main() -> int:
    try:
        tasks = read_tasks(TASKS)
        if task := os.environ.get("TASK", ""):
            require_listed(task, tasks, TASKS)
    except InputError as error:
        PlainConsole(stderr=True).print(printable(f"make: {error}"), style="bold red")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
