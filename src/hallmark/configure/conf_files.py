"""The YAML files of conf/: their paths, their names in sentences, and their content before composition."""

import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from omegaconf._utils import get_yaml_loader

from hallmark.errors import InputError

GLOBAL_PACKAGE = "_global_"
TASK_LIST = PurePosixPath("tasks.yaml")
OVERRIDES = PurePosixPath("overrides.yaml")
NOT_COMPOSED = (TASK_LIST, OVERRIDES)  # files that Hydra does not read
OWN_GROUPS = ("task", "system")  # of each, one file is composed; of the other groups, any file may be

_VALUE_LOADER = get_yaml_loader()  # the one by which Hydra reads its files
_HEADER = re.compile(r"\s*#\s*@package\s+(.*\S)")


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A loader by which every scalar stays text, and `<<` merges."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}  # noqa: RUF012 (PyYAML's own)


def yaml_files(conf: Path) -> list[Path]:
    """Return the paths of all YAML files below `conf`, sorted.

    Names that begin with "." are left out, such as the lock links of Emacs. Linked folders, which
    Hydra reads too, are followed, and each folder is visited once.
    """
    paths: list[Path] = []
    visited: set[str] = set()
    for folder, folders, names in os.walk(conf, followlinks=True):
        real_folder = os.path.realpath(folder)
        if real_folder in visited:  # a link to a folder above would lead around for ever
            folders.clear()
            continue

        visited.add(real_folder)
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(folder, name) for name in names if name.endswith((".yaml", ".yml")) and name[0] != "."]
    return sorted(paths)


def display_name(conf: Path, path: Path) -> str:
    """Return a file's name for sentences: conf/task/image.yaml."""
    return f"{conf.name}/{path.relative_to(conf).as_posix()}"


def read_text(path: Path) -> str:
    """Return a file's text without a byte-order mark.

    Raises `InputError` where it can't be read, and `UnicodeDecodeError` on bytes that are not UTF-8.
    """
    try:
        is_regular = stat.S_ISREG(path.stat().st_mode)
        content = path.read_bytes() if is_regular else b""  # a pipe would wait for ever
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror}): mend it, or take it out of conf/") from error
    if not is_regular:
        raise InputError(f"{path} is no regular file: mend it, or take it out of conf/")
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def read_utf8(path: Path) -> str:
    """Return a file's text as `read_text` does; raises `InputError` also where it is not UTF-8."""
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as such") from error


def package(conf: Path, path: Path, text: str) -> list[str]:
    """Return the names of the section that a file of the given text fills."""
    return names_of_package(package_header(text), path.relative_to(conf))


def names_of_package(header: str | None, path: Path) -> list[str]:
    """Return the names of the section that a file at `path` below conf/ fills.

    Hydra reads it from the header `# @package a.b`; `_global_` is the top, so []. Without a header
    it is the file's group: of conf/drift/default.yaml, ["drift"].
    """
    if header is None:
        return list(path.parent.parts)
    return [name for name in header.split(".") if name != GLOBAL_PACKAGE]


def package_header(text: str) -> str | None:
    """Return what the header `# @package` names, a comment before the first key; None where it names nothing."""
    for line in text.splitlines():
        if line.strip() and not line.strip().startswith("#"):
            break
        header = _HEADER.match(line)
        if header:
            return header[1]
    return None


def load_texts(path: Path) -> Any:
    """Return a file's content as mappings, lists and texts; a number or Boolean is its text.

    Keys are merged by `<<`; no reference is resolved. Raises PyYAML's errors, `ValueError` on bytes
    that are not UTF-8, and `InputError` where the file can't be read.
    """
    return yaml.load(read_text(path), Loader=_TextLoader)  # noqa: S506 (a safe loader)


def load_values(path: Path) -> Any:
    """Return a file's content as plain data, with its numbers and Booleans.

    No reference is resolved. Raises `InputError` where the file can't be read or is no YAML.
    """
    text = read_utf8(path)
    try:
        return parse_value(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is no YAML: {first_line(error)}") from error


def parse_value(text: str) -> Any:
    """Return the value that Hydra's YAML reads from a text: 1e3 is a number, a date is text.

    Raises PyYAML's errors, and `ValueError` on a number of more digits than Python converts.
    """
    return yaml.load(text, Loader=_VALUE_LOADER)  # noqa: S506 (a safe loader)


def first_line(error: Exception) -> str:
    """Return the first line of an error: further lines of libraries repeat keys and types."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
