"""Reading a raw folder with the reader that a system registers for `prepare.reading.format`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from hallmark.formats.folders import RawFolder, discover


class FormattedReading(Protocol):
    """A section `prepare.reading` that names a format, and patterns of files to leave out."""

    @property
    def format(self) -> str: ...
    @property
    def leave_out(self) -> list[str]: ...


Reading = TypeVar("Reading", bound=FormattedReading)
Raw = TypeVar("Raw")
# Takes a folder whose files have one format, and the section.
Reader = Callable[[RawFolder, Reading], Raw]


def read_folder(folder: Path, reading: Reading, readers: Mapping[str, Reader[Reading, Raw]]) -> Raw:
    """Return what the reader in `readers`, by the section's format, makes of the files in `folder`.

    Raises `InputError` where there is no such folder, where the reader does, and on a file that the
    reader has not read.
    """
    raw_folder = discover(folder, reading.leave_out)
    raw = readers[reading.format](raw_folder, reading)

    raw_folder.require_all_read()
    return raw
