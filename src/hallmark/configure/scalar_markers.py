"""Markers in the place of the unquoted Booleans and numbers of conf/, so that their spelling
survives composition.

YAML 1.1 reads an unquoted `no` as a Boolean, `010` as 8 and `1:30` as 90. Where the schema has
text, the person means the text; where it has a number, such a spelling is refused. Hydra composes
values, which no longer have their spelling. So Hydra gets a copy of conf/ in which a marker, a
random text, stands for every unquoted Boolean and number (`node_mending`). After the
composition each marker is replaced by the text or by the value, whichever the schema has in that
place (`resolve_markers`).
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml

from hallmark.config.mistakes import Mistake
from hallmark.config.section import Section
from hallmark.configure import conf_files

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
# Spellings that a person reads as YAML does.
_PLAIN = re.compile(r"true|false|[-+]?(?!0[0-9])[0-9]*\.?[0-9]*(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)", re.IGNORECASE)
# Spellings that are texts for YAML 1.2, and so for the editor that DVC rewrites a file with, which
# drops their quotation marks.
_TEXT_OF_TODAY = re.compile(rf"yes|no|on|off|{_SEXAGESIMAL.pattern}", re.IGNORECASE)
# Arguments of expectations that are text: a column's name, and the constant of a condition.
_ARGUMENT_OF_TEXT = re.compile(r"\.arguments\.(column\w*|.*\brow_condition\b.*\.(column|value))")
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
        return conf_files.parse_value(self.text)


Scalars = dict[str, Scalar]  # a marker → the scalar that it stands for


def add(scalars: Scalars, scalar: Scalar) -> str:
    """Return a new marker for a scalar, which is added to `scalars`: a text that no file contains."""
    marker = f"{secrets.token_hex(16)}:"
    scalars[marker] = scalar
    return marker


def resolve_markers(
    content: Any, scalars: Scalars, model: type[Section], *, placeholders: set[str]
) -> tuple[Any, list[Mistake]]:
    """Return the composed `content` where each marker is replaced by a text, Boolean or number.

    The text replaces it where the `model` has text in that place, and the value elsewhere. In the
    arguments of an expectation, which may be of any type, `yes` and `1:30` are text in a list of
    texts, and where a condition or a column is stated.

    Also returns a mistake for every number whose spelling other readers take for another number
    (`010`, `1:30`), and for every scalar in a place of any type that YAML reads otherwise than a
    person does (`yes`, `1_0`). The marker of such a scalar stays, as do `placeholders`.
    """
    faults: list[Mistake] = []

    def resolved(value: Any, type_: Any, key: str, *, is_text: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                name: resolved(inner, _type_below(type_, name), f"{key}.{name}".lstrip("."))
                for name, inner in value.items()
            }
        if isinstance(value, list):
            are_texts = all(_may_be_text(item, scalars) for item in value)
            return [
                resolved(item, _type_below(type_, index), f"{key}[{index}]", is_text=are_texts)
                for index, item in enumerate(value)
            ]
        if not isinstance(value, str) or value not in scalars or value in placeholders:
            return value

        scalar = scalars[value]
        types = _alternatives(type_)
        if str in types:
            return scalar.text
        is_text_argument = is_text or _ARGUMENT_OF_TEXT.search(key) is not None
        if Any in types and is_text_argument and _TEXT_OF_TODAY.fullmatch(scalar.text):
            return scalar.text
        fault = _fault(scalar, types)
        if fault:
            where = f"conf/{scalar.file}, line {scalar.line},"
            faults.append(Mistake(key, f"is written {shortened(scalar.text)}, {fault}", file=where))
            return value
        return scalar.value

    return resolved(content, model, ""), faults


def _may_be_text(value: Any, scalars: Scalars) -> bool:
    """Say whether a composed value is a text, or is one for YAML 1.2, such as an unquoted `yes`."""
    if not isinstance(value, str):
        return False
    return value not in scalars or _TEXT_OF_TODAY.fullmatch(scalars[value].text) is not None


def type_at(model: type[Section], place: tuple[str, ...]) -> Any:
    """Return the type of the value at a place of the model; UNKNOWN where it has no such key."""
    type_: Any = model
    for name in place:
        type_ = _type_below(type_, name)
    return type_


def kind_of_node(type_: Any) -> type[yaml.Node] | None:
    """Return the kind of YAML's node that a value of a type is: a mapping or a list; None for any other."""
    for alternative in _alternatives(type_):
        is_section = isinstance(alternative, type) and issubclass(alternative, Section)
        if is_section or get_origin(alternative) is dict:
            return yaml.MappingNode
        if get_origin(alternative) is list:
            return yaml.SequenceNode
    return None


def shortened(text: str) -> str:
    """Return a text as sentences show it: 40 characters at most."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


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
