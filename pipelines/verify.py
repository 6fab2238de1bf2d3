"""HEAD's evidence, made again and compared → .state/verification/<task>.json.

`--limit=BYTES` bounds the data.
"""

import fcntl
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from hallmark import command
from hallmark.console import PlainConsole
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.verify import record, verify

REFUSED = 3  # exit status


def main(layout: Layout, *, limit: int | None = None) -> int:
    console = PlainConsole(stderr=True)
    task = layout.task
    scratch = layout.verification_scratch
    scratch.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(scratch.parent)
    with in_use(scratch) as is_free:
        if not is_free:
            raise InputError(f"{task} is being verified here already: wait for its end")
        scratch.mkdir(mode=0o700)  # the remotes' passwords pass through it
        try:
            verified = verify(task, Path().absolute(), scratch.absolute(), limit=limit, tell=console.print)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    record.write(verified, layout.verification)

    if verified.differences:
        table = Table("✗ differs", "committed", "made anew", box=box.SIMPLE_HEAD, pad_edge=False)
        for each in verified.differences:
            table.add_row(Text(each.subject), Text(each.expected), Text(each.actual))
        console.print(table)
    for line in verified.taken_over:
        console.print(f"· {line}")
    console.print(f"{'✗' if verified.differences else '✓'} {task}: {verified.sentence}")
    return REFUSED if verified.differences else 0


def remove_leftovers(folder: Path) -> None:
    """Remove the folders in `folder` that killed verifications left: they may hold the remotes'
    passwords.
    """
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            with in_use(left) as is_free:
                if is_free:
                    shutil.rmtree(left)


@contextmanager
def in_use(scratch: Path) -> Iterator[bool]:
    """Lock a verification's folder for this process; yield whether no other process has it.

    The lock ends with the process, however that ends.
    """
    with scratch.with_name(f"{scratch.name}.lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True  # closing the file gives it back


def bytes_of(words: str | None) -> int | None:
    """Return the number of bytes after `--limit=`; None without the option.

    Raises `InputError` on any other text.
    """
    if words is None:
        return None
    if not words.isdecimal() or int(words) == 0:
        raise InputError(f"--limit={words} must be a number of bytes, such as --limit=20000000000")
    return int(words)


if __name__ == "__main__":
    limit_words = command.take_option(sys.argv, "--limit=")
    command.run_unconfigured("verify", lambda layout: main(layout, limit=bytes_of(limit_words)))
