"""How every entry in `pipelines/` is run: one task name in; a sentence and an exit status out."""

import errno
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from hallmark.errors import InputError, printable

LOCK = Path("dvc.lock")
KEPT_LOCK = Path(".state/dvc.lock")  # the last one that was whole when a stage began
EMPTY_LOCK = b"schema: '2.0'\nstages: {}\n"
_ENTRY = re.compile(rb"^  (\S.*):\r?$", re.MULTILINE)  # a stage's name in dvc.lock
# What stands in an entry, without the parameters, which a person edits: a section, a path whole, an attribute's name.
_OUTLINE = re.compile(
    rb"^    (?:- path: .*|\w+:)|^      (?:hash|md5|etag|checksum|size|nfiles|isexec|files):", re.MULTILINE
)
_FULL = re.compile(
    r"no space left on device|disk is full|disk quota exceeded|no usable temporary directory"
    r"|\d+ requested and \d+ written",  # NumPy's words, without the reason
    re.IGNORECASE,
)
TASK = re.compile(r"[a-z][a-z0-9_-]{0,63}")  # what DVC and make may write into a command and a path


def run(stage: str, entry: Callable[[str], int | None]) -> None:
    """Call `entry` with the task named on the command line and exit with its status.

    Exits 2 on `InputError`, on a full disk and on a bad task name, 130 on Ctrl-C; any other exception is a bug and
    keeps its traceback.
    """
    arguments = sys.argv[1:]
    if len(arguments) != 1 or not TASK.fullmatch(arguments[0]):
        _complain(
            f"usage: python -m pipelines.{stage} TASK, where TASK is a name of conf/tasks.yaml: "
            f"lower-case letters, digits, - and _; got {arguments}"
        )
        sys.exit(2)
    try:
        if "DVC_STAGE" in os.environ:  # `make` sees to the environment of what it runs by itself
            require_own_code(Path("src/hallmark"))
        keep_lock()
        status = entry(arguments[0])
    except KeyboardInterrupt:
        _complain(f"{stage}@{arguments[0]}: interrupted; run the same command again to go on")
        sys.exit(130)
    except Exception as error:
        sentence = mistake(error)
        if sentence is None:
            raise
        _complain(f"{stage}@{arguments[0]}: {sentence}")
        sys.exit(2)
    sys.exit(status or 0)


def take_option(arguments: list[str], prefix: str) -> str | None:
    """Remove the arguments that begin with `prefix`; return what follows it in the last of them, None without one."""
    given = [argument for argument in arguments if argument.startswith(prefix)]
    for argument in given:
        arguments.remove(argument)
    return given[-1].removeprefix(prefix) if given else None


def require_own_code(folder: Path) -> None:
    """Raise `InputError` where the code that runs is another than that in `folder`, which DVC and the verdict speak of.

    That happens in a copied project with the environment of the folder that it came from: an editable install points
    there. Where there is no such folder, or it holds the same code, nothing is wrong.
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


def keep_lock(*, even_if_shorter: bool = False) -> None:
    """Keep a copy of DVC's lock, which DVC empties and writes anew after each stage (see `lockfile`).

    A lock that was cut short at a line's end looks like a whole one. So one that lacks an entry of the former copy, or
    the end of one, takes its place only where git holds that text, or where the caller knows it to be meant. A lock
    that is not there was removed by a person, and the copy with it.
    """
    try:
        content = LOCK.read_bytes()
    except FileNotFoundError:
        if Path(".dvc").is_dir():
            write_whole(KEPT_LOCK, EMPTY_LOCK)
        return
    except OSError:
        return
    if not content.startswith(b"schema:") or not content.endswith(b"\n"):
        return  # another DVC is at work here

    former = KEPT_LOCK.read_bytes() if KEPT_LOCK.exists() else committed_lock()
    if former is not None and not even_if_shorter and loses_entries(content, former) and not is_in_git(content):
        return
    write_whole(KEPT_LOCK, content)


def entries_of_lock(content: bytes) -> dict[bytes, bytes]:
    """Return the text of each stage's entry in a lock, by the stage's name, in order: as DVC writes them."""
    names = [*_ENTRY.finditer(content)]
    ends = [*(name.start() for name in names), len(content)][1:]
    return {name[1]: content[name.end() : end] for name, end in zip(names, ends, strict=True)}


def loses_entries(content: bytes, former: bytes) -> bool:
    """Say whether a lock lacks a stage that the former one has, or the end of its last entry."""
    entries, former_entries = entries_of_lock(content), entries_of_lock(former)
    if any(name not in entries for name in former_entries):
        return True
    if not entries:
        return False

    last = next(reversed(entries))
    lines, former_lines = _outline(entries[last]), _outline(former_entries.get(last, b""))
    return len(lines) < len(former_lines) and lines == former_lines[: len(lines)]


def committed_lock() -> bytes | None:
    """Return dvc.lock as git's last commit has it, None without one."""
    status, content = _git("show", f"HEAD:./{LOCK}")
    return content if status == 0 else None


def is_in_git(content: bytes) -> bool:
    """Say whether git holds this text: it was committed or added by a person, as a checkout brings it back."""
    status, name = _git("hash-object", "--stdin", content=content)
    return status == 0 and _git("cat-file", "-e", name.decode().strip())[0] == 0


def _outline(entry: bytes) -> list[bytes]:
    """Return the keys and paths of an entry's commands, dependencies and outputs, without what they are."""
    return [line for line in _OUTLINE.findall(entry) if line]


def _git(*arguments: str, content: bytes = b"") -> tuple[int, bytes]:
    command = ["git", *arguments]
    try:
        done = subprocess.run(command, input=content, capture_output=True)  # noqa: S603 (our own words)
    except OSError:  # there is no git
        return 1, b""
    return done.returncode, done.stdout


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever opens it finds the former content or the new one, whatever interrupts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def mistake(error: BaseException) -> str | None:
    """Return the sentence about what a person can mend, or None for a bug.

    A full disk, or a used-up quota, is looked for in all that led to the error: libraries hide it behind their own.
    """
    if any(_is_of_a_full_disk(each) for each in _chain(error)):
        return f"no space left on the disk {_where(error)}: free some, and run the same command again to go on"
    return str(error) if isinstance(error, InputError) else None


def require(path: Path, what: str) -> Path:
    """Return `path`, or raise `InputError` that says that `what` is missing there."""
    if not path.exists():
        raise InputError(f"{what} is missing: {path}")
    return path


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what led to it."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _is_of_a_full_disk(error: BaseException) -> bool:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return True
    library = type(error).__module__.partition(".")[0]
    of_a_file = isinstance(error, OSError) or library in ("sqlite3", "sqlalchemy", "mlflow")
    return of_a_file and _FULL.search(str(error)) is not None


def _where(error: BaseException) -> str:
    """Name the file that was written where an error knows it: of a copy the second one."""
    for each in _chain(error):
        name = getattr(each, "filename2", None) or getattr(each, "filename", None)
        if name:
            return f"for {name}"
    return f"in {Path.cwd()} or {tempfile.gettempdir()}"


class PlainConsole(Console):
    """A terminal that shows any value as text: no control character of a value reaches it, and no value is markup."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "highlight": False, "emoji": False, "soft_wrap": True, **options})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is to be shown; only rich's own controls stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_lines(segment.text), segment.style)


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def _complain(sentence: str) -> None:
    PlainConsole(stderr=True).print(printable(sentence), style="bold red")
