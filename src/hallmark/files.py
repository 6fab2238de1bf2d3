"""Files: requiring one to be there, and writing one so that it is never half-written."""

import os
from pathlib import Path

from hallmark.errors import InputError


def require(path: Path, what: str) -> Path:
    """Return `path` where it exists. Raises `InputError` that says that `what` is missing there."""
    if not path.exists():
        raise InputError(f"{what} is missing: {path}")
    return path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that its readers find either the former content or the new one, whatever
    interrupts.

    The content goes to a draft beside it, which then replaces the file.
    """
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
