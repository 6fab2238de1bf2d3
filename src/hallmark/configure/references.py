"""References in conf/: `${evaluate.primary_metric}` is the value of another key.

Nothing else in `${…}` is allowed. OmegaConf's resolvers compute: `${oc.env:X}` would write an
environment variable, a password maybe, into params/ and so into git. They are refused in the files,
before Hydra or OmegaConf resolves anything.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hallmark.config import component, former_names, words
from hallmark.config.mistakes import did_you_mean, path
from hallmark.config.section import Section

_REFERENCE = re.compile(r"\$\{\.*[A-Za-z_][\w-]*(?:\.[A-Za-z_0-9][\w-]*|\[\d+\])*\}")
_RESOLVER = re.compile(r"\$\{\s*[\w.]+:")  # ${oc.env:HOME}
_INSTANTIATION_KEY = re.compile(r"_\w+_")  # _target_, _partial_, _args_ …: Hydra makes objects of such mappings

Place = tuple[str | int, ...]  # the names and positions that lead to a value


def fault_of_text(text: str) -> str:
    """Return the fault of the references in a text, as words that follow its key; "" without any.

    Every `${…}` is a fault, but a plain reference to a key by its present name.
    """
    without_references = _REFERENCE.sub("", text)
    has_escape = "\\$" in text and "${" in text
    if "${" in without_references or has_escape:
        reason = ""
        if _RESOLVER.search(without_references):
            reason = (
                ": a resolver would write what one machine holds, a password maybe, into params/ and so into git, and "
                "the same commit would give other parameters elsewhere"
            )
        return (
            f"is {text!r}: only references to other keys, as ${{evaluate.primary_metric}}, are resolved, "
            f"and none that compute, nest or are escaped{reason}"
        )
    for reference in _REFERENCE.findall(text):
        referenced_key = reference.removeprefix("${").removesuffix("}")
        today = former_names.todays_name(referenced_key)
        may_be_own = referenced_key.startswith("train.network.")  # an argument of a person's own network
        if today and not may_be_own:
            return f"is {text!r}: {referenced_key} is called {today} now; `make migrate` rewrites your files"
    return ""


def fault_of_key(place: Place) -> str:
    """Return the fault of a key that would be resolved, or made an object from where no component
    stands; "" for a plain one.
    """
    name = str(place[-1])
    if "${" in name:
        return "has a reference in its name: keys are plain"
    if not _INSTANTIATION_KEY.fullmatch(name):
        return ""
    if not component.is_in_component(place):
        return "is a key that Hydra would make an object from: only components, such as train.network, have it"
    if name not in component.INSTRUCTIONS:
        return f"is no key of a component: there are {', '.join(component.INSTRUCTIONS)}, and arguments"
    return ""


def faults_in(content: Any) -> Iterator[tuple[Place, str]]:
    """Yield each forbidden reference and key of a composed, unresolved configuration: its place and
    the words that follow its key.

    Those of the files are replaced before; here are those that overrides of the command line add.
    """
    for place, text in texts(content):
        fault = fault_of_text(text)
        if fault:
            yield place, fault
    for place in _keys(content):
        fault = fault_of_key(place)
        if fault:
            yield place, fault


def unresolvable(composed: DictConfig, model: type[Section]) -> Iterator[tuple[Place, str]]:
    """Yield each text of the composed configuration whose references don't resolve: its place and
    the words that follow its key.

    A text that refers to such a text is left out, since the other's mistake is its own.
    """
    content = OmegaConf.to_container(composed, resolve=False)
    keys = sorted(path(place) for place in _keys(content))
    for place, text in texts(content):
        if "${" not in text:
            continue
        try:
            _ = _at(composed, place)
        except (OmegaConfBaseException, RecursionError) as error:
            fault = _reason(content, place, text, keys, model)
            if fault:
                yield place, f"is {text!r}, {fault}"
            elif not _leads_on(content, place, text):
                yield place, f"is {text!r}, which can't be resolved: {str(error).splitlines()[0]}"


def texts(content: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text below `content`, which lies at `place`, with its place."""
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, Mapping):
        for name, inner in content.items():
            yield from texts(inner, (*place, name))
    elif isinstance(content, list):
        for position, inner in enumerate(content):
            yield from texts(inner, (*place, position))


