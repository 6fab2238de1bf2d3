"""What lies in a raw folder: one discovery for every reader, so that no file is left out without a word.

Every file of a raw folder is read, or is a known companion of data (`is_companion`), or is declared as left out
(`prepare.reading.leave_out`), or is refused by name. Nothing is opened here but links into a DVC cache.
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
_CACHE_PATH = re.compile(r"([0-9a-f]{2})/([0-9a-f]{30})")  # where DVC keeps a file: by the MD5 of its content
_INVISIBLE_CATEGORIES = (
    "Cc",
    "Cs",
    "Zl",
    "Zp",
)  # of Unicode: control characters, bytes that are no UTF-8, and ends of lines
_DIRECTION_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # what follows is shown from right to left
_MOST_SHOWN = 5  # files or faults that a message names


def is_companion(name: str) -> bool:
    """Return whether a file, by its path within the raw folder, is known to be no data.

    Such are, at the top of the folder, source.json, SOURCE.md, README, LICENSE, COPYING, NOTICE, CITATION and lists of
    checksums; DICOMDIR, files of DVC and of desktops; and anything hidden, whose name or folder begins with a dot, or
    that macOS puts into an archive beside the data. `discover` names them in the log, all but source.json and
    SOURCE.md.
    """
    parts = PurePosixPath(name).parts
    file_name = parts[-1]
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return True
    if len(parts) > 1:
        return file_name.lower() in ("thumbs.db", "desktop.ini", "dicomdir") or file_name.endswith(".dvc")
    return _COMPANIONS.fullmatch(file_name) is not None


@dataclass(frozen=True)
class RawFolder:
    """A raw folder and the data files in it, by their path within it (POSIX, sorted); companions are not among them."""

    root: Path
    files: dict[str, Path]
    _read: set[str] = field(default_factory=set)

    def file(self, name: str, key: str = "the table") -> Path:
        """Return the file of this name, which then counts as read; `key` says who names it.

        Raises `InputError` on a path that is absolute, has `..` or leads outside, and where there is no such file.
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
        """Return the files with one of the suffixes, in small or capital letters; they count as read."""
        chosen = {name: path for name, path in self.files.items() if PurePosixPath(name).suffix.lower() in suffixes}
        self._read.update(chosen)
        return chosen

    def count_as_read(self, names: Iterable[str]) -> None:
        """Count files as read."""
        self._read.update(names)

    def require_all_read(self) -> None:
        """Raise `InputError` that names the data files which no reader has read."""
        unread = [name for name in self.files if name not in self._read]
        if unread:
            raise InputError(
                f"{self.root} holds {len(unread)} of {len(self.files)} files that are not read: {_listed(unread)}. "
                "Convert or list what is data, and name what is left out on purpose under prepare.reading.leave_out"
            )


def is_inside(name: str) -> bool:
    """Return whether a path can only be one within the folder that it is joined to, on any system."""
    parts = PurePosixPath(name).parts
    has_drive = re.match("[A-Za-z]:", name) is not None  # of Windows
    leads_elsewhere = name.startswith("/") or ".." in parts or "\\" in name or has_drive
    return bool(parts) and not leads_elsewhere and "\0" not in name


def discover(root: Path, leave_out: Sequence[str] = ()) -> RawFolder:
    """Return what lies in a raw folder, at any depth, but for the files whose path matches a pattern of `leave_out`.

    Raises `InputError` that names what cannot be read: a FIFO, socket or device, a link to a folder (DVC does not look
    into it), a broken link, a link to a file outside the folder unless it leads into a DVC cache, a name that is no
    text, and a pattern that matches no file.
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
        more = f"; and {len(faults) - _MOST_SHOWN} more" if len(faults) > _MOST_SHOWN else ""
        raise InputError(f"the raw folder {root} holds what is not read: {'; '.join(faults[:_MOST_SHOWN])}{more}")

    remaining = set(_without_left_out([*data_files, *companions], leave_out, root))
    _note_companions([name for name in companions if name in remaining], root)
    return RawFolder(root, {name: root / name for name in sorted(remaining.intersection(data_files))})


def _without_left_out(names: list[str], leave_out: Sequence[str], root: Path) -> list[str]:
    """Return the files that no pattern matches, as the shell would: * is any text, also over several folders."""
    for pattern in leave_out:
        others = [name for name in names if not fnmatch.fnmatchcase(name, pattern)]
        if len(others) == len(names):
            raise InputError(f"prepare.reading.leave_out names {pattern!r}, which matches no file of {root}")
        names = others
    return names


def _note_companions(names: Sequence[str], root: Path) -> None:
    """Note in the log which files count as no data, for whoever meant one of them as data."""
    unread = [name for name in names if name.lower() not in ("source.json", "source.md")]
    if unread:
        note(
            f"{root}: what is known by its name to be no data is not read: {_listed(unread)} ({len(unread)} in all). "
            "Rename what is data"
        )


def _listed(names: Sequence[str]) -> str:
    more = " …" if len(names) > _MOST_SHOWN else ""
    return ", ".join(repr(name) for name in names[:_MOST_SHOWN]) + more


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield all that is no folder, with its path within the raw folder; links are not followed."""
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
    """Return why a file, link or other thing cannot be read, or None."""
    if any(_is_unprintable(letter) for letter in entry.name):
        return "has a name with control characters, or with bytes that are no UTF-8: rename it"
    if entry.is_symlink():
        return _fault_of_link(entry, root)

    fault = _fault_of_kind(entry.stat(follow_symlinks=False).st_mode, "is")
    if fault:
        return fault
    return None if os.access(entry.path, os.R_OK) else "may not be read by this user: change its mode"


def _is_unprintable(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE_CATEGORIES or letter in _DIRECTION_MARKS


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
    return _fault_of_kind(mode, "is a link to")


def _fault_of_kind(mode: int, verb: str) -> str | None:
    if stat.S_ISREG(mode):
        return None
    kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return f"{verb} {kinds.get(stat.S_IFMT(mode), 'a special file')}, and no file: remove it"


def is_cached(target: Path) -> bool:
    """Return whether a file lies where a DVC cache keeps it: under the MD5 of its content, which binds it."""
    cache_path = _CACHE_PATH.fullmatch("/".join(target.parts[-2:]))
    if cache_path is None:
        return False
    with target.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest() == "".join(cache_path.groups())


def require_no_pipes(root: Path) -> None:
    """Raise `InputError` that names a FIFO, socket or device in a raw folder, where there is such a folder.

    It is asked before DVC reaches the folder, which opens whatever lies there, and waits for ever on a FIFO.
    """
    if not root.is_dir():
        return
    faults = []
    for name, entry in _walk(root, ""):
        path = Path(entry.path)
        if not path.exists() or path.is_dir():
            continue
        fault = _fault_of_kind(path.stat().st_mode, "is")
        if fault:
            faults.append(f"{name!r} {fault}")
    if faults:
        raise InputError(f"the raw folder {root} holds what is not read: {'; '.join(faults[:_MOST_SHOWN])}")


def main(names: Sequence[str]) -> int:
    """Ask `require_no_pipes` of the raw folders of these names; return 2 where it refuses one, else 0."""
    for name in names:
        try:
            require_no_pipes(Path(name))
        except InputError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
