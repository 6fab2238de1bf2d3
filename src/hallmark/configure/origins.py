"""Which file of conf/ states a key of the composed parameters, for sentences about it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from yaml import YAMLError

from hallmark.config.mistakes import Mistake
from hallmark.configure import conf_files

_ABSENT = object()
_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Origins:
    """The files that compose one task, in the order in which they override each other, the task's own first."""

    conf: Path
    task: str
    system: str

    def stating_file(self, mistake: Mistake, composed: Any) -> str:
        """Return the file that states a key with the value that was composed; "conf/" where none does."""
        own_file = f"{self.conf.name}/task/{self.task}.yaml"
        if mistake.kind == "missing":
            return own_file

        names = _POSITION.sub("", mistake.key).split(".")
        value = _at(composed, names)
        for path, prefix, content in self._contents:
            is_below = names[: len(prefix)] == prefix
            if is_below and value is not _ABSENT and _states(_at(content, names[len(prefix) :]), value):
                return conf_files.display_name(self.conf, path)
        return f"{self.conf.name}/"

    @cached_property
    def _contents(self) -> list[tuple[Path, list[str], Any]]:
        """The files with the key that each lies below, and what they state."""
        return list(self._loaded())

    def _loaded(self) -> Iterator[tuple[Path, list[str], Any]]:
        own = [self.conf / "task" / f"{self.task}.yaml", self.conf / "system" / f"{self.system}.yaml"]
        groups = [path for path in conf_files.yaml_files(self.conf) if path.parent.name not in ("task", "system")]
        for path in [*own, *groups]:
            try:
                content = conf_files.load_texts(path)
            except (OSError, ValueError, RecursionError, YAMLError):
                continue
            is_of_a_group = path.parent != self.conf and path not in own
            yield path, [path.parent.name] if is_of_a_group else [], content


def _states(content: Any, value: Any) -> bool:
    """Say whether a file's `content`, whose scalars are texts, states a composed value."""
    if isinstance(value, Mapping):
        is_same_mapping = isinstance(content, Mapping) and set(content) == set(map(str, value))
        return is_same_mapping and all(_states(content[str(name)], inner) for name, inner in value.items())
    if isinstance(value, list):
        is_same_list = isinstance(content, list) and len(content) == len(value)
        return is_same_list and all(map(_states, content, value))
    if not isinstance(content, str) or content == value:
        return bool(content == value)
    try:
        return bool(conf_files.parse_value(content) == value)
    except (YAMLError, ValueError):
        return False


def _at(content: Any, names: list[str]) -> Any:
    """Return what stands below the names, some of which may have dots of their own."""
    if not names:
        return content
    if not isinstance(content, Mapping):
        return _ABSENT
    for length in range(1, len(names) + 1):
        name = ".".join(names[:length])
        for key in content:
            if str(key) == name:
                value = _at(content[key], names[length:])
                if value is not _ABSENT:
                    return value
    return _ABSENT
