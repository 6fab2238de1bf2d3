"""Mistakes in components: their targets, and their arguments against the signatures, before anything is made."""

import inspect
import typing
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from hallmark.components import targets
from hallmark.components.slots import WITHIN, Slot
from hallmark.components.targets import TARGET
from hallmark.config.mistakes import Mistake, as_yaml, did_you_mean
from hallmark.errors import InputError

PARTIAL = "_partial_"
POSITIONAL = "_args_"
_HYDRAS_KEYS = (TARGET, PARTIAL, POSITIONAL)
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def mistakes(key: str, section: Any, slot: Slot, *, task: str, project: Path = Path()) -> Iterator[Mistake]:
    """Yield every mistake of the component `section`, which stands at `key`, and of those within it.

    A target must be what the slot takes, each argument must be one of the target's, of the type
    that its signature states, and none may be missing but those that the stage passes.
    """
    if not isinstance(section, Mapping) or not isinstance(section.get(TARGET), str):
        yield Mistake(key, f"is {as_yaml(section)}: it must be a mapping with {TARGET} and arguments")
        return
    for name in section:
        if str(name).startswith("_") and name not in _HYDRAS_KEYS:
            yield Mistake(
                f"{key}.{name}", f"is no key of a component: there are {', '.join(_HYDRAS_KEYS)} and arguments"
            )
    if not isinstance(section.get(PARTIAL, True), bool):
        yield Mistake(f"{key}.{PARTIAL}", f"is {as_yaml(section[PARTIAL])}: it must be true or false")

    try:
        target = targets.resolve(section[TARGET], slot, task, project)
    except InputError as error:
        yield Mistake(f"{key}.{TARGET}", str(error))
    else:
        yield from _wrong_arguments(key, section, target, slot)
    arguments = {name: value for name, value in section.items() if name not in (TARGET, PARTIAL)}
    yield from _references(key, arguments)
    yield from _inner_mistakes(key, arguments, task, project)


def _references(key: str, arguments: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each argument with a reference, which `instantiate` would resolve, by any resolver.

    References between keys are resolved before. The value isn't shown: it may be an action's secret.
    """
    for name, value in arguments.items():
        is_component = isinstance(value, Mapping) and TARGET in value  # which is checked for itself
        if not is_component and "${" in f"{name} {value}":
            yield Mistake(f"{key}.{name}", "has ${, which would be resolved again: a component takes plain values")


def _inner_mistakes(key: str, content: Any, task: str, project: Path) -> Iterator[Mistake]:
    """Yield the mistakes of the components within the arguments of one."""
    entries: list[tuple[str, Any]] = []
    if isinstance(content, Mapping):
        entries = [(f"{key}.{name}", value) for name, value in content.items()]
    elif isinstance(content, list):
        entries = [(f"{key}[{position}]", value) for position, value in enumerate(content)]
    for inner_key, value in entries:
        if isinstance(value, Mapping) and TARGET in value:
            yield from mistakes(inner_key, value, WITHIN, task=task, project=project)
        else:
            yield from _inner_mistakes(inner_key, value, task, project)


def _wrong_arguments(key: str, section: Mapping[str, Any], target: Any, slot: Slot) -> Iterator[Mistake]:
    """Yield a mistake for each argument that is unknown, the stage's own, missing, or of another type."""
    try:
        signature = inspect.signature(target)
    except (ValueError, TypeError):  # written in C, without a signature: the constructor itself will tell
        return
    parameters = signature.parameters
    takes_any_name = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    by_position, surplus = _names_by_position(section, signature, slot, is_class=inspect.isclass(target))
    if surplus:
        yield Mistake(f"{key}.{POSITIONAL}", f"has {surplus} values more than {section[TARGET]} takes")

    arguments = {name: value for name, value in section.items() if name not in _HYDRAS_KEYS}
    names = [name for name, each in parameters.items() if each.kind in _NAMED]
    the_stages_own = {*slot.given, *slot.offered} if inspect.isclass(target) else set(slot.call or ())
    for name in arguments:
        if str(name).startswith("_"):
            continue
        if name in the_stages_own and name in names:
            yield Mistake(f"{key}.{name}", "is decided elsewhere: remove it")
        elif name not in names and not takes_any_name:
            known = [each for each in names if each not in the_stages_own]
            close = did_you_mean(str(name), known) or f": it takes {', '.join(known) or 'none'}"
            yield Mistake(f"{key}.{name}", f"is no argument of {section[TARGET]}{close}")

    is_partial = bool(section.get(PARTIAL)) and slot is WITHIN
    passed = {*arguments, *the_stages_own, *by_position}
    missing = [name for name in names if parameters[name].default is inspect.Parameter.empty and name not in passed]
    if missing and not is_partial:
        yield Mistake(key, f"lacks what {section[TARGET]} needs: {', '.join(missing)}")

    hints = _type_hints(target)
    for name, value in arguments.items():
        if name in names and name in hints:
            yield from _wrong_type(f"{key}.{name}", value, hints[name])


def _names_by_position(
    section: Mapping[str, Any], signature: inspect.Signature, slot: Slot, *, is_class: bool
) -> tuple[list[str], int]:
    """Return the parameters that are passed by position, and how many values are too many."""
    values = section.get(POSITIONAL, [])
    n_values = len(values) if isinstance(values, Sequence) and not isinstance(values, str) else 0
    n_given = len(slot.given) if is_class else len(slot.call or ())
    positional = [
        name
        for name, each in signature.parameters.items()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    takes_any = any(each.kind is each.VAR_POSITIONAL for each in signature.parameters.values())
    n_passed = n_given + n_values
    surplus = 0 if takes_any else max(0, n_passed - len(positional))
    return positional[:n_passed], surplus if n_values else 0


def _type_hints(target: Any) -> Mapping[str, Any]:
    """Return the types of the parameters by name; none where they can't be resolved, or are a library's own kind."""
    function = target.__init__ if inspect.isclass(target) else target
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # a name that is imported for type checkers alone, or whatever an annotation's own code raises
        return {}


def _wrong_type(key: str, value: Any, hint: Any) -> Iterator[Mistake]:
    """Yield a mistake where a plain value is not of the type that the signature states."""
    if any(True for _ in targets.targets_in(value)):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of types that are models of pydantic 1, such as Evidently's
            adapter = TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except (PydanticUserError, TypeError, ValueError, NameError):  # a type that pydantic has no rule for
        return
    try:
        adapter.validate_python(value, strict=not isinstance(value, list | Mapping))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        yield Mistake(key, f"is {as_yaml(value)}: it must be {_expected(hint, first)}")


def _expected(hint: Any, error: Any) -> str:
    """Return what a signature asks for, as people read it."""
    if error["type"].startswith(("greater_than", "less_than", "multiple_of")):
        return str(error["msg"]).removeprefix("Input should be ")
    shown = inspect.formatannotation(hint).replace("typing.", "")
    return shown.replace("NoneType", "null").replace("None", "null")
