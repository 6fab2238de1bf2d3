"""The registry of readers: one place where the name of a format finds the function that reads it.

A medium is the class of what is read: `Table`, `Pictures`, `Recordings`, `Documents`. A reader is
registered beside the class of its medium (`reads`). The name of its format is the one that
`prepare.reading.format` has, or, for a table, the one that the file's suffix stands for
(`config.table_files`). The sections of the configuration name the formats as a closed set.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hallmark.formats.folders import RawFolder, discover


class FolderReading(Protocol):
    """A section `prepare.reading`, with patterns of files to leave out."""

    @property
    def leave_out(self) -> list[str]: ...


class FormattedReading(FolderReading, Protocol):
    """A section `prepare.reading` that names a format."""

    @property
    def format(self) -> str: ...


Origin = TypeVar("Origin")
Options = TypeVar("Options")
Medium = TypeVar("Medium")
# Takes a folder whose files have one format (or the path of one file), and the section that says how
# they are read.
Reader = Callable[[Origin, Options], Medium]

_READERS: dict[tuple[type, str], Reader[Any, Any, Any]] = {}


def reads(
    medium: type[Medium], format_name: str
) -> Callable[[Reader[Origin, Options, Medium]], Reader[Origin, Options, Medium]]:
    """Return a decorator that registers a function as the reader of a format into a medium."""

    def register(function: Reader[Origin, Options, Medium]) -> Reader[Origin, Options, Medium]:
        assert (medium, format_name) not in _READERS, f"{format_name} has two readers of {medium.__name__}"
        _READERS[medium, format_name] = function
        return function

    return register


def formats_of(medium: type) -> set[str]:
    """Return the names of the formats that are read into a medium."""
    return {format_name for of, format_name in _READERS if of is medium}


def read(medium: type[Medium], format_name: str, origin: Any, options: Any) -> Medium:
    """Return what the reader of a format makes of a folder or a file."""
    made: Medium = _READERS[medium, format_name](origin, options)
    return made


@contextmanager
def open_folder(folder: Path, reading: FolderReading) -> Iterator[RawFolder]:
    """Give the raw folder, without what the section leaves out; at the end every file must have been read.

    Raises `InputError` where there is no such folder, and with the files that were not read.
    """
    raw_folder = discover(folder, reading.leave_out)
    yield raw_folder
    raw_folder.require_all_read()


def read_folder(folder: Path, reading: FormattedReading, medium: type[Medium]) -> Medium:
    """Return what the reader of the section's format makes of the files in `folder`.

    Raises `InputError` where `open_folder` and the reader do.
    """
    with open_folder(folder, reading) as raw_folder:
        return read(medium, reading.format, raw_folder, reading)
