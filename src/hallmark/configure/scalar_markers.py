"""Markers in the place of the unquoted Booleans and numbers of conf/, so that their spelling
survives composition.

YAML 1.1 reads an unquoted `no` as a Boolean, `010` as 8 and `1:30` as 90. Where the schema has
text, the person means the text; where it has a number, such a spelling is refused. Hydra composes
values, which no longer have their spelling. So Hydra gets a copy of conf/ in which a marker, a
random text, stands for every unquoted Boolean and number (`copy_with_markers`). After the
composition each marker is replaced by the text or by the value, whichever the schema has in that
place (`resolve_markers`).
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

from hallmark.config import mistakes
from hallmark.config.section import Section

_LOADER = get_yaml_loader()  # the one by which Hydra reads its files
_TAG = "tag:yaml.org,2002:"
_TAGS_OF_MARKED_VALUES = {f"{_TAG}{kind}" for kind in ("bool", "int", "float")}
_TAGS_OF_QUOTED_KEYS = {*_TAGS_OF_MARKED_VALUES, f"{_TAG}null"}

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
# Spellings that a person reads as YAML does.
_PLAIN = re.compile(r"true|false|[-+]?(?!0[0-9])[0-9]*\.?[0-9]*(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)", re.IGNORECASE)
_MOST_CHARACTERS = 40  # of a scalar that a sentence shows

# The type of a key that the schema doesn't have. The models refuse such a key, so nothing is said
# of its value here.
UNKNOWN = object


@dataclass(frozen=True)
class Scalar:
    """An unquoted Boolean or number of a file of conf/."""

    text: str
    file: str  # its path below conf/
    line: int  # from 1

    @property
    def value(self) -> Any:
        """The value that YAML reads.

        Raises `ValueError` on a number of more digits than Python converts.
        """
        return yaml.load(self.text, Loader=_LOADER)  # noqa: S506 (a safe loader)


Scalars = dict[str, Scalar]  # a marker → the scalar that it stands for


def copy_with_markers(conf: Path, folder: Path) -> Scalars:
    """Copy the YAML files of `conf` to `folder` with markers, and return the scalar of each marker.

    Keys are not marked but quoted, since a key is text whatever it looks like. The defaults list
    stays as it is, since Hydra reads it itself. A file that is no YAML is copied unchanged: Hydra
    names the fault if it uses the file. Raises `InputError` on every scalar with an explicit YAML
    tag, such as `!!int "5"`.
    """
    prefix = secrets.token_hex(16)  # 32 random characters, which no file contains
    scalars: Scalars = {}
    faults: list[str] = []
    for path in _files(conf):
        name = path.relative_to(conf)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            text = path.read_text(encoding="utf-8")
            nodes = list(_scalar_nodes(yaml.compose(text, Loader=_LOADER)))
        except (yaml.YAMLError, ValueError, RecursionError):
            shutil.copyfile(path, target)
            continue

        faults += [
            f"conf/{name.as_posix()}, line {node.start_mark.line + 1}, has a YAML tag before {node.value!r}: "
            "write the value without it"
            for node, _ in nodes
            if "!" in _properties(text, node)
        ]

        pieces = []
        copied_up_to = 0
        for node, is_key in sorted(nodes, key=lambda each: each[0].end_mark.index):
            end = node.end_mark.index
            start = end - len(node.value)
            replacement = node.value
            if not is_key:
                replacement = f"{prefix}:{len(scalars)}:"
                scalars[replacement] = Scalar(node.value, name.as_posix(), node.start_mark.line + 1)
            pieces += [text[copied_up_to:start], f'"{replacement}"']
            copied_up_to = end
        pieces.append(text[copied_up_to:])
        target.write_text("".join(pieces), encoding="utf-8")

    mistakes.refuse(faults)
    return scalars


def resolve_markers(content: Any, scalars: Scalars, model: type[Section]) -> Any:
    """Return the composed `content` where each marker is replaced by a text, Boolean or number.

    The text replaces it where the `model` has text in that place, and the value elsewhere. Raises
    `InputError` with every number whose spelling other readers take for another number (`010`,
    `1:30`), and with every scalar in a place of any type, such as an argument of an expectation,
    that YAML reads otherwise than a person does (`yes`, `1_0`).
    """
    faults: list[str] = []

    def resolved(value: Any, type_: Any, key: str) -> Any:
        if isinstance(value, dict):
            texts_by_name = {name: restore_texts(name, scalars) for name in value}
            return {
                text: resolved(value[name], _type_below(type_, name), f"{key}.{text}".lstrip("."))
                for name, text in texts_by_name.items()
            }
        if isinstance(value, list):
            return [resolved(item, _type_below(type_, 0), f"{key}[{index}]") for index, item in enumerate(value)]
        if not isinstance(value, str) or value not in scalars:
            return value

        scalar = scalars[value]
        types = _alternatives(type_)
        if str in types:
            return scalar.text
        fault = _fault(scalar, types)
        if fault:
            text = scalar.text
            if len(text) > _MOST_CHARACTERS:
                text = f"{text[: _MOST_CHARACTERS - 1]}…"
            faults.append(f"{key} in conf/{scalar.file}, line {scalar.line}, is written {text}, {fault}")
            return None
        return scalar.value

    content_with_values = resolved(content, model, "")
    mistakes.refuse(faults)
    return content_with_values


def restore_texts(value: Any, scalars: Scalars) -> Any:
    """Return `value` where each marker, at any depth, is replaced by the text that stands in the file."""
    if isinstance(value, Mapping):
        return {restore_texts(name, scalars): restore_texts(inner, scalars) for name, inner in value.items()}
    if isinstance(value, list):
        return [restore_texts(inner, scalars) for inner in value]
    return scalars[value].text if isinstance(value, str) and value in scalars else value


def restore_sentence(sentence: str, scalars: Scalars) -> str:
    """Return an error message of Hydra or OmegaConf with the texts of the files instead of markers."""
    for marker, scalar in scalars.items():
        sentence = sentence.replace(marker, scalar.text)
    return sentence


def _fault(scalar: Scalar, types: set[Any]) -> str:
    """Return the fault of a scalar where one of `types` is wanted, none of them text; "" without a
    fault.
    """
    if UNKNOWN in types:
        return ""
    try:
        value = scalar.value
    except ValueError:
        return "which is no number that can be read: quote it if it is text"

    reading = f"which YAML reads as {value}"
    if Any in types:
        if _PLAIN.fullmatch(scalar.text):
            return ""
        plain_spelling = str(value).lower() if isinstance(value, bool) else str(value)
        return f"{reading}: quote it if it is text, or write {plain_spelling}"
    if isinstance(value, bool):
        return f"{reading}: a number is wanted" if types & {int, float} else ""
    if _OCTAL.fullmatch(scalar.text):
        return f"{reading}, by eights: write the number without a leading 0"
    if _SEXAGESIMAL.fullmatch(scalar.text):
        return f"{reading}, by sixties: write {value}, if that is meant"
    return ""


def _type_below(type_: Any, key: Any) -> Any:
    """Return the type of the value under `key`, a name or a position, in a value of type `type_`."""
    for alternative in _alternatives(type_):
        if isinstance(alternative, type) and issubclass(alternative, Section):
            fields = alternative.model_fields
            types_by_key = {field.alias or name: field.annotation for name, field in fields.items()}
            return types_by_key.get(key, UNKNOWN)
        if get_origin(alternative) in (dict, list):
            return get_args(alternative)[-1]
        if alternative is Any:
            return Any
    return UNKNOWN


def _alternatives(type_: Any) -> set[Any]:
    """Return the types of a union without None, the types of a Literal's choices, or the type itself."""
    if get_origin(type_) is Annotated:
        return _alternatives(get_args(type_)[0])
    if get_origin(type_) is Literal:
        return {type(choice) for choice in get_args(type_)}
    if get_origin(type_) in (Union, UnionType):
        return {each for part in get_args(type_) for each in _alternatives(part)}
    return {type_} - {NoneType}


