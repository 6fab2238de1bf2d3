"""Defaults lists: which other files of conf/ a file takes, in Hydra's own grammar.

An entry is `_self_`, or a group with its option: `override /gate: high_stakes` takes
conf/gate/high_stakes.yaml instead of conf/gate/default.yaml.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hallmark.config.mistakes import did_you_mean
from hallmark.configure import conf_files

_SELF = "_self_"
_KEYWORDS = ("override", "optional")
_EXAMPLE = "as `override /gate: high_stakes`"
_UNSET = "???"  # the option of system and of task, which `configure` sets


@dataclass(frozen=True)
class Entry:
    """An entry that names a group: `override /gate@package: high_stakes`."""

    keywords: tuple[str, ...]
    group: str  # a folder below conf/: gate
    key: str  # the group, with its package where one is named: what an override must repeat
    options: tuple[str, ...]

    @property
    def is_override(self) -> bool:
        return "override" in self.keywords

    @property
    def is_naming(self) -> bool:
        """Whether the entry takes a file of the group itself, and so can be overridden."""
        return set(self.keywords) <= {"optional"}


def options_by_group(conf: Path) -> dict[str, list[str]]:
    """Return the names of the files of each folder of conf/: {"gate": ["default", "high_stakes"]}.

    Those that Hydra doesn't take are left out: conf/tasks.yaml, and files that end in .yml.
    """
    groups: dict[str, list[str]] = {}
    for file in conf_files.yaml_files(conf):
        name = PurePosixPath(file.relative_to(conf).as_posix())
        if name in conf_files.NOT_COMPOSED or name.suffix != ".yaml":
            continue
        groups.setdefault("" if name.parent == PurePosixPath() else str(name.parent), []).append(name.stem)
    return groups


def entries_of(content: Any) -> list[Any]:
    """Return the entries of the defaults list in a file's content; none where it has no such list."""
    entries = content.get("defaults") if isinstance(content, Mapping) else None
    return entries if isinstance(entries, list) else []


def forbidden(entry: Any) -> str:
    """Return the fault of an entry that makes Hydra read files outside conf/, or configures Hydra; ""
    for any other.
    """
    parts = [*entry, *entry.values()] if isinstance(entry, Mapping) else [entry]
    for part in _flat_texts(parts):
        names = re.findall(r"[\w-]+", part)
        if ".." in part or "://" in part or "${" in part or "hydra" in names or part.startswith("~"):
            return f"has {entry!r}: only groups and files of conf/ are composed"
    return ""


