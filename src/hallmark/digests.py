"""Digests: what a verdict speaks of, so that data, model and code behind it cannot be swapped unnoticed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from hallmark.command import require


def text(content: str) -> str:
    """Return the SHA-256 of the text as UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(content.encode()).hexdigest()


def file(path: Path) -> str:
    """Return the SHA-256 of the file's bytes. Raises `InputError` where it is missing."""
    with require(path, "the file to digest").open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files(paths: Iterable[Path]) -> str:
    """Return one SHA-256 over the contents of files in their order. Raises `InputError` where one is missing."""
    return text("".join(file(path) for path in paths))


def folder(path: Path) -> str:
    """Return one SHA-256 over the relative names and the contents of all files below `path`.

    Names are POSIX and sorted, so that the digest is the same on every machine. Empty folders do not count,
    and `__pycache__` is skipped, since running code writes it. Raises `InputError` where the folder is missing.
    """
    require(path, "the folder to digest")
    found = {p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.is_file()}
    names = sorted(name for name in found if "__pycache__" not in name.split("/"))
    # A name holds no NUL and a digest has a fixed length, so no other folder joins up to the same text.
    return text("".join(f"{name}\0{file(found[name])}" for name in names))