def replace_at(content: Any, place: Place, value: Any) -> None:
    """Set the value at a place of plain `content`."""
    for part in place[:-1]:
        content = content[part]
    content[place[-1]] = value


def _reason(content: Any, place: Place, text: str, keys: list[str], model: type[Section]) -> str:
    """Return why a text at `place` does not resolve; "" where each of its references leads to a value."""
    for reference in _REFERENCE.findall(text):
        target = _target(place, reference)
        if target is None:
            return f"but {reference} begins with more dots than there are sections above it: take some out"
        key = path(target)
        if target[: len(place)] == place:
            return "which refers to itself: write a value"
        if place[: len(target)] == target:
            return f"but {key} holds this very key: refer to a single value of it"
        if not _exists(content, target):
            if _is_of_the_models(model, target):
                return (
                    f"but {key} is set in no file of conf/, and a default of the code can't be referred to: "
                    f"set {key}, or write its value here"
                )
            return f"but there is no key {key} in conf/{did_you_mean(key, keys)}"
        cycle = _cycle(content, place)
        if cycle:
            return f"which leads back to itself, {' → '.join(map(path, cycle))}: write a value in one of them"
    return ""


def _leads_on(content: Any, place: Place, text: str) -> bool:
    """Say whether a reference of the text leads to a value that has a reference itself."""
    targets = [_target(place, reference) for reference in _REFERENCE.findall(text)]
    return any("${" in str(_plain_at(content, target)) for target in targets if target is not None)


def _cycle(content: Any, place: Place) -> list[Place]:
    """Return the places by which the references at `place` lead back to it; [] where they don't."""
    ways: list[list[Place]] = [[place]]
    visited = {place}
    while ways:
        way = ways.pop()
        value = _plain_at(content, way[-1])
        for reference in _REFERENCE.findall(value) if isinstance(value, str) else []:
            target = _target(way[-1], reference)
            if target == place:
                return [*way, target]
            if target is not None and target not in visited:
                visited.add(target)
                ways.append([*way, target])
    return []


def _target(place: Place, reference: str) -> Place | None:
    """Return the place that a reference at `place` names; None where it begins with too many dots.

    With a dot at its beginning it names a key beside it, with two one beside its section.
    """
    key = reference.removeprefix("${").removesuffix("}")
    plain_key = key.lstrip(".")
    dots = len(key) - len(plain_key)
    if dots > len(place):
        return None
    base = place[: len(place) - dots] if dots else ()
    parts = re.findall(r"\[(\d+)\]|([^.\[\]]+)", plain_key)
    return (*base, *(int(position) if position else name for position, name in parts))


def _exists(content: Any, place: Place) -> bool:
    """Say whether there is a value at `place`, or a reference on the way to it, whose value may have it."""
    for position, part in enumerate(place):
        if isinstance(content, str) and "${" in content and position > 0:
            return True
        if isinstance(content, Mapping) and str(part) in content:
            content = content[str(part)]
        elif isinstance(content, list) and str(part).isdigit() and int(part) < len(content):
            content = content[int(part)]
        else:
            return False
    return True


def _is_of_the_models(model: type[Section], place: Place) -> bool:
    """Say whether the model has a key at `place`, which may have a default."""
    *parents, name = place
    try:
        return name in words.keys(model, tuple(parents))
    except (KeyError, IndexError):
        return False


def _plain_at(content: Any, place: Place) -> Any:
    """Return the value at a place of plain `content`; None where there is none."""
    for part in place:
        if isinstance(content, Mapping):
            content = content.get(str(part))
        elif isinstance(content, list) and str(part).isdigit() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content


def _at(composed: Any, place: Place) -> Any:
    """Return the resolved value at a place of OmegaConf's configuration."""
    for part in place:
        composed = composed[part]
    return composed


def _keys(content: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every key below `content`, which lies at `place`."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield (*place, name)
            yield from _keys(inner, (*place, name))
    elif isinstance(content, list):
        for position, inner in enumerate(content):
            yield from _keys(inner, (*place, position))
