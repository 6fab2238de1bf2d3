"""Raw folders: one way to list their files for every reader, so that no file is ignored silently.

Every file of a raw folder is read, is a known companion of data (`is_companion`), is declared as
left out (`prepare.reading.leave_out`), or is refused by name. Nothing is opened here except the
targets of links into a DVC cache.
"""

import fnmatch
import hashlib
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hallmark.errors import InputError
from hallmark.formats.notes import note

_COMPANIONS = re.compile(
    r"source\.json|source\.md|(readme|licen[cs]e|copying|notice|citation)(\.(md|txt|rst|cff|bib|pdf|html))?"
    r"|(md5|sha1|sha256|sha512)sums?(\.txt)?|dicomdir|thumbs\.db|desktop\.ini|.*\.dvc",
    re.IGNORECASE,
)
# Of a file in a DVC cache: the MD5 of its content.
_CACHE_PATH = re.compile(r"([0-9a-f]{2})/([0-9a-f]{30})")
# Unicode's control characters, bytes that are no UTF-8 (as surrogates), and separators of lines and
# paragraphs.
_UNPRINTABLE_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
# Turn the direction of what follows.
_DIRECTION_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_N_SHOWN = 5  # files or faults that a message names


def is_companion(name: str) -> bool:
    """Return whether a file, by its POSIX path within the raw folder, is known to be no data.

    - At the top of the folder: source.json, SOURCE.md, README, LICENSE, COPYING, NOTICE, CITATION
      and lists of checksums.
    - Anywhere: DICOMDIR, *.dvc, Thumbs.db, desktop.ini; hidden files and folders, whose name begins
      with a dot; and `__MACOSX`, which macOS adds to archives.

    `discover` names them in the log, except source.json and SOURCE.md.
    """
    parts = PurePosixPath(name).parts
    file_name = parts[-1]
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return True
    if len(parts) > 1:
        is_of_desktop = file_name.lower() in ("thumbs.db", "desktop.ini", "dicomdir")
        return is_of_desktop or file_name.endswith(".dvc")
    return _COMPANIONS.fullmatch(file_name) is not None


@dataclass(frozen=True)
class RawFolder:
    """A raw folder and its data files, without companions, by their POSIX path within it, sorted.

    It records which files a reader has asked for, so that `require_all_read` can name the others.
    """

    root: Path
    files: dict[str, Path]
    _read: set[str] = field(default_factory=set)  # names of `files`

    def file(self, name: str, key: str = "the table") -> Path:
        """Return the path of a file, which then counts as read; `key` names the file, for messages.

        Raises `InputError` on a path that is absolute, contains `..` or leads outside the folder,
        and where there is no such data file.
        """
        if name not in self.files and not is_inside(name):
            raise InputError(
                f"{key} names {name!r}, which lies outside the raw folder {self.root}: name a file within it"
            )

        inner_path = PurePosixPath(name).as_posix()
        if inner_path not in self.files:
            path = self.root / inner_path
            reason = " is not read, since it is left out, hidden, or a companion" if path.exists() else ""
            raise InputError(f"the raw file is missing: {path}{reason}; {key} names it")
        self._read.add(inner_path)
        return self.files[inner_path]

    def having(self, suffixes: Sequence[str]) -> dict[str, Path]:
        """Return the files with one of the suffixes (".csv", in any case), by name; they count as read."""
        matches = {}
        for name, path in self.files.items():
            if PurePosixPath(name).suffix.lower() in suffixes:
                matches[name] = path
        self._read.update(matches)
        return matches

    def count_as_read(self, names: Iterable[str]) -> None:
        """Count files as read."""
        self._read.update(names)

    def require_all_read(self) -> None:
        """Raise `InputError` with the first data files that don't count as read."""
        unread = [name for name in self.files if name not in self._read]
        if unread:
            raise InputError(
                f"{self.root} holds {len(unread)} of {len(self.files)} files that are not read: {_listed(unread)}. "
                "Convert or list what is data, and name what is left out on purpose under prepare.reading.leave_out"
            )


def is_inside(name: str) -> bool:
    """Return whether a relative path stays within the folder that it is joined to, on every system."""
    parts = PurePosixPath(name).parts
    has_drive = re.match("[A-Za-z]:", name) is not None  # of Windows
    leads_elsewhere = name.startswith("/") or ".." in parts or "\\" in name or has_drive
    return bool(parts) and not leads_elsewhere and "\0" not in name


