"""Digests of data, models and code, so that what a verdict is about cannot be exchanged unnoticed."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hallmark.errors import InputError
from hallmark.files import require

CACHE = "__pycache__"  # compiled code, which running writes


def text(content: str) -> str:
    """Return the SHA-256 of the text as UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(content.encode()).hexdigest()


def file(path: Path) -> str:
    """Return the SHA-256 of the file's bytes. Raises `InputError` where it is missing."""
    with require(path, "the file to digest").open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files(paths: Iterable[Path]) -> str:
    """Return one SHA-256 over the contents of files, in the given order.

    Raises `InputError` where one is missing.
    """
    return text("".join(file(path) for path in paths))


def folder(path: Path) -> str:
    """Return one SHA-256 over the relative names and the contents of all files below `path`, linked
    folders included.

    Names are POSIX and sorted, so that the digest is the same on every machine. Empty folders do
    not count, and `__pycache__` is skipped, since running code writes it. Raises `InputError` where
    the folder is missing, or a link leads back to a folder that it lies in.
    """
    require(path, "the folder to digest")
    return combine({below.relative_to(path).as_posix(): file(below) for below in walk(path)})


def combine(contents: Mapping[str, str]) -> str:
    """Return the SHA-256 of a folder from the digests of its files, by relative POSIX name."""
    # A name holds no NUL and a digest has a fixed length, so no other folder joins up to the same
    # text.
    return text("".join(f"{name}\0{contents[name]}" for name in sorted(contents)))


def paths(root: Path, names: Iterable[str]) -> str:
    """Return one SHA-256 over files and folders named relative to `root`.

    Raises `InputError` where one is missing.
    """
    contents = {}
    for name in set(names):
        path = root / name
        contents[name] = folder(path) if path.is_dir() else file(path)
    return combine(contents)


def walk(path: Path, *, caches: bool = False) -> Iterator[Path]:
    """Yield the files below `path`, through linked folders too; those in `__pycache__` only with
    `caches`.

    Raises `InputError` where a link leads back to a folder that it lies in.
    """
    for folder_name, subfolders, file_names in os.walk(path, followlinks=True):
        current = Path(folder_name)
        if not caches:
            subfolders[:] = [name for name in subfolders if name != CACHE]
        for name in subfolders:
            _refuse_loop(current / name)
        yield from (current / name for name in file_names if (current / name).is_file())


def _refuse_loop(subfolder: Path) -> None:
    if subfolder.is_symlink() and subfolder.parent.resolve().is_relative_to(subfolder.resolve()):
        raise InputError(f"{subfolder} is a link to a folder that it lies in, {subfolder.resolve()}: remove it")
