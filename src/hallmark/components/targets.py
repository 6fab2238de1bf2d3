"""The object that a `_target_` names: a class or function of a named library, or of the task's own extensions.

Errors begin with a verb ("is …"): the caller puts the configuration key before it.
"""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any

from hallmark import extensions
from hallmark.components.slots import Slot
from hallmark.errors import InputError

LIBRARIES = ("torch", "pytorch_lightning", "torchmetrics", "great_expectations", "evidently", "hallmark")
TARGET = "_target_"


def resolve(dotted: str, slot: Slot, task: str, project: Path) -> Any:
    """Return the class or function `dotted`, which fits the slot.

    Only modules of `LIBRARIES`, and files in `project`/extensions/`task`/, are imported. Raises
    `InputError` where there is no such object, or where it is nothing that the slot takes.
    """
    if dotted.partition(".")[0] == extensions.ROOT:
        target = extensions.load(dotted, task, project)
    else:
        target = _of_library(dotted)

    if not _fits(target, dotted, slot):
        raise InputError(f"is {dotted!r}, which is {_in_words(target)}: it must be {slot.in_words}")
    return target


def targets_in(content: Any) -> Iterator[str]:
    """Yield every `_target_` at any depth of a section."""
    if isinstance(content, Mapping):
        if isinstance(content.get(TARGET), str):
            yield content[TARGET]
        for inner in content.values():
            yield from targets_in(inner)
    elif isinstance(content, list | tuple):
        for inner in content:
            yield from targets_in(inner)


def extensions_in(content: Any) -> list[str]:
    """Return the distinct targets of a section, at any depth, that lie in extensions/, in their order."""
    return list(dict.fromkeys(name for name in targets_in(content) if name.partition(".")[0] == extensions.ROOT))


def _of_library(dotted: str) -> Any:
    """Return the object `dotted` of a named library: what it says after a module of that library.

    An attribute of anything else is refused: `torch.os.…` would lead out of the library.
    """
    parts = dotted.split(".")
    if parts[0] not in LIBRARIES or len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise InputError(
            f"is {dotted!r}: it must be a dotted name in one of {', '.join(LIBRARIES)}, "
            f"or {extensions.ROOT}.<task>.<file>.<name> of a file of your own"
        )

    target = _import(parts[0])
    for position, part in enumerate(parts[1:], start=1):
        above = ".".join(parts[:position])
        if not inspect.ismodule(target) or target.__name__.partition(".")[0] != parts[0]:
            raise InputError(f"is {dotted!r}, but {above} is no module of {parts[0]}")
        if not hasattr(target, part):
            _import_submodule(f"{above}.{part}", dotted)
        if not hasattr(target, part):
            raise InputError(f"is {dotted!r}, but {above} has no {part}")
        target = getattr(target, part)
    return target


def _import(name: str) -> Any:
    """Import a module of a library; what it uses of other libraries that is deprecated there is no matter of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)


def _import_submodule(name: str, dotted: str) -> None:
    """Import a module of a library; one that isn't there is left to the caller's look for the attribute."""
    try:
        _import(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise InputError(f"is {dotted!r}, but {name} needs the package {error.name}: install it") from error


def _fits(target: Any, dotted: str, slot: Slot) -> bool:
    if inspect.isclass(target):
        bases = tuple(_of_library(base) for base in slot.bases if _may_be_imported(base, target))
        return issubclass(target, bases) and not inspect.isabstract(target)
    if slot.call is None or not inspect.isroutine(target):
        return False
    return dotted.partition(".")[0] == extensions.ROOT or _is_public_function(target, dotted, slot)


def _is_public_function(target: Any, dotted: str, slot: Slot) -> bool:
    """Say whether a library's function is one of a module that the slot names, and not of another library that the
    module imports.
    """
    module, _, name = dotted.rpartition(".")
    is_of_module = any(fnmatchcase(module, pattern) for pattern in slot.functions)
    is_of_library = str(getattr(target, "__module__", "")).partition(".")[0] == dotted.partition(".")[0]
    return is_of_module and is_of_library and not name.startswith("_")


def _may_be_imported(base: str, target: type) -> bool:
    """Say whether a base's library was needed for the class: none else is imported to compare them."""
    library = base.partition(".")[0]
    return any(each.__module__.partition(".")[0] == library for each in target.__mro__)


def _in_words(target: Any) -> str:
    if inspect.isclass(target):
        return "an abstract class" if inspect.isabstract(target) else "a class"
    if inspect.isroutine(target):
        return "a function"
    return f"a value of type {type(target).__name__}"
