"""Running an entry of `pipelines/`: a task's name comes in; a sentence and an exit status go out.

An entry takes the task's parameters and the layout of its files.
"""

import errno
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from hallmark import config, lock_copy
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.errors import InputError, printable
from hallmark.layout import Layout

_FULL_DISK = re.compile(
    r"no space left on device|disk is full|disk quota exceeded|no usable temporary directory"
    r"|\d+ requested and \d+ written",  # NumPy's words, without the reason
    re.IGNORECASE,
)
TASK = re.compile(r"[a-z][a-z0-9_-]{0,63}")  # a task's name, safe in a command and in a path


def run(stage: str, entry: Callable[[Parameters, Layout], int | None]) -> None:
    """Call `entry` with the parameters and the layout of the task on the command line; exit with
    its status.

    Exits as `run_unconfigured` does, and with 2 where `configure` has not written the parameters.
    """
    run_unconfigured(stage, lambda layout: entry(config.read(layout.parameters), layout))


def run_unconfigured(stage: str, entry: Callable[[Layout], int | None]) -> None:
    """Call `entry` with the layout of the task on the command line; exit with its status (None is
    0).

    Exits with 2 on `InputError`, on a full disk and on a bad task name, with 130 on Ctrl-C. Any
    other exception is a bug and keeps its traceback.
    """
    arguments = sys.argv[1:]
    if len(arguments) != 1 or not TASK.fullmatch(arguments[0]):
        _complain(
            f"usage: python -m pipelines.{stage} TASK, where TASK is a name of conf/tasks.yaml: "
            f"lower-case letters, digits, - and _; got {arguments}"
        )
        sys.exit(2)

    task = arguments[0]
    try:
        if "DVC_STAGE" in os.environ:  # DVC runs any Python on the path; `make` runs that of the project
            require_own_code(Path("src/hallmark"))
        lock_copy.keep_lock()
        status = entry(Layout(task))
    except KeyboardInterrupt:
        _complain(f"{stage}@{task}: interrupted; run the same command again to go on")
        sys.exit(130)
    except Exception as error:
        sentence = mistake(error)
        if sentence is None:
            raise
        _complain(f"{stage}@{task}: {sentence}")
        sys.exit(2)
    sys.exit(status or 0)


def take_option(arguments: list[str], prefix: str) -> str | None:
    """Remove the arguments that begin with `prefix`, and return the rest of the last one; None
    without any.
    """
    options = [argument for argument in arguments if argument.startswith(prefix)]
    for option in options:
        arguments.remove(option)
    return options[-1].removeprefix(prefix) if options else None


def require_own_code(folder: Path) -> None:
    """Raise `InputError` where other code runs than that in `folder`, which DVC and the verdict are
    about.

    That happens in a copied project with the environment of the original: an editable install
    points there. Nothing is wrong where there is no such folder, or where both hold the same code.
    """
    running = Path(__file__).parent
    if not folder.is_dir() or folder.resolve() == running.resolve():
        return
    names = {path.relative_to(each) for each in (folder, running) for path in each.rglob("*.py")}
    for name in sorted(names):
        here, there = folder / name, running / name
        if not here.is_file() or not there.is_file() or here.read_bytes() != there.read_bytes():
            raise InputError(
                f"this environment runs the code of {running}, whose {name} is not that of {folder.resolve()}: "
                "`make install` sets up this folder's own environment"
            )


def mistake(error: BaseException) -> str | None:
    """Return the sentence about an error that a person can mend, or None for a bug.

    A full disk, or a used-up quota, is looked for in the whole chain of errors, since libraries
    wrap it in their own.
    """
    if any(_is_of_a_full_disk(each) for each in _chain(error)):
        return f"no space left on the disk {_where(error)}: free some, and run the same command again to go on"
    return str(error) if isinstance(error, InputError) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, then its cause or context, and so on."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _is_of_a_full_disk(error: BaseException) -> bool:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return True
    library = type(error).__module__.partition(".")[0]
    of_a_file = isinstance(error, OSError) or library in ("sqlite3", "sqlalchemy", "mlflow")
    return of_a_file and _FULL_DISK.search(str(error)) is not None


def _where(error: BaseException) -> str:
    """Return the file that could not be written, in words; of a copy that is the second file."""
    for each in _chain(error):
        name = getattr(each, "filename2", None) or getattr(each, "filename", None)
        if name:
            return f"for {name}"
    return f"in {Path.cwd()} or {tempfile.gettempdir()}"


def _complain(sentence: str) -> None:
    PlainConsole(stderr=True).print(printable(sentence), style="bold red")
