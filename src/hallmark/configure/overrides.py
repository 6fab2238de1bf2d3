"""Overrides of a task in Hydra's words, in conf/overrides.yaml: `image: [optimizer=sgd, train.epochs=5]`.

`make repro TASK=image SET="…"` writes them there, so that DVC sees them as a part of conf/.
"""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from hallmark.config import component, mistakes, words
from hallmark.config.section import Section
from hallmark.configure import conf_files, defaults_lists, references, scalar_markers
from hallmark.configure.package_headers import HYDRA_SECTION
from hallmark.errors import InputError
from hallmark.files import write_whole

_HEADER = """# What is overridden for each task, in Hydra's words: `image: ["optimizer=sgd", "train.epochs=5"]`.
# `make repro TASK=image SET="optimizer=sgd train.epochs=5"` writes it, and `make repro TASK=image` empties it again.
"""
_SET_BY_TASK_LIST = ("task", "system", "answer")
_SET_BY_CONFIGURE = ("overrides", "extensions")


def read_overrides(conf: Path, tasks: Collection[str]) -> dict[str, list[str]]:
    """Return the overrides of each of the `tasks` by its name: [] where the file says none, or isn't there.

    Raises `InputError` where the file is no mapping of names to lists of texts, or overrides
    something for a task that there isn't.
    """
    path = conf / conf_files.OVERRIDES
    content = (conf_files.load_values(path) or {}) if path.exists() else {}
    name = conf_files.display_name(conf, path)
    if not isinstance(content, Mapping):
        raise InputError(f"{name} must map each task to its overrides, as `image: [optimizer=sgd]`")
    for task, texts in content.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise InputError(
                f"{task} in {name} is {mistakes.as_yaml(texts)}: it must be a list of overrides, each in quotes, "
                'as ["optimizer=sgd"]'
            )
        if texts and task not in tasks:
            hint = mistakes.did_you_mean(str(task), tasks) or f": there are {', '.join(tasks)}"
            raise InputError(f"{task} in {name} is no task of conf/tasks.yaml{hint}")
    return {task: list(content.get(task, [])) for task in tasks}


def split(text: str) -> list[str]:
    """Return the overrides in a line, `optimizer=sgd train.epochs=5`, split as a shell does.

    Raises `InputError` where a quotation mark is left open.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InputError(f"SET is {text!r}, in which a quotation mark is left open: close it") from error


def write_overrides(conf: Path, by_task: Mapping[str, Sequence[str]]) -> None:
    """Write conf/overrides.yaml with the overrides of each task; nothing where it has them already."""
    content = {task: list(texts) for task, texts in by_task.items()}
    if content == read_overrides(conf, content):
        return
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=10_000)
    write_whole(conf / conf_files.OVERRIDES, (_HEADER + text).encode())


def parse(texts: Sequence[str], groups: Mapping[str, Collection[str]]) -> list[Override]:
    """Return the parsed overrides.

    `groups`: the options of each group of conf/. Raises `InputError` with a sentence for each
    override that can't be used: it is none, configures Hydra, names an unknown option, computes
    something, or has many values.
    """
    parser = OverridesParser.create()
    parsed: list[Override] = []
    faults: list[str] = []
    for text in texts:
        try:
            override = parser.parse_override(text)
        except HydraException as error:
            reason = conf_files.first_line(error)
            faults.append(f"{text!r} is no override, such as optimizer=sgd or train.epochs=5: {reason}")
            continue
        fault = _fault(override, groups)
        if fault:
            faults.append(f"{text!r} {fault}")
        else:
            parsed.append(override)
    refuse(faults)
    return parsed


def refuse(faults: Sequence[str]) -> None:
    """Raise `InputError` with the faults of all overrides; do nothing where there are none."""
    mistakes.refuse([f"the override {fault}" for fault in faults])


def faults_of_keys(
    overrides: Sequence[Override], composed: DictConfig, model: type[Section], groups: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each override of a value whose key is not there, or is there and is added.

    `composed` is the configuration with the chosen options, without these overrides; `groups` are
    the names of all groups.
    """
    composed_keys = {*_keys(OmegaConf.to_container(composed, resolve=False))}
    keys_of_model = {*_keys_of_model(model)}
    known_names = sorted({*composed_keys, *keys_of_model, *groups} - {""})
    for override in overrides:
        key = override.key_or_group
        text = override.input_line
        is_there = _has(composed, key)
        if override.is_force_add() or override.is_add() != is_there:
            continue
        if is_there:
            yield f"{text!r} adds {key}, which is there: write it without +"
        elif key not in keys_of_model:
            near = mistakes.did_you_mean(key, known_names)
            new = f"; a new key is written +{text}" if _may_be_new(key, model) else ""
            yield f"{text!r} names no key and no group of conf/{near}{new}"
        elif override.is_delete():
            yield f"{text!r} deletes {key}, which no file of conf/ states: leave it out"
        else:
            yield f"{text!r} changes {key}, which no file of conf/ states: write +{text}"


