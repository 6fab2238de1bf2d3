"""The registry of formats: a system's readers by the name that `prepare.reading.format` has, and one way to read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from hallmark.formats.folders import RawFolder, discover


class FormattedReading(Protocol):
    """A section `prepare.reading` that names a format."""

    @property
    def format(self) -> str: ...
    @property
    def leave_out(self) -> list[str]: ...


Reading = TypeVar("Reading", bound=FormattedReading)
Raw = TypeVar("Raw")
Reader = Callable[[RawFolder, Reading], Raw]  # reads the files of a folder, all of one format


def read_folder(folder: Path, reading: Reading, readers: Mapping[str, Reader[Reading, Raw]]) -> Raw:
    """Return what the reader of the section's format makes of the files in `folder`.

    Raises `InputError` where there is no such folder, as the reader does, and on files that it has not read.
    """
    raw_folder = discover(folder, reading.leave_out)
    raw = readers[reading.format](raw_folder, reading)

    raw_folder.require_all_read()
    return raw
