"""How every entry in `pipelines/` is run: one task name in; a sentence and an exit status out."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from hallmark.errors import InputError

_TASK = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def run(stage: str, entry: Callable[[str], int | None]) -> None:
    """Call `entry` with the task named on the command line and exit with its status.

    Exits 2 on `InputError` and on a bad task name, 130 on Ctrl-C; any other exception is a bug and keeps its traceback.
    """
    arguments = sys.argv[1:]
    if len(arguments) != 1 or not _TASK.fullmatch(arguments[0]):
        _complain(
            f"usage: python -m pipelines.{stage} TASK, where TASK is a name of conf/tasks.yaml: "
            f"lower-case letters, digits, - and _; got {arguments}"
        )
        sys.exit(2)
    try:
        status = entry(arguments[0])
    except InputError as error:
        _complain(f"{stage}@{arguments[0]}: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        _complain(f"{stage}@{arguments[0]}: interrupted; run the same command again to go on")
        sys.exit(130)
    sys.exit(status or 0)


def take_option(arguments: list[str], prefix: str) -> str | None:
    """Remove the arguments that begin with `prefix`; return what follows it in the last of them, None without one."""
    given = [argument for argument in arguments if argument.startswith(prefix)]
    for argument in given:
        arguments.remove(argument)
    return given[-1].removeprefix(prefix) if given else None


def require(path: Path, what: str) -> Path:
    """Return `path`, or raise `InputError` that says that `what` is missing there."""
    if not path.exists():
        raise InputError(f"{what} is missing: {path}")
    return path


def _complain(sentence: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(sentence, style="bold red", markup=False)
