"""The type and range of a key in words, for sentences about mistakes and for docs/configuration.md."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from hallmark.config.section import Section

_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text", Any: "anything"}
_PLURALS = {int: "whole numbers", float: "numbers", bool: "true or false", str: "texts"}


@dataclass(frozen=True)
class Expected:
    """What the value of a key may be, in words.

    `whole` is type and range ("a whole number, at least 1"); `range` is the range alone ("at least
    1"), or the type where there is no range; `choices` are those of a Literal.
    """

    whole: str
    range: str
    choices: tuple[str, ...] = ()


def of(model: type[Section], place: tuple[str | int, ...]) -> Expected:
    """Return what the value at a place of the model may be."""
    annotation, metadata = _at(model, place)
    return describe(annotation, metadata)


def describe(annotation: Any, metadata: list[Any]) -> Expected:
    """Return what a value of the type `annotation` may be; `metadata` are pydantic's bounds on it."""
    annotation, metadata = _unwrapped(annotation, metadata)
    kind, may_be_null = _without_none(annotation)
    kind, metadata = _unwrapped(kind, metadata)
    null = ", or null" if may_be_null else ""

    if get_origin(kind) is Literal:
        choices = tuple(str(choice) for choice in get_args(kind))
        one_of = f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
        return Expected(one_of + null, one_of + null, choices)

    name = _name(kind)
    bounds = _bounds(metadata, is_whole=kind is int)
    if bounds:
        return Expected(f"{name}, {bounds}{null}", bounds + null)
    finite = "a finite number" if kind is float else name
    return Expected(name + null, finite + null)


def keys(model: type[Section], place: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the section at a place of the model; none where there is no section."""
    annotation, _ = _at(model, place)
    section = section_of(annotation)
    return [field.alias or name for name, field in section.model_fields.items()] if section else []


def section_of(annotation: Any) -> type[Section] | None:
    """Return the section that a type is, or is where it is not null; None for any other type."""
    kind, _ = _without_none(_unwrapped(annotation, [])[0])
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def entry_of(annotation: Any) -> type[Section] | None:
    """Return the section that each value of a mapping is; None for any other type."""
    kind, _ = _without_none(_unwrapped(annotation, [])[0])
    return section_of(get_args(kind)[1]) if get_origin(kind) is dict else None


def _at(model: type[Section], place: tuple[str | int, ...]) -> tuple[Any, list[Any]]:
    """Return the type and the bounds of the value at a place of the model."""
    annotation: Any = model
    metadata: list[Any] = []
    for part in place:
        kind, _ = _without_none(_unwrapped(annotation, [])[0])
        kind, _ = _unwrapped(kind, [])
        if isinstance(kind, type) and issubclass(kind, Section):
            fields_by_key = {field.alias or name: field for name, field in kind.model_fields.items()}
            field = fields_by_key[str(part)]
            annotation = field.annotation
            metadata = list(field.metadata)
        else:  # an entry of a list or mapping
            annotation = get_args(kind)[-1]
            metadata = []
    return annotation, metadata


def _unwrapped(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any]]:
    """Return a type without Annotated, and `metadata` with the bounds in Annotated added."""
    if get_origin(annotation) is not Annotated:
        return annotation, metadata
    kind, *annotations = get_args(annotation)
    bounds: list[Any] = []
    for each in annotations:
        bounds += each.metadata if isinstance(each, FieldInfo) else [each]
    return kind, [*metadata, *bounds]


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return the first type of a union that is not None, and whether the type is a union."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0], True
    return annotation, False


def _name(kind: Any) -> str:
    """Return a type in words: "a whole number", "a list of texts", …."""
    if kind in _NAMES:
        return _NAMES[kind]
    if get_origin(kind) is list:
        item, metadata = _unwrapped(get_args(kind)[0], [])
        if get_origin(item) is Literal:
            return f"a list, each {describe(item, metadata).range}"
        items = f"a list of {_PLURALS.get(item, 'values')}"
        bounds = _bounds(metadata, is_whole=item is int)
        return f"{items}, each {bounds}" if bounds else items
    if get_origin(kind) is dict:
        value, metadata = _unwrapped(get_args(kind)[1], [])
        section = section_of(value)
        if section is not None:
            return f"a mapping from names to the keys of {section.__name__}"
        return f"a mapping from names to {describe(value, metadata).whole}"
    if isinstance(kind, type) and issubclass(kind, Section):
        names = [field.alias or name for name, field in kind.model_fields.items()]
        return f"a mapping with the keys {', '.join(names)}" if names else "a mapping without keys"
    return "a value"


def _bounds(metadata: list[Any], *, is_whole: bool) -> str:
    """Return the range in words; "" where there is none."""
    bounds: dict[type, float] = {}
    for each in metadata:
        for kind, attribute in ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt")):
            if isinstance(each, kind):
                bounds[kind] = getattr(each, attribute)

    lower = bounds.get(Ge, bounds.get(Gt))
    upper = bounds.get(Le, bounds.get(Lt))
    if lower is None and upper is None:
        return ""

    if upper is None:
        if Gt in bounds:
            return f"above {lower:.12g}"
        return f"at least {lower:.12g}" if is_whole else f"{lower:.12g} or more"
    if lower is None:
        return f"at most {upper:.12g}" if Le in bounds else f"less than {upper:.12g}"
    if Gt in bounds and Lt in bounds:
        return f"between {lower:.12g} and {upper:.12g}"
    if Gt in bounds:
        return f"above {lower:.12g} and at most {upper:.12g}"
    if Lt in bounds:
        return f"from {lower:.12g} to less than {upper:.12g}"
    return f"from {lower:.12g} to {upper:.12g}"