def parse(entry: Any, folder: str) -> Entry | None:
    """Return an entry of the defaults list of a file in `folder` that names a group; None for any other."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        return None
    ((text, value),) = entry.items()
    *keywords, group_with_package = str(text).split() or [""]
    group, _, package = group_with_package.partition("@")
    group = _whole(group, folder)
    values = value if isinstance(value, list) else [value]
    options = tuple(str(each) for each in values if each is not None)
    return Entry(tuple(keywords), group, f"{group}@{package}" if package else group, options)


def files(entry: Any, folder: str) -> list[str]:
    """Return the files below conf/ that an entry of the defaults list of a file in `folder` names.

    They need not exist: `override /gate: high_stakes` names gate/high_stakes.yaml.
    """
    if isinstance(entry, str):
        file, _, _ = entry.partition("@")
        paths = [_whole(file, folder)]
    else:
        parsed = parse(entry, folder)
        paths = [f"{parsed.group}/{option}" for option in parsed.options] if parsed else []
    return [f"{path.removesuffix('.yaml')}.yaml" for path in paths]


def fault(
    entry: Any, folder: str, groups: Mapping[str, Collection[str]], named: Mapping[str, str], *, is_primary: bool
) -> str:
    """Return the fault of an entry, as words that follow "defaults in conf/task/image.yaml"; "" without any.

    `groups` has the options of each group. `named` has the option that other files' lists give to
    the key of each group. `is_primary`: the list is that of conf/config.yaml.
    """
    if isinstance(entry, str):
        return "" if entry == _SELF else _fault_of_file(entry, folder, groups)
    parsed = parse(entry, folder)
    if parsed is None:
        return f"has {entry!r}: an entry is one group with its option, {_EXAMPLE}"

    for keyword in parsed.keywords:
        if keyword not in _KEYWORDS:
            return f"has {shown(entry)}: {keyword!r} is no word of Hydra's{_nearest(keyword, _KEYWORDS)}"
    if parsed.group not in groups:
        return f"has {shown(entry)}: {_fault_of_group(parsed.group, folder, groups)}"

    options = groups[parsed.group]
    for option in parsed.options:
        name = option.removesuffix(".yaml")
        is_left_open = name == _UNSET and is_primary and parsed.group in conf_files.OWN_GROUPS
        if name not in options and not is_left_open and "optional" not in parsed.keywords:
            return f"has {shown(entry)}: there is no file conf/{parsed.group}/{name}.yaml{_nearest(name, options)}"

    if parsed.key in conf_files.OWN_GROUPS and not is_primary:
        files = " and ".join(f"`/{parsed.group}/{option}`" for option in parsed.options)
        return (
            f"has {shown(entry)}: `configure` takes the file of the {parsed.key} itself: name a further one by {files}"
        )
    if parsed.is_override and parsed.key not in named:
        there_are = f": there are {', '.join(sorted(named))}"
        return f"has {shown(entry)}: it overrides {parsed.key}, which no other list names{there_are}"
    is_second = not is_primary and parsed.is_naming and parsed.options not in ((), (named.get(parsed.key),))
    if is_second and parsed.key in named:
        return (
            f"has {shown(entry)}, but conf/ takes {named[parsed.key]} of {parsed.key} already: "
            f"write override /{parsed.key}: {', '.join(parsed.options)}"
        )
    return ""


def is_among(entry: Any, others: Sequence[Any], folder: str) -> bool:
    """Say whether an entry stands among the others of its list, or overrides a group that one of them does."""
    parsed = parse(entry, folder)
    for other in others:
        parsed_other = parse(other, folder)
        if parsed and parsed_other and parsed.is_override and parsed_other.is_override:
            if parsed.key == parsed_other.key:
                return True
        elif entry == other:
            return True
    return False


def _fault_of_file(text: str, folder: str, groups: Mapping[str, Collection[str]]) -> str:
    """Return the fault of an entry that is a text, and so must name a file: /gate/high_stakes."""
    file, _, _ = text.partition("@")
    whole = _whole(file, folder)
    group, _, option = whole.rpartition("/")
    if option.removesuffix(".yaml") in groups.get(group, ()):
        return ""
    for name in (whole, file.strip("/")):
        if name and name in groups:
            options = ", ".join(sorted(groups[name]))
            return f"has {text}: the group {name} needs an option, one of {options}: write `/{name}: <option>`"
    files = [f"/{name}/{each}" for name, options in groups.items() if name for each in options]
    close = did_you_mean(text, [_SELF, *files]) or f"; an entry is one group with its option, {_EXAMPLE}"
    return f"has {text}: there is no file conf/{whole}.yaml{close}"


def _fault_of_group(group: str, folder: str, groups: Mapping[str, Collection[str]]) -> str:
    from_the_top = group.removeprefix(f"{folder}/")
    if folder and from_the_top in groups:
        return f"without / at its beginning, it is the folder conf/{group}, which there is not: write /{from_the_top}"
    close = did_you_mean(from_the_top, [name for name in groups if name])
    there_are = f": there are {', '.join(sorted(name for name in groups if name))}"
    return f"there is no folder conf/{group}{close or there_are}"


def _whole(name: str, folder: str) -> str:
    """Return a group's or file's path below conf/; one without / at its beginning lies in `folder`."""
    if name.startswith("/") or not folder:
        return name.strip("/")
    return f"{folder}/{name}"


def _nearest(name: str, names: Collection[str]) -> str:
    return did_you_mean(name, names) or f": there are {', '.join(sorted(names))}"


def shown(entry: Any) -> str:
    """Return an entry as people write it."""
    if not isinstance(entry, Mapping):
        return f"`{entry}`"
    ((key, value),) = entry.items()
    return f"`{key}: {'null' if value is None else value}`"


def _flat_texts(values: Any) -> Iterator[str]:
    """Yield the texts of a list, and of the lists in it."""
    for value in values:
        if isinstance(value, list):
            yield from _flat_texts(value)
        elif isinstance(value, str):
            yield value
