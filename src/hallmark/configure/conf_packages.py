"""The packages of the files of conf/: the section of the parameters into which Hydra puts a file's keys.

Without a header it is the file's folder (conf/drift/default.yaml: `drift`). A header
`# @package evaluate` names another, and so does `presets@evaluate: strong` in a list of defaults.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from yaml.nodes import Node

from hallmark.configure import yaml_places
from hallmark.configure.yaml_places import Place

_HEADER = re.compile(r"(?:\s*(?:#\s*@.*)?\n)*?\s*#\s*@package\s+(\S+)")  # Hydra reads only lines of headers before it
_DEFAULT = re.compile(r"(?:(?:override|optional)\s+)*/?(?P<group>[^@:\s]+)@(?P<package>[^:\s]+)")


def packages(
    texts: Mapping[PurePosixPath, str], nodes: Mapping[PurePosixPath, Node | None]
) -> dict[PurePosixPath, list[Place]]:
    """Return the packages that each file may have, by its path below conf/; () is the top of the parameters.

    A file without a header may be named by its whole folder or by an outer one (`evaluate:
    strict/few`), and counts as one of the top, too: a task's file states whole sections.
    """
    by_file = {path: _own_packages(path, text) for path, text in texts.items()}
    for path, node in nodes.items():
        for group, package in _stated_packages(node):
            for other, others_packages in by_file.items():
                if other.parent.as_posix() in (group, (path.parent / group).as_posix()):
                    others_packages += [
                        _place(package, other),
                        *(own + _place(package, other) for own in by_file[path]),
                    ]
    return {path: list(dict.fromkeys(found)) for path, found in by_file.items()}


def default_names(node: Node | None) -> set[str]:
    """Return the names of files and groups in a file's list of defaults, each as its last part."""
    return {text.split("@")[0].rpartition("/")[2] for text in _default_texts(node)}


def _own_packages(path: PurePosixPath, text: str) -> list[Place]:
    """Return the package of a file's header, or else those of its folders."""
    header = _HEADER.match(text)
    if header:
        return [_place(header[1], path)]
    folders = path.parent.parts
    return [folders[:depth] for depth in range(len(folders) + 1)]


def _place(package: str, path: PurePosixPath) -> Place:
    """Return the names of a package: `_global_` is the top, `_group_` the file's folder."""
    names: list[str] = []
    for name in package.split("."):
        names += path.parent.parts if name == "_group_" else [name] if name not in ("_global_", "_here_", "") else []
    return tuple(names)


def _stated_packages(node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield each folder to which a list of defaults gives a package, with it."""
    for text in _default_texts(node):
        stated = _DEFAULT.fullmatch(text)
        if stated:
            yield stated["group"], stated["package"]
            yield stated["group"].rpartition("/")[0], stated["package"]  # of group/file@package


def _default_texts(node: Node | None) -> Iterator[str]:
    """Yield the keys and values of a file's list of defaults."""
    for entry in yaml_places.entries(node, ()):
        if entry.place[0] == "defaults" and len(entry.place) > 1:
            yield entry.key.value
    for place, scalar in yaml_places.scalars(node, ()):
        if place[0:1] == ("defaults",):
            yield scalar.value