def faults_of_groups(overrides: Sequence[Override], conf: Path) -> Iterator[str]:
    """Yield a sentence for each override that adds a group which the defaults list of conf/config.yaml has already."""
    entries = defaults_lists.entries_of(conf_files.load_texts(conf / "config.yaml"))
    named_groups = {entry.key for entry in (defaults_lists.parse(entry, "") for entry in entries) if entry}
    for override in overrides:
        is_adding = override.is_add() and override.package is None
        if is_adding and override.key_or_group in named_groups:
            yield f"{override.input_line!r} adds {override.key_or_group}, which is there: write it without +"


def _fault(override: Override, groups: Mapping[str, Collection[str]]) -> str:
    """Return why an override can't be used, as words that follow it; "" where it can."""
    key = override.key_or_group
    parts = key.replace("/", ".").replace("@", ".").split(".")
    package = override.package or ""
    if not key:
        return "names nothing: write a key or a group before ="
    if HYDRA_SECTION in (*parts, *package.split(".")):
        return "configures Hydra itself: only keys and groups of conf/ can be overridden"
    if key in _SET_BY_TASK_LIST:
        return f"sets {key}, which conf/tasks.yaml says: change it there"
    if parts[0] in _SET_BY_CONFIGURE:
        return f"sets {parts[0]}, which `configure` writes: leave it out"
    if parts[0] == "machine":
        return "chooses a machine, which is in no parameters: write MACHINE=ddp, or MACHINE='ddp devices=2'"
    if override.is_sweep_override():
        return "has several values: one run has one; a list is written [a, b]"
    fault = references.fault_of_text(str(override.input_line).partition("=")[2])
    if fault:
        return f"{fault.replace('is ', 'has ', 1)}"

    options = groups.get(key)
    if options is None or override.is_delete():
        return ""
    value = override.value()
    if value is None:
        return f"chooses nothing: write ~{key}, or ~{key} and a value of your own"
    for option in value if isinstance(value, list) else [value]:
        if str(option) not in options:
            there_are = f": there are {', '.join(sorted(options))}"
            return f"names no option of {key}{mistakes.did_you_mean(str(option), options) or there_are}"
    return ""


def _has(composed: DictConfig, key: str) -> bool:
    """Say whether the configuration has a value, null too, at a dotted key."""
    content: Any = OmegaConf.to_container(composed, resolve=False)
    for name in key.split("."):
        if not isinstance(content, Mapping) or name not in content:
            return False
        content = content[name]
    return True


def _may_be_new(key: str, model: type[Section]) -> bool:
    """Say whether an unknown key can be added: an argument of a component, or an entry by a name of one's own."""
    place = tuple(key.split("."))
    is_entry = get_origin(scalar_markers.type_at(model, place[:-1])) is dict
    return is_entry or component.is_in_component(place)


def _keys(content: Any, key: str = "") -> Iterator[str]:
    """Yield every dotted key below `content`, which lies at `key`."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            inner_key = f"{key}.{name}".lstrip(".")
            yield inner_key
            yield from _keys(inner, inner_key)


def _keys_of_model(model: type[Section], key: str = "") -> Iterator[str]:
    """Yield every dotted key that a model has a name for."""
    for name, field in model.model_fields.items():
        own_key = f"{key}.{field.alias or name}".lstrip(".")
        yield own_key
        section = words.section_of(field.annotation)
        if section is not None:
            yield from _keys_of_model(section, own_key)
