"""Booleans and numbers of conf/ as they were written.

YAML 1.1 makes a Boolean of an unquoted `no`, 8 of `010` and 90 of `1:30`. Where the schema says text, the text is
meant; where it says a number, such a spelling is refused. Hydra composes values, which have lost their spelling: it
gets a copy of conf/ with a marker for every unquoted Boolean and number, which takes part in the composition as any
text does. `resolve_markers` then replaces each marker by the text or the value, by the type that the schema has in
that place.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from omegaconf._utils import get_yaml_loader

from hallmark.config.section import Section
from hallmark.errors import InputError

_LOADER = get_yaml_loader()  # the one that reads Hydra's files
_TAG = "tag:yaml.org,2002:"
_MARKED = {f"{_TAG}{kind}" for kind in ("bool", "int", "float")}
_QUOTED_KEYS = {*_MARKED, f"{_TAG}null"}

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_PLAIN = re.compile(r"true|false|[-+]?(?!0[0-9])[0-9]*\.?[0-9]*(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)", re.IGNORECASE)

UNKNOWN = object  # the type of a key that the schema doesn't know: what is wrong there is said elsewhere


@dataclass(frozen=True)
class Scalar:
    """An unquoted Boolean or number of a file of conf/."""

    text: str
    file: str  # below conf/
    line: int  # from 1

    @property
    def value(self) -> Any:
        """What YAML makes of it. Raises `ValueError` where Python takes no number of so many digits."""
        return yaml.load(self.text, Loader=_LOADER)  # noqa: S506 (a safe loader)


Scalars = dict[str, Scalar]  # by marker


def copy_with_markers(conf: Path, folder: Path) -> Scalars:
    """Copy the YAML files of `conf` to `folder`, with markers, and return what each marker stands for.

    A key is text whatever it looks like, and is quoted. The defaults list stays as it is, and so does a file that is
    no YAML: Hydra says so where it is used. Raises `InputError` on a Boolean or number that a tag makes.
    """
    prefix = secrets.token_hex(16)  # that no file has
    scalars: Scalars = {}
    mistakes: list[str] = []
    for path in _files(conf):
        name = path.relative_to(conf)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            text = path.read_text(encoding="utf-8")
            nodes = list(_scalars(yaml.compose(text, Loader=_LOADER)))
        except (yaml.YAMLError, ValueError, RecursionError):
            shutil.copyfile(path, target)
            continue

        tagged = [node for node, _ in nodes if "!" in _before(text, node)]
        mistakes += [
            f"conf/{name.as_posix()}, line {node.start_mark.line + 1}, has a YAML tag before {node.value!r}: "
            "write the value without it"
            for node in tagged
        ]

        pieces = []
        end = 0
        for node, is_key in sorted(nodes, key=lambda each: each[0].end_mark.index):
            start = node.end_mark.index - len(node.value)
            replacement = node.value
            if not is_key:
                replacement = f"{prefix}:{len(scalars)}:"
                scalars[replacement] = Scalar(node.value, name.as_posix(), node.start_mark.line + 1)
            pieces += [text[end:start], f'"{replacement}"']
            end = node.end_mark.index
        target.write_text("".join([*pieces, text[end:]]), encoding="utf-8")
    _refuse(mistakes)
    return scalars


def resolve_markers(content: Any, scalars: Scalars, model: type[Section]) -> Any:
    """Return the composed `content` with a text, Boolean or number for each marker, by the types of the `model`.

    Raises `InputError` with every number that is spelt in a way that other readers take for another, and every value of
    a free type, as the arguments of an expectation are, that YAML reads as no person does.
    """
    mistakes: list[str] = []

    def settled(value: Any, kind: Any, key: str) -> Any:
        if isinstance(value, dict):
            return {
                restore_texts(name, scalars): settled(
                    inner, _below(kind, name), f"{key}.{restore_texts(name, scalars)}".lstrip(".")
                )
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [settled(inner, _below(kind, 0), f"{key}[{place}]") for place, inner in enumerate(value)]
        if not isinstance(value, str) or value not in scalars:
            return value

        scalar = scalars[value]
        kinds = _alternatives(kind)
        if str in kinds:
            return scalar.text
        fault = _fault(scalar, kinds)
        if fault:
            shown = scalar.text if len(scalar.text) <= 40 else f"{scalar.text[:39]}…"
            mistakes.append(f"{key} in conf/{scalar.file}, line {scalar.line}, is written {shown}, {fault}")
            return None
        return scalar.value

    result = settled(content, model, "")
    _refuse(mistakes)
    return result


def restore_texts(value: Any, scalars: Scalars) -> Any:
    """Return `value` with the text that was written for each marker, at any depth."""
    if isinstance(value, Mapping):
        return {restore_texts(name, scalars): restore_texts(inner, scalars) for name, inner in value.items()}
    if isinstance(value, list):
        return [restore_texts(inner, scalars) for inner in value]
    return scalars[value].text if isinstance(value, str) and value in scalars else value


def restore_sentence(sentence: str, scalars: Scalars) -> str:
    """Return `sentence`, of Hydra's or OmegaConf's, with the text that was written for each marker."""
    for marker, scalar in scalars.items():
        sentence = sentence.replace(marker, scalar.text)
    return sentence


def _fault(scalar: Scalar, kinds: set[Any]) -> str:
    """Return what is wrong with a scalar where no text is wanted, or an empty string."""
    if UNKNOWN in kinds:
        return ""
    try:
        value = scalar.value
    except ValueError:
        return "which is no number that can be read: quote it if it is text"

    reading = f"which YAML reads as {value}"
    if Any in kinds:
        return "" if _PLAIN.fullmatch(scalar.text) else f"{reading}: quote it if it is text, or write {_plain(value)}"
    if isinstance(value, bool):
        return f"{reading}: a number is wanted" if kinds & {int, float} else ""
    if _OCTAL.fullmatch(scalar.text):
        return f"{reading}, by eights: write the number without a leading 0"
    if _SEXAGESIMAL.fullmatch(scalar.text):
        return f"{reading}, by sixties: write {value}, if that is meant"
    return ""


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _below(kind: Any, key: Any) -> Any:
    """Return the type of what lies under `key` in a value of type `kind`."""
    for each in _alternatives(kind):
        origin, arguments = get_origin(each), get_args(each)
        if isinstance(each, type) and issubclass(each, Section):
            fields = {field.alias or name: field.annotation for name, field in each.model_fields.items()}
            return fields.get(key, UNKNOWN)
        if origin in (dict, list):
            return arguments[-1]
        if each is Any:
            return Any
    return UNKNOWN


def _alternatives(kind: Any) -> set[Any]:
    """Return the types of a union but None, those of the choices of a Literal, or the type itself."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return {type(choice) for choice in get_args(kind)}
    if get_origin(kind) in (Union, UnionType):
        return {each for part in get_args(kind) for each in _alternatives(part)}
    return {kind} - {NoneType}


