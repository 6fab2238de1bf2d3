"""Provenance: which file of conf/ each value of a task comes from, as `make config` shows it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from hallmark.config import Parameters
from hallmark.configure import conf_files, defaults_lists
from hallmark.configure.composed_files import ComposedFile
from hallmark.configure.origins import ABSENT, value_at

_CODE = "the code's default"
_FILES = {"task": "conf/tasks.yaml", "system": "conf/tasks.yaml", "answer": "conf/tasks.yaml"}
_BY_CONFIGURE = {"overrides": "SET, or conf/overrides.yaml", "extensions": "configure"}


def sources(
    parameters: Parameters, files: Sequence[ComposedFile], conf: Path, overrides: Sequence[str]
) -> Iterator[tuple[str, Any, str]]:
    """Yield each key with its value, which is no mapping but an empty one, and where the value comes from.

    That is the last of the `files` that states it, with the reference that stands there, an
    override, or the code.
    """
    contents = [(file, conf_files.load_values(conf / file.path)) for file in files]
    groups = defaults_lists.options_by_group(conf)
    parsed_overrides = OverridesParser.create().parse_overrides([*overrides])
    changes = [override for override in parsed_overrides if override.key_or_group not in groups]
    for names, value in _leaves(parameters.model_dump(), ()):
        key = ".".join(names)
        change = next((override for override in reversed(changes) if _states(override, key)), None)
        if names[0] in _FILES or names[0] in _BY_CONFIGURE:
            source = (_FILES | _BY_CONFIGURE)[names[0]]
        elif change is not None:
            source = f"the override {change.input_line}"
        else:
            source = _file_of(names, contents, conf)
        yield key, value, source


def _states(override: Override, key: str) -> bool:
    """Say whether an override of a value states, or deletes, the value at a dotted key."""
    stated_key = override.key_or_group
    if key == stated_key:
        return True
    value: Any = override.value()
    below = key.removeprefix(f"{stated_key}.")
    return below != key and value_at(value, below.split(".")) is not ABSENT


def _file_of(names: tuple[str, ...], contents: Sequence[tuple[ComposedFile, Any]], conf: Path) -> str:
    """Return the last file that states a key, with a reference that stands there."""
    for file, content in reversed(contents):
        if names[: len(file.package)] != file.package:
            continue
        below = list(names[len(file.package) :])
        for length in range(len(below), -1, -1):  # a reference may stand above the key
            stated = value_at(content, below[:length])
            is_reference = isinstance(stated, str) and "${" in stated
            if stated is not ABSENT and (length == len(below) or is_reference):
                name = conf_files.display_name(conf, conf / file.path)
                return f"{name}, {stated}" if is_reference else name
    return _CODE


def _leaves(content: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(content, Mapping) and content:
        for name, inner in content.items():
            yield from _leaves(inner, (*names, str(name)))
    else:
        yield names, content
