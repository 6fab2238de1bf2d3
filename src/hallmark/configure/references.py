"""References in conf/: `${evaluate.primary_metric}` is another key of the same configuration; nothing else is resolved.

OmegaConf's resolvers compute: `oc.env` would write a variable of the environment, a password maybe, into params/ and so
into git. They are refused where they stand, before Hydra or OmegaConf resolves anything.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from hallmark.config import former_names
from hallmark.configure import conf_files
from hallmark.errors import InputError

_REFERENCE = re.compile(r"\$\{\.*[A-Za-z_][\w-]*(?:\.[A-Za-z_0-9][\w-]*|\[\d+\])*\}")
_SPECIAL = re.compile(r"_\w+_")  # Hydra would make objects of these: _target_, _partial_, _args_ …
_PACKAGE = re.compile(r"#\s*@package\s+(\S+)")

Found = Iterator[tuple[str, str]]  # the key, and what is wrong with it


def check_files(conf: Path) -> None:
    """Raise `InputError` on each file of conf/ that asks for more than plain references, with key and value.

    This looks at the files, since Hydra resolves what stands in a defaults list while it composes. What is no YAML is
    left to Hydra, which says so where it is used.
    """
    mistakes = []
    for path in conf_files.yaml_files(conf):
        try:
            content = conf_files.load_texts(path)
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            continue
        header = path.read_text(encoding="utf-8")
        found = [*_packages(header), *_computed(content, ""), *_outside(content)]
        mistakes += [f"{key} in {conf_files.display_name(conf, path)} {wrong}" for key, wrong in found]
    _refuse(mistakes)


def check_composed(composed: DictConfig) -> None:
    """Raise `InputError` on each key of a composed configuration, not resolved yet, that asks for more."""
    content = OmegaConf.to_container(composed, resolve=False)
    _refuse([f"{key} in conf/ {wrong}" for key, wrong in _computed(content, "")])


def check_resolved(resolved: DictConfig) -> None:
    """Raise `InputError` where a value is a reference still: whoever reads params/ would resolve it again."""
    content = OmegaConf.to_container(resolved, resolve=False)
    left = [(key, text) for key, text in _texts(content, "") if "${" in text]
    _refuse([f"{key} in conf/ is {text!r} when it is resolved: it would be resolved again" for key, text in left])


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        more = f" (and {len(mistakes) - 5} more)" if len(mistakes) > 5 else ""
        raise InputError("; ".join(mistakes[:5]) + more)


def _computed(content: Any, key: str) -> Found:
    for place, text in _texts(content, key):
        rest = _REFERENCE.sub("", text)
        escaped = "\\$" in text and "${" in text
        if "${" in rest or escaped:
            yield (
                place,
                f"is {text!r}: only references to other keys, as ${{evaluate.primary_metric}}, are resolved, "
                "and none that compute, nest or are escaped",
            )
        for reference in _REFERENCE.findall(text):
            former = reference[2:-1]
            today = former_names.todays_name(former)
            if today:
                yield place, f"is {text!r}: {former} is called {today} now; `make migrate` rewrites your files"
    for place, name in _keys(content, key):
        if "${" in name:
            yield place, "has a reference in its name: keys are plain"
        elif _SPECIAL.fullmatch(name):
            yield place, "is a key that Hydra would make an object from: nothing here is made from conf/"


def _packages(text: str) -> Found:
    for package in _PACKAGE.findall(text):
        if package.partition(".")[0] == "hydra" or "${" in package:
            yield "the header", f"has the package {package!r}: conf/ does not configure Hydra"


def _outside(content: Any) -> Found:
    """Yield what would make Hydra read from elsewhere, or configure itself."""
    if not isinstance(content, Mapping):
        return
    if "hydra" in content:
        yield "hydra", f"is {content['hydra']!r}: conf/ does not configure Hydra"
    entries = content.get("defaults")
    for entry in entries if isinstance(entries, list) else []:
        parts = [*entry, *entry.values()] if isinstance(entry, Mapping) else [entry]
        for part in _flat(parts):
            words = re.split(r"[\s/@:.]+", part)
            if ".." in part or "://" in part or "hydra" in words or part.startswith("~"):
                yield "defaults", f"has {entry!r}: only groups and files of conf/ are composed"


def _flat(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        elif isinstance(value, str):
            yield value


def _texts(content: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every text below `content` with its key."""
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _texts(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from _texts(inner, f"{key}[{place}]")


def _keys(content: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every key below `content`, whole and by its own name."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            whole = f"{key}.{name}".lstrip(".")
            yield whole, str(name)
            yield from _keys(inner, whole)
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from _keys(inner, f"{key}[{place}]")