def _scalars(root: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """Yield each scalar of a file that has to be replaced, once, and whether it is a key."""
    visited: set[int] = set()  # a node may stand there several times, by its anchor
    nodes = _without_defaults(root)
    while nodes:
        node, is_key = nodes.pop()
        if id(node) in visited:
            continue

        visited.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                nodes += [(value, False), (name, True)]
        elif isinstance(node, yaml.SequenceNode):
            nodes += [(each, False) for each in node.value]
        elif isinstance(node, yaml.ScalarNode) and node.value and node.tag in (_QUOTED_KEYS if is_key else _MARKED):
            yield node, is_key


def _without_defaults(root: yaml.Node | None) -> list[tuple[yaml.Node, bool]]:
    if not isinstance(root, yaml.MappingNode):
        return []
    return [
        part
        for name, value in root.value
        if getattr(name, "value", None) != "defaults"
        for part in ((value, False), (name, True))
    ]


def _before(text: str, node: yaml.ScalarNode) -> str:
    """Return what stands before a scalar and belongs to it: an anchor, a tag."""
    source = text[node.start_mark.index : node.end_mark.index]
    if node.style is None:
        return source[: len(source) - len(node.value)]
    return source


def _files(conf: Path) -> Iterable[Path]:
    """Return the YAML files below `conf`, also those of linked folders, which Hydra reads."""
    paths: list[Path] = []
    visited: set[str] = set()
    for folder, folders, names in os.walk(conf, followlinks=True):
        real_folder = os.path.realpath(folder)
        if real_folder in visited:
            folders.clear()
            continue

        visited.add(real_folder)
        paths += [Path(folder, name) for name in names if name.endswith((".yaml", ".yml"))]
    return sorted(paths)


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        more = f" (and {len(mistakes) - 12} more)" if len(mistakes) > 12 else ""
        raise InputError("; ".join(mistakes[:12]) + more)
