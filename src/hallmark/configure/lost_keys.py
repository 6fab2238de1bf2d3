"""Keys of a task's own file that are lost: the composed parameters have another value, or none."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark.config.mistakes import Mistake, path
from hallmark.configure import conf_files, scalar_markers

# A key that `configure` sets → the file that says its value.
_FILES = {"overrides": "conf/overrides.yaml"} | dict.fromkeys(("task", "system", "answer"), "conf/tasks.yaml")
_MOST_CHARACTERS = 80  # of a value that a sentence shows

Leaf = tuple[tuple[str, ...], Any]  # the names that lead to a value, and the value


def lost_keys(file: Path, composed: Any, scalars: scalar_markers.Scalars) -> list[Mistake]:
    """Return a mistake for each leaf of the task's `file` that the `composed` parameters don't have.

    A leaf is a value that is no mapping, a whole list, or an empty mapping; the defaults list is
    left out. `file` is the copy with markers for `scalars`. `composed` has the texts of the
    original files; its references are unresolved.
    """
    content = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    content = scalar_markers.restore_texts(content, scalars)
    if not isinstance(content, dict):
        return []
    content.pop("defaults", None)

    lost = []
    package = conf_files.package(file.parents[1], file, file.read_text(encoding="utf-8"))
    for names, value in _leaves((), content):
        place = (*package, *names)
        composed_value = _value_at(composed, place)
        if repr(composed_value) != repr(value):  # also where 1 and True, or "1" and 1, differ
            words = f"is {_shortened(value)}, {_reason(place, value, composed_value)}"
            lost.append(Mistake(path(place), words, file=f"conf/task/{file.name}"))
    return lost


def _reason(path: tuple[str, ...], value: Any, composed_value: Any) -> str:
    """Return why the parameters don't have the `value` of the task's file, and the cure.

    `composed_value` is None where the parameters have no such key.
    """
    if path[0] in _FILES:
        return f"but it is {_shortened(composed_value)}, as {_FILES[path[0]]} says: take it out"

    holds = "have no such key" if composed_value is None else f"hold {_shortened(composed_value)}"
    if value == {}:
        return f"but mappings are merged, and the parameters {holds}: an empty one takes nothing away, leave it out"
    if value == "???":
        return f"which states no value, and the parameters {holds}: give it one, or leave it out"
    return f"but the parameters {holds}, of a file that is composed later: put `_self_` last in its defaults"


def _leaves(names: tuple[str, ...], content: Any) -> Iterator[Leaf]:
    """Yield each leaf of `content`, which lies at `names`."""
    if isinstance(content, Mapping) and (content or not names):
        for name, inner in content.items():
            yield from _leaves((*names, str(name)), inner)
    else:
        yield names, content


def _value_at(content: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path of names; None where there is none."""
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content


def _shortened(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
