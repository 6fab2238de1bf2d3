"""Origins of composed values: which file of conf/ sets a key, for the sentence about a mistake in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from yaml import YAMLError

from hallmark.config.mistakes import Mistake
from hallmark.configure import conf_files
from hallmark.configure.composed_files import ComposedFile

ABSENT = object()  # no value; None is a value


@dataclass(frozen=True)
class Origins:
    """The files of `conf` from which a task of a system is composed.

    The task's own file is searched first, then its system's, then the others: `files`, the last one
    first, where it is known which were composed.
    """

    conf: Path
    task: str
    system: str
    files: Sequence[ComposedFile] = ()

    def stating_file(self, mistake: Mistake, composed: Any) -> str:
        """Return the name of the file that sets the mistake's key to the value in `composed`:
        conf/task/image.yaml.

        `composed` has its references unresolved, as the files have. A missing key belongs into the
        task's own file. "conf/" where no file sets the key to this value, as where an override does.
        """
        if mistake.kind == "missing":
            return f"{self.conf.name}/task/{self.task}.yaml"
        path = self._path_of(mistake.key, composed)
        return f"{self.conf.name}/" if path is None else conf_files.display_name(self.conf, path)

    def is_in_group(self, group: str, key: str, *, composed: Any) -> bool:
        """Say whether a file of a folder of shared defaults, `group` "gate", sets the key to the value
        in `composed`, and not the task's file, the system's or an override.
        """
        path = self._path_of(key, composed)
        return path is not None and path.parent == self.conf / group

    def _path_of(self, key: str, composed: Any) -> Path | None:
        """Return the file that sets a dotted key to the value in `composed`; None where none does."""
        list_key, _, _ = key.partition("[")  # the list that holds the value
        names = list_key.split(".")
        names = names[: _length_to_reference(composed, names)]
        value = value_at(composed, names)
        if value is ABSENT:
            return None

        for path, section, content in self._contents:
            is_in_section = names[: len(section)] == section
            if is_in_section and _has_value(value_at(content, names[len(section) :]), value):
                return path
        return None

    @cached_property
    def _contents(self) -> list[tuple[Path, list[str], Any]]:
        """Each file, in the order of the search: its path, the names of its section, and its content."""
        return list(self._load_files())

    def _load_files(self) -> Iterator[tuple[Path, list[str], Any]]:
        """Yield the task's file, its system's, then all others.

        A file that is no YAML is left out: it sets no key.
        """
        own_paths = [self.conf / "task" / f"{self.task}.yaml", self.conf / "system" / f"{self.system}.yaml"]
        composed_paths = [self.conf / file.path for file in reversed(self.files)]
        all_paths = composed_paths or conf_files.yaml_files(self.conf)
        shared_paths = [path for path in all_paths if path.parent.name not in conf_files.OWN_GROUPS]
        for path in [*own_paths, *shared_paths]:
            try:
                content = conf_files.load_texts(path)
                text = conf_files.read_text(path)
            except (OSError, ValueError, RecursionError, YAMLError):
                continue
            yield path, conf_files.package(self.conf, path, text), content


def _has_value(content: Any, value: Any) -> bool:
    """Say whether a file's `content`, all of whose scalars are texts, is the composed `value`."""
    if isinstance(value, Mapping):
        is_same_mapping = isinstance(content, Mapping) and set(content) == set(map(str, value))
        if not is_same_mapping:
            return False
        return all(_has_value(content[str(name)], inner) for name, inner in value.items())
    if isinstance(value, list):
        is_same_list = isinstance(content, list) and len(content) == len(value)
        return is_same_list and all(map(_has_value, content, value))
    if not isinstance(content, str) or content == value:
        return bool(content == value)
    try:
        stated = conf_files.parse_value(content)
        return bool(stated == value or (stated != stated and value != value))  # NaN is unequal to itself
    except (YAMLError, ValueError):
        return False


def _length_to_reference(content: Any, names: list[str]) -> int:
    """Return how many of `names` lead to a reference, whose own value has the others; all where none does."""
    for length in range(1, len(names)):
        value = value_at(content, names[:length])
        if isinstance(value, str) and "${" in value:
            return length
    return len(names)


def value_at(content: Any, names: list[str]) -> Any:
    """Return the value at a dotted key, split into `names`; ABSENT where there is none.

    A name of the content may have dots of its own (a group `v1.5`), so neighbouring `names` are
    also tried as one.
    """
    if not names:
        return content
    if not isinstance(content, Mapping):
        return ABSENT
    for length in range(1, len(names) + 1):
        name = ".".join(names[:length])
        for key in content:
            if str(key) == name:
                value = value_at(content[key], names[length:])
                if value is not ABSENT:
                    return value
    return ABSENT