def _scalar_nodes(root: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """Yield each scalar of a file that gets a marker or quotation marks, once, and whether it is a key."""
    visited: set[int] = set()  # an alias (*name) stands for the very node of its anchor (&name)
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
            nodes += [(item, False) for item in node.value]
        elif isinstance(node, yaml.ScalarNode) and node.value:
            tags = _TAGS_OF_QUOTED_KEYS if is_key else _TAGS_OF_MARKED_VALUES
            if node.tag in tags:
                yield node, is_key


def _without_defaults(root: yaml.Node | None) -> list[tuple[yaml.Node, bool]]:
    """Return the nodes at the top of a file without the defaults list, each with whether it is a key."""
    if not isinstance(root, yaml.MappingNode):
        return []
    nodes: list[tuple[yaml.Node, bool]] = []
    for name, value in root.value:
        if getattr(name, "value", None) != "defaults":
            nodes += [(value, False), (name, True)]
    return nodes


def _properties(text: str, node: yaml.ScalarNode) -> str:
    """Return the anchor and tag before a plain scalar of the file's `text`, "" without any.

    A scalar in quotation marks or a block scalar has a number's or Boolean's type only by a tag: it
    is returned whole.
    """
    source = text[node.start_mark.index : node.end_mark.index]
    if node.style is None:
        return source[: len(source) - len(node.value)]
    return source


def _files(conf: Path) -> Iterable[Path]:
    """Return the YAML files below `conf`, sorted.

    Linked folders, which Hydra reads too, are followed, and each folder is visited once.
    """
    paths: list[Path] = []
    visited: set[str] = set()
    for folder, folders, names in os.walk(conf, followlinks=True):
        real_folder = os.path.realpath(folder)
        if real_folder in visited:  # a link to a folder above would lead around for ever
            folders.clear()
            continue

        visited.add(real_folder)
        paths += [Path(folder, name) for name in names if name.endswith((".yaml", ".yml"))]
    return sorted(paths)
