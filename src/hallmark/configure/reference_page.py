"""The page docs/configuration.md: every key with its type, default, unit and meaning, made of the models."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hallmark import systems
from hallmark.config import Parameters, parameters_model, words
from hallmark.config.section import Section
from hallmark.configure import conf_files

_OWN = ("raw", "prepare.reading", "train.network", "evaluate.diagnostics")  # the sections of a system
_INTRODUCTION = """# Configuration

Every key of a task, made by `make schema` from the models in `src/hallmark/config` and in
`src/hallmark/systems/<name>/config.py`: edit those, not this page.

A key is stated in `conf/task/<task>.yaml`, or in what that composes: `conf/system/<system>.yaml` and
`conf/<stage>/default.yaml`. `configure` refuses what can't work, all mistakes at once, each with its file, key, value
and what is expected. Editors that know the YAML language server complete and check a task's file by its line
`# yaml-language-server: $schema=../schema/<system>.json`.

A default in *italics* is set in `conf/`, where it can be edited for every task; any other is the code's. Without a
default, a key is required where its section is there. `<name>` stands for a name of one's own. A value may be a
reference to another key, as `${evaluate.primary_metric}`.
"""
_ABSENT = object()


@dataclass(frozen=True)
class Key:
    """One line of the page."""

    path: str
    type: str
    default: str
    unit: str
    meaning: str


def render(conf: Path) -> str:
    """Return the text of the page, with the defaults that the files of `conf` state."""
    parts = [_INTRODUCTION, "## Every task\n", _table(_shared_keys(_shared_content(conf)))]
    for system in systems.NAMES:
        parts += [f"## System `{system}`\n", *_system_part(conf, system)]
    return "\n".join(parts)


def _system_part(conf: Path, system: str) -> Iterator[str]:
    parts = systems.load(system).config
    content = conf_files.load_values(conf / "system" / f"{system}.yaml")
    metrics = ", ".join(f"`{name}`" for name in parts.METRICS)
    yield f"`evaluate.metrics` and `bias.metrics` can name {metrics}.\n"
    yield _table(_system_keys(system, content))

    others = [(key, value) for key, value in _leaves(content, "") if not key.startswith(_OWN)]
    if others:
        yield "Its own defaults of shared keys:\n"
        yield "\n".join(f"- `{key}`: {_value(value)}" for key, value in others) + "\n"


def _shared_keys(content: Mapping[str, Any]) -> Iterator[Key]:
    yield from (key for key in _keys(Parameters, "", content) if key.path not in _OWN)


def _system_keys(system: str, content: Mapping[str, Any]) -> Iterator[Key]:
    of_every_task = set(_keys(Parameters, "", {}))
    for key in _keys(parameters_model(system), "", content):
        if key not in of_every_task and any(key.path.startswith(f"{section}.") for section in _OWN):
            yield key


def _keys(model: type[Section], prefix: str, content: Any) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        path = f"{prefix}{key}"
        own_content = content.get(key, _ABSENT) if isinstance(content, Mapping) else _ABSENT
        section = words.section_of(field.annotation)
        entry = words.entry_of(field.annotation)
        is_shown = section is None or words.describe(field.annotation, []).whole.endswith("null")
        if is_shown:
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
    if content is not _ABSENT and not isinstance(content, Mapping):
        return f"*{_value(content)}*"
    if field.is_required():
        return ""
    return _value(field.default)


def _unit(field: Any) -> str:
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, Mapping) else ""


def _value(value: Any) -> str:
    if value == "":
        return 'empty: `""`'
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _table(keys: Iterator[Key]) -> str:
    lines = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|"]
    for key in keys:
        cells = (f"`{key.path}`", key.type, key.default, key.unit, key.meaning)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _shared_content(conf: Path) -> dict[str, Any]:
    """Return what conf/config.yaml and the groups' default.yaml state."""
    content: dict[str, Any] = dict(conf_files.load_values(conf / "config.yaml"))
    for path in sorted(conf.glob("*/default.yaml")):
        content[path.parent.name] = conf_files.load_values(path)
    return content


def _leaves(content: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _leaves(inner, f"{key}.{name}".lstrip("."))
    else:
        yield key, content
