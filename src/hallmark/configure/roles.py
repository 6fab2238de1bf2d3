"""Columns and files that `prepare.reading` names: each column has one role, and each file lies in the raw folder.

A name that stands in two roles hides a leak: as a number and as a category it is one input in two disguises, of which
a test of single inputs takes away only one; as the label and an input it is the answer.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import combinations, pairwise
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

_FILES = ("file", "metadata", "transcripts")  # the keys that name a file of the raw folder
_READING = "prepare.reading"
_BAND_NAMES = re.compile(r"prepare\.reading\.(.+\.)?bands\..+\.names")
_MAY_BE_SPACE = ("separator", "pattern")  # a tab, say, or the lines between two documents
_RANGED = ("model_name", "experiment")  # those of publish have their range
_FREE = ("validate.expectations", "prepare.reading.keep", "decision")  # where any text is a value


class _Role(NamedTuple):
    key: str  # below prepare.reading
    kind: str  # input, medium (a picture or a recording), label, name (of an example or entity), split, time or group


_ROLES = (
    _Role("numeric", "input"),
    _Role("categorical", "input"),
    _Role("history.amount", "input"),
    _Role("history.place", "input"),
    _Role("clinical.numeric", "input"),
    _Role("clinical.categorical", "input"),
    _Role("observations", "input"),
    _Role("columns.image", "medium"),
    _Role("columns.audio", "medium"),
    _Role("label", "label"),
    _Role("columns.label", "label"),
    _Role("action", "label"),
    _Role("actions", "label"),
    _Role("columns.text", "label"),  # what a speech or a language task predicts
    _Role("id", "name"),
    _Role("entity", "name"),
    _Role("episode", "name"),
    _Role("columns.id", "name"),
    _Role("columns.entity", "name"),
    _Role("columns.split", "split"),
    _Role("groups", "group"),
    _Role("bands", "group"),
    _Role("time", "time"),
    _Role("columns.time", "time"),
    _Role("interactions.user", "interaction"),
    _Role("interactions.item", "interaction"),
    _Role("interactions.time", "interaction"),
)
_APART = (  # kinds of roles that no column may have together, and why
    ({"label"}, {"input", "medium", "name", "split", "time"}, "what is to be predicted can't be given"),
    ({"input"}, {"name", "split"}, "what tells examples apart, or their split, is no input"),
)
_ALONE = (
    ("numeric", "categorical"),
    ("clinical.numeric", "clinical.categorical"),
    ("interactions.user", "interactions.item"),
    ("interactions.user", "interactions.time"),
    ("interactions.item", "interactions.time"),
)
_GROUPS = (("groups", "bands"), ("users.groups", "users.bands"))


def mistakes(parameters: DictConfig) -> Iterator[str]:
    """Yield a sentence for each column with two roles, name that stands twice or is blank, and file from elsewhere."""
    composed: Any = OmegaConf.to_container(parameters)
    reading = composed["prepare"]["reading"]
    yield from _in_two_roles(reading)
    yield from _twice(composed, "")
    yield from _blank(parameters, "")
    yield from _files(reading, _READING)
    yield from _bands(reading, _READING)


def _in_two_roles(reading: Mapping[str, Any]) -> Iterator[str]:
    named = [(role, column) for role in _ROLES for column in _columns(reading, role)]
    by_column: dict[str, list[_Role]] = {}
    for role, column in named:
        by_column.setdefault(column, []).append(role)
    for column, roles in by_column.items():
        for one, other in combinations(roles, 2):
            reason = _conflict(one, other)
            if reason:
                yield (
                    f"{_READING}.{other.key} in conf/ names {column!r}, which {_READING}.{one.key} names, too: "
                    f"{reason}; a column has one role, take it out of one of them"
                )
    for one_key, other_key in _GROUPS:
        for name in sorted({*_names(_at(reading, one_key))} & {*_names(_at(reading, other_key))}):
            yield (
                f"{_READING}.{other_key} in conf/ names {name!r}, which {_READING}.{one_key} names, too: "
                "one group has one definition, take it out of one of them"
            )


def _conflict(one: _Role, other: _Role) -> str:
    if (one.key, other.key) in _ALONE:
        return "it would be there twice"
    for first, second, reason in _APART:
        if (one.kind in first and other.kind in second) or (one.kind in second and other.kind in first):
            return reason
    return ""


def _columns(reading: Mapping[str, Any], role: _Role) -> list[str]:
    """Return the columns of a role. Of groups and bands it is the column that each is made of, where it says one."""
    value = _at(reading, role.key)
    if role.kind == "group" and isinstance(value, Mapping):
        return [column for name, each in value.items() if (column := _source(name, each))]
    return _names(value)


def _source(name: str, group: Any) -> str:
    if isinstance(group, str):  # a group's name to the column that it is
        return group
    if isinstance(group, Mapping) and "descriptor" in group:  # of what is measured, not of a column
        return ""
    return str(group.get("column") or name) if isinstance(group, Mapping) else name


def _names(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _at(node: Any, key: str) -> Any:
    for name in key.split("."):
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _twice(content: Any, key: str) -> Iterator[str]:
    """Yield each text that stands twice in one list, other than that of bands: two of them may have one name."""
    if key.startswith(_FREE) or _BAND_NAMES.fullmatch(key):
        return
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _twice(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(content, list):
        counts = Counter(each for each in content if isinstance(each, str))
        for text, count in counts.items():
            if count > 1:
                yield f"{key} in conf/ names {text!r} {count} times: once is enough, take the others out"


def _blank(node: Any, key: str) -> Iterator[str]:
    """Yield each key whose text is blank, though it has no blank default, and each blank name in a list."""
    if key.startswith(_FREE) or not isinstance(node, DictConfig):
        return
    kind = OmegaConf.get_type(node)
    may_be_blank = {each.name for each in fields(kind) if each.default == ""} if is_dataclass(kind) else set()
    for name, value in node.items():
        place = f"{key}.{name!s}".lstrip(".")
        if isinstance(value, str) and not value.strip() and not (value == "" and name in may_be_blank):
            if name not in _RANGED and (value == "" or name not in _MAY_BE_SPACE):
                yield f"{place} in conf/ is {value!r}, which is blank: give it a name, or leave the key out"
        elif OmegaConf.is_list(value) and any(isinstance(each, str) and not each.strip() for each in value):
            yield f"{place} in conf/ holds a blank name: take it out"
        yield from _blank(value, place)


def _files(node: Any, key: str) -> Iterator[str]:
    if not isinstance(node, Mapping):
        return
    for name, value in node.items():
        place = f"{key}.{name}"
        if name in _FILES and isinstance(value, str):
            path = PurePosixPath(value)
            if path.is_absolute() or ".." in path.parts or value.startswith("~") or "\0" in value or "\\" in value:
                yield f"{place} in conf/ is {value!r}: it must be the path of a file within the raw folder, with /"
        yield from _files(value, place)


def _bands(node: Any, key: str) -> Iterator[str]:
    """Yield each band whose edges don't ascend, or whose names are not one more than its edges."""
    if not isinstance(node, Mapping):
        return
    edges = node.get("edges")
    if isinstance(edges, list):
        are_numbers = all(isinstance(edge, int | float) for edge in edges)
        if not edges or not are_numbers or any(not low < high for low, high in pairwise(edges)):
            yield f"{key}.edges in conf/ is {edges}: it must be numbers in ascending order, one at least"
        names = node.get("names")
        if isinstance(names, list) and len(names) != len(edges) + 1:
            yield f"{key}.names in conf/ is {names}: {len(edges)} edges make {len(edges) + 1} bands, a name each"
    for name, value in node.items():
        yield from _bands(value, f"{key}.{name}")
