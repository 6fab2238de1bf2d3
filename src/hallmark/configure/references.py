"""References in conf/: `${evaluate.primary_metric}` is the value of another key.

Nothing else in `${…}` is allowed. OmegaConf's resolvers compute: `${oc.env:X}` would write an
environment variable, a password maybe, into params/ and so into git. They are refused in the files,
before Hydra or OmegaConf resolves anything.
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
_INSTANTIATION_KEY = re.compile(r"_\w+_")  # _target_, _partial_, _args_ …: Hydra makes objects of such mappings
_MOST_FAULTS = 5  # that one sentence names; the others are counted
_PACKAGE_HEADER = re.compile(r"#\s*@package\s+(\S+)")

Faults = Iterator[tuple[str, str]]  # a key, and the rest of a sentence that begins with it: "is …: only … are resolved"


def check_files(conf: Path) -> None:
    """Raise `InputError` with everything in conf/ that Hydra or OmegaConf would execute.

    That is a reference that computes, a key such as `_target_`, or a header or defaults list that
    leaves conf/. The files are checked and not only the composed parameters, since Hydra resolves
    references in a defaults list while it composes. A file that is no YAML is skipped: Hydra names
    the fault if it uses the file.
    """
    sentences = []
    for path in conf_files.yaml_files(conf):
        try:
            content = conf_files.load_texts(path)
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            continue
        text = path.read_text(encoding="utf-8")
        faults = [*_faults_of_headers(text), *_faults_of_references(content, ""), *_faults_of_sources(content)]
        name = conf_files.display_name(conf, path)
        sentences += [f"{key} in {name} {fault}" for key, fault in faults]
    _refuse(sentences)


def check_composed(composed: DictConfig) -> None:
    """Raise `InputError` with each forbidden reference and key of a composed, unresolved configuration.

    It finds what overrides of the command line add, and references to former keys.
    """
    content = OmegaConf.to_container(composed, resolve=False)
    _refuse([f"{key} in conf/ {fault}" for key, fault in _faults_of_references(content, "")])


def check_resolved(resolved: DictConfig) -> None:
    """Raise `InputError` where a resolved value still has a reference: params/ would be resolved again."""
    content = OmegaConf.to_container(resolved, resolve=False)
    _refuse(
        [
            f"{key} in conf/ is {text!r} when it is resolved: it would be resolved again"
            for key, text in _texts(content, "")
            if "${" in text
        ]
    )


def _refuse(sentences: list[str]) -> None:
    """Raise `InputError` with the sentences, if there are any."""
    if sentences:
        more = f" (and {len(sentences) - _MOST_FAULTS} more)" if len(sentences) > _MOST_FAULTS else ""
        raise InputError("; ".join(sentences[:_MOST_FAULTS]) + more)


def _faults_of_references(content: Any, key: str) -> Faults:
    """Yield the faults of all texts and keys of `content`, which lies at `key`.

    Every `${…}` is a fault, but a plain reference to a key by its present name.
    """
    for place, text in _texts(content, key):
        without_references = _REFERENCE.sub("", text)
        has_escape = "\\$" in text and "${" in text
        if "${" in without_references or has_escape:
            yield (
                place,
                f"is {text!r}: only references to other keys, as ${{evaluate.primary_metric}}, are resolved, "
                "and none that compute, nest or are escaped",
            )
        for reference in _REFERENCE.findall(text):
            referenced_key = reference.removeprefix("${").removesuffix("}")
            today = former_names.todays_name(referenced_key)
            if today:
                yield place, f"is {text!r}: {referenced_key} is called {today} now; `make migrate` rewrites your files"
    for place, name in _keys(content, key):
        if "${" in name:
            yield place, "has a reference in its name: keys are plain"
        elif _INSTANTIATION_KEY.fullmatch(name):
            yield place, "is a key that Hydra would make an object from: nothing here is made from conf/"


def _faults_of_headers(text: str) -> Faults:
    """Yield a fault for each header `# @package …` that puts keys into Hydra's own section."""
    for package in _PACKAGE_HEADER.findall(text):
        if package.partition(".")[0] == "hydra" or "${" in package:
            yield "the header", f"has the package {package!r}: conf/ does not configure Hydra"


def _faults_of_sources(content: Any) -> Faults:
    """Yield a fault for each key that makes Hydra read files outside conf/, or configures Hydra."""
    if not isinstance(content, Mapping):
        return
    if "hydra" in content:
        yield "hydra", f"is {content['hydra']!r}: conf/ does not configure Hydra"
    entries = content.get("defaults")
    for entry in entries if isinstance(entries, list) else []:
        parts = [*entry, *entry.values()] if isinstance(entry, Mapping) else [entry]
        for part in _flat_texts(parts):
            words = re.split(r"[\s/@:.]+", part)
            if ".." in part or "://" in part or "hydra" in words or part.startswith("~"):
                yield "defaults", f"has {entry!r}: only groups and files of conf/ are composed"


def _flat_texts(values: Any) -> Iterator[str]:
    """Yield the texts of a list, and of the lists in it."""
    for value in values:
        if isinstance(value, list):
            yield from _flat_texts(value)
        elif isinstance(value, str):
            yield value


def _texts(content: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every text below `content`, which lies at `key`, with its dotted key: evaluate.metrics[1]."""
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _texts(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from _texts(inner, f"{key}[{place}]")


def _keys(content: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every key below `content`, which lies at `key`: the whole dotted key, and its last name."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            whole_key = f"{key}.{name}".lstrip(".")
            yield whole_key, str(name)
            yield from _keys(inner, whole_key)
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from _keys(inner, f"{key}[{place}]")
