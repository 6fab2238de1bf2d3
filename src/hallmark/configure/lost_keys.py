"""What a task's own file states must be what its parameters hold: nothing that a person wrote is lost in silence."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark.configure import scalar_markers

_PACKAGE = re.compile(r"\s*#\s*@package\s+(\S+)")
_GLOBAL, _GROUP = "_global_", "task"
_OF_THE_LIST = ("task", "system", "answer")  # keys that conf/tasks.yaml decides

Leaf = tuple[tuple[str, ...], Any]


def describe_lost_keys(file: Path, composed: Any, scalars: scalar_markers.Scalars) -> list[str]:
    """Return a sentence for each leaf of the task's `file` that the `composed` parameters don't hold.

    Both are taken before references are resolved. A list is one leaf, and so is an empty mapping; the defaults list
    is none. The file has markers for `scalars`, and `composed` has the text that was written for them.
    """
    content = scalar_markers.restore_texts(OmegaConf.to_container(OmegaConf.load(file), resolve=False), scalars)
    if not isinstance(content, dict):
        return []
    content.pop("defaults", None)

    name = f"conf/{_GROUP}/{file.name}"
    package = _package(file.read_text(encoding="utf-8"))
    if package == [_GROUP] and content:
        return [
            f"{name} has no header `# @package {_GLOBAL}`: without it its keys lie below `{_GROUP}`, where nothing "
            "reads them; make it the file's first line"
        ]

    sentences = []
    for key, value in _leaves((), content):
        path = (*package, *key)
        held = _at(composed, path)
        if repr(held) != repr(value):
            sentences.append(f"{'.'.join(path)} in {name} is {_text(value)}, {_reason(path, value, held)}")
    return sentences


def _reason(path: tuple[str, ...], value: Any, held: Any) -> str:
    holds = "have no such key" if held is None else f"hold {_text(held)}"
    if path[0] in _OF_THE_LIST:
        return f"but it is {_text(held)}, as conf/tasks.yaml says: take it out"
    if value == {}:
        return f"but mappings are merged, and the parameters {holds}: an empty one takes nothing away, leave it out"
    if value == "???":
        return f"which states no value, and the parameters {holds}: give it one, or leave it out"
    return f"but the parameters {holds}, of a file that is composed later: put `_self_` last in its defaults"


def _package(text: str) -> list[str]:
    """Return the keys below which Hydra puts a file of the group `task`: its header says so."""
    for line in text.splitlines():
        if line.strip() and not line.strip().startswith("#"):
            break
        header = _PACKAGE.match(line)
        if header:
            return [name for name in header[1].split(".") if name != _GLOBAL]
    return [_GROUP]


def _leaves(key: tuple[str, ...], content: Any) -> Iterator[Leaf]:
    if isinstance(content, Mapping) and (content or not key):
        for name, inner in content.items():
            yield from _leaves((*key, str(name)), inner)
    else:
        yield key, content


def _at(content: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