def discover(root: Path, leave_out: Sequence[str] = ()) -> RawFolder:
    """Return a raw folder with its data files at any depth, without those that match `leave_out`.

    `leave_out` holds patterns of paths within the folder, see `_without_left_out`.

    Raises `InputError` with every entry that can't be read: a FIFO, socket or device; a link to a
    folder (DVC doesn't follow it); a broken link; a link to a file outside the folder, unless it
    leads into a DVC cache; and a name with unprintable characters. Also raises it on a pattern that
    matches no file.
    """
    if not root.is_dir():
        raise InputError(f"the raw data is missing: there is no folder {root}")

    faults: list[str] = []
    data_files: list[str] = []
    companions: list[str] = []
    real_root = root.resolve()
    for name, entry in _walk(root, ""):
        fault = _fault(entry, real_root)
        if fault:
            faults.append(f"{name!r} {fault}")
        elif is_companion(name):
            companions.append(name)
        else:
            data_files.append(name)
    if faults:
        more = f"; and {len(faults) - _N_SHOWN} more" if len(faults) > _N_SHOWN else ""
        raise InputError(f"the raw folder {root} holds what is not read: {'; '.join(faults[:_N_SHOWN])}{more}")

    remaining = set(_without_left_out([*data_files, *companions], leave_out, root))
    _note_companions([name for name in companions if name in remaining], root)
    remaining_data = sorted(remaining.intersection(data_files))
    return RawFolder(root, {name: root / name for name in remaining_data})


def _without_left_out(names: list[str], leave_out: Sequence[str], root: Path) -> list[str]:
    """Return the names that match no pattern of `leave_out`.

    Patterns are the shell's, but * also matches "/". Raises `InputError` on one without a match.
    """
    for pattern in leave_out:
        others = [name for name in names if not fnmatch.fnmatchcase(name, pattern)]
        if len(others) == len(names):
            raise InputError(f"prepare.reading.leave_out names {pattern!r}, which matches no file of {root}")
        names = others
    return names


def _note_companions(names: Sequence[str], root: Path) -> None:
    """Name the companions in the log, for a person who meant one of them as data."""
    unread = [name for name in names if name.lower() not in ("source.json", "source.md")]
    if unread:
        note(
            f"{root}: what is known by its name to be no data is not read: {_listed(unread)} ({len(unread)} in all). "
            "Rename what is data"
        )


def _listed(names: Sequence[str]) -> str:
    more = " …" if len(names) > _N_SHOWN else ""
    return ", ".join(repr(name) for name in names[:_N_SHOWN]) + more


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield all entries below a folder that are no folders, with their paths: `prefix` and below.

    Links are not followed.
    """
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"the raw folder {folder} can't be listed: {error.strerror}") from error
    for entry in ordered:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{name}/")
        else:
            yield name, entry


def _fault(entry: os.DirEntry[str], root: Path) -> str | None:
    """Return why an entry of the raw folder `root` can't be read, as the end of a sentence, or None."""
    if any(_is_unprintable(letter) for letter in entry.name):
        return "has a name with control characters, or with bytes that are no UTF-8: rename it"
    if entry.is_symlink():
        return _fault_of_link(entry, root)

    fault = _fault_of_mode(entry.stat(follow_symlinks=False).st_mode, "is")
    if fault:
        return fault
    if not os.access(entry.path, os.R_OK):
        return "may not be read by this user: change its mode"
    return None


def _is_unprintable(letter: str) -> bool:
    return unicodedata.category(letter) in _UNPRINTABLE_CATEGORIES or letter in _DIRECTION_MARKS


def _fault_of_link(entry: os.DirEntry[str], root: Path) -> str | None:
    try:
        mode = entry.stat().st_mode
    except OSError:
        return "is a link that leads nowhere"
    if stat.S_ISDIR(mode):
        return "is a link to a folder, which DVC doesn't look into: copy the folder, or link its files"

    target = Path(entry.path).resolve()
    if stat.S_ISREG(mode) and not target.is_relative_to(root) and not is_cached(target):
        return "is a link to a file outside the raw folder: copy the file"
    return _fault_of_mode(mode, "is a link to")


def _fault_of_mode(mode: int, verb: str) -> str | None:
    """Return the fault of anything but a regular file, by its mode (`os.stat`): "is a FIFO, and …"."""
    if stat.S_ISREG(mode):
        return None
    kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return f"{verb} {kinds.get(stat.S_IFMT(mode), 'a special file')}, and no file: remove it"


def is_cached(target: Path) -> bool:
    """Return whether a file is in a DVC cache: its path ends in the MD5 of its content, as ab/cdef….

    The content of such a file can't be swapped unnoticed, so that a link to it is as good as a
    copy.
    """
    cache_path = _CACHE_PATH.fullmatch("/".join(target.parts[-2:]))
    if cache_path is None:
        return False
    with target.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest() == "".join(cache_path.groups())


def require_no_pipes(root: Path) -> None:
    """Raise `InputError` with the first FIFOs, sockets and devices in a raw folder, if there is one.

    Called before DVC reads the folder, since DVC opens every entry, and waits for ever on a FIFO.
    """
    if not root.is_dir():
        return
    faults = []
    for name, entry in _walk(root, ""):
        path = Path(entry.path)
        if not path.exists() or path.is_dir():
            continue
        fault = _fault_of_mode(path.stat().st_mode, "is")
        if fault:
            faults.append(f"{name!r} {fault}")
    if faults:
        raise InputError(f"the raw folder {root} holds what is not read: {'; '.join(faults[:_N_SHOWN])}")


def main(names: Sequence[str]) -> int:
    """Check raw folders by `require_no_pipes`; return the exit status, 2 if one is refused, else 0."""
    for name in names:
        try:
            require_no_pipes(Path(name))
        except InputError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
