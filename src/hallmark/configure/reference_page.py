"""The page docs/configuration.md, made of the models: every key with type, default, unit and meaning."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from hallmark import systems
from hallmark.config import Parameters, parameters_model, words
from hallmark.config.section import Section
from hallmark.configure import metric_names

_SYSTEM_SECTIONS = ("raw", "prepare.reading", "train.network", "evaluate.diagnostics")  # each system has its own keys
_INTRODUCTION = """# Configuration

Every key of a task, made by `make schema` from the models in `src/hallmark/config` and in
`src/hallmark/systems/<name>/config.py`: edit those, not this page.

A key is stated in `conf/task/<task>.yaml`, or in what that composes: `conf/system/<system>.yaml`,
`conf/<stage>/default.yaml`, and the options of components, `conf/<component>/<option>.yaml`, such as
`conf/optimizer/sgd.yaml` (docs/packages.md). `configure` refuses what can't work, all mistakes at once, each with its
file, key, value and what is expected. Editors that know the YAML language server complete and check a task's file by
its line `# yaml-language-server: $schema=../schema/<system>.json`.

A default in *italics* is set in `conf/`, where it can be edited for every task; any other is the code's. Without a
default, a key is required where its section is there. `<name>` stands for a name of one's own. A value may be a
reference to another key that is written in `conf/`, as `${evaluate.primary_metric}`; a default of the code can't be
referred to.
"""
_ABSENT = object()  # no value in conf/; None is a value


@dataclass(frozen=True)
class Key:
    """A row of a table of the page; every cell is text as Markdown has it."""

    path: str  # dotted: evaluate.metrics
    type: str
    default: str
    unit: str
    meaning: str


def render(conf: Path) -> str:
    """Return the page as Markdown, with the defaults in the files of `conf`."""
    parts = [_INTRODUCTION, "## Every task\n", _table(_shared_keys(_composed(conf)))]
    for system in systems.NAMES:
        parts += [f"## System `{system}`\n", *_system_part(conf, system)]
    return "\n".join(parts)


def _system_part(conf: Path, system: str) -> Iterator[str]:
    """Yield the paragraphs about a system: its metrics, its own keys, its defaults of shared keys."""
    content = _composed(conf, system)
    for answer in systems.ANSWERS[system]:
        metrics = ", ".join(f"`{name}`" for name in metric_names.measurable(system, answer))
        yield f"With the answer `{answer}`, `evaluate.metrics` and `bias.metrics` can name {metrics}.\n"
    yield _table(_system_keys(system, content))

    defaults_of_all = dict(_leaves(_composed(conf), ""))
    shared_defaults = [
        (key, value)
        for key, value in _leaves(content, "")
        if not key.startswith(_SYSTEM_SECTIONS) and defaults_of_all.get(key, _ABSENT) != value
    ]
    if shared_defaults:
        yield "Its own defaults of shared keys:\n"
        yield "\n".join(f"- `{key}`: {_value(value)}" for key, value in shared_defaults) + "\n"


def _shared_keys(content: Mapping[str, Any]) -> Iterator[Key]:
    """Yield the keys that every task has."""
    typed_components: Any = parameters_model(systems.NAMES[0]).model_fields["train"].annotation
    keys_of_training = list(_keys(typed_components, "train.", content["train"]))
    for path, keys in groupby(_keys(Parameters, "", content), key=lambda key: key.path.partition(".")[0]):
        yield from (
            key
            for key in (keys_of_training if path == "train" else keys)
            if key.path not in _SYSTEM_SECTIONS and not key.path.startswith("train.network.")
        )


def _system_keys(system: str, content: Mapping[str, Any]) -> Iterator[Key]:
    """Yield the keys that only this system has."""
    of_every_task = set(_keys(Parameters, "", {}))
    for key in _keys(parameters_model(system), "", content):
        if key not in of_every_task and any(key.path.startswith(f"{section}.") for section in _SYSTEM_SECTIONS):
            yield key


def _keys(model: type[Section], prefix: str, content: Any) -> Iterator[Key]:
    """Yield each key of a model and of the sections below it, in the order of the models.

    `prefix` is the section's dotted key with a dot at its end; `content` is what conf/ sets in it.
    A section has a row of its own only where it may be null.
    """
    for name, field in model.model_fields.items():
        key = field.alias or name
        path = f"{prefix}{key}"
        own_content = content.get(key, _ABSENT) if isinstance(content, Mapping) else _ABSENT
        section = words.section_of(field.annotation)
        entry = words.entry_of(field.annotation)
        is_value_or_nullable = section is None or words.describe(field.annotation, []).whole.endswith("null")
        if is_value_or_nullable:
            yield Key(path, _type(field), _default(field, own_content), _unit(field), str(field.description))
        if section is not None:
            yield from _keys(section, f"{path}.", own_content)
        elif entry is not None:
            yield from _keys(entry, f"{path}.<name>.", {})


def _type(field: Any) -> str:
    if words.section_of(field.annotation):
        return "the keys below, or null"
    if words.entry_of(field.annotation):
        return "a mapping of the keys below by name"
    return words.describe(field.annotation, list(field.metadata)).whole


def _default(field: Any, content: Any) -> str:
    """Return the default of a key: in italics that of conf/, else that of the code; "" for a
    required key.
    """
    if content is not _ABSENT and not isinstance(content, Mapping):
        return f"*{_value(content)}*"
    if field.is_required():
        return ""
    return _value(field.default)


def _unit(field: Any) -> str:
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, Mapping) else ""


def _value(value: Any) -> str:
    """Return a value as Markdown's code: a text as it is, anything else as JSON."""
    if value == "":
        return 'empty: `""`'
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def _table(keys: Iterator[Key]) -> str:
    """Return the keys as a table of Markdown, a row each."""
    lines = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|"]
    for key in keys:
        cells = (f"`{key.path}`", key.type, key.default, key.unit, key.meaning)
        escaped_cells = [cell.replace("|", "\\|") for cell in cells]
        lines.append(f"| {' | '.join(escaped_cells)} |")
    return "\n".join(lines) + "\n"


def _composed(conf: Path, system: str | None = None) -> dict[str, Any]:
    """Return what the files of `conf` set for every task, or for every task of a system, with references unresolved."""
    without = ["~task"] if system else ["~system", "~task"]
    with initialize_config_dir(str(conf.absolute()), version_base="1.3"):
        composed = compose("config", overrides=[*without, *([f"system={system}"] if system else [])])
    content: dict[str, Any] = OmegaConf.to_container(composed, resolve=False)  # type: ignore[assignment]
    return content


def _leaves(content: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield each value below `content`, which lies at `key`, that is no mapping, with its dotted key."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _leaves(inner, f"{key}.{name}".lstrip("."))
    else:
        yield key, content
