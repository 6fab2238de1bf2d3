"""The names of registered models: each belongs to one task, since a champion's alias moves by its model's name."""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hallmark.config import Parameters
from hallmark.configure import conf_files
from hallmark.configure.composition import compose_raw
from hallmark.configure.task_list import Task
from hallmark.errors import InputError

_KEY, _OWN = "model_name", "${task}"


def require_own_model_name(conf: Path, parameters: Parameters, tasks: Mapping[str, Task]) -> None:
    """Raise `InputError` where another of the `tasks` publishes under the same `publish.model_name`; names both.

    Names are the same that differ in case, in white space or in how Unicode composes them: a registry may hold its
    names in a database that compares them so. Other tasks are composed only where some file of conf/ names a model
    other than after its task; one that does not compose is left to its own `configure`.
    """
    if set(_stated(conf)) <= {_OWN}:
        return
    name = parameters.publish.model_name
    for task, kind in tasks.items():
        other = _model_name(conf, task, kind.system) if task != parameters.task else None
        if other is not None and _compared(other) == _compared(name):
            raise InputError(
                f"publish.model_name in conf/ is {name!r} for task {parameters.task!r} and {other!r} for task "
                f"{task!r}: each task must have a registered model of its own"
            )


def _stated(conf: Path) -> Iterator[Any]:
    """Yield what the files of conf/ give as a model's name, wherever in a file that is."""
    for path in conf_files.yaml_files(conf):
        try:
            content = conf_files.load_texts(path)
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            yield None  # a file that can't be read may name any
            continue
        yield from _values(content)


def _values(content: Any) -> Iterator[Any]:
    if isinstance(content, Mapping):
        for key, inner in content.items():
            if key == _KEY or str(key).endswith(f".{_KEY}"):
                yield inner if isinstance(inner, str) else None
            yield from _values(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _values(inner)


def _model_name(conf: Path, task: str, system: str) -> str | None:
    try:
        composed = compose_raw(conf, task, system=system)
        return str(OmegaConf.select(composed, f"publish.{_KEY}"))
    except (InputError, OmegaConfBaseException):
        return None


def _compared(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
