"""Files: asking for one that must be there, and writing one whole."""

import os
from pathlib import Path

from hallmark.errors import InputError


def require(path: Path, what: str) -> Path:
    """Return `path`, or raise `InputError` that says that `what` is missing there."""
    if not path.exists():
        raise InputError(f"{what} is missing: {path}")
    return path


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
