"""The names of registered models.

Each belongs to one task: the alias `champion` is moved by its model's name.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hallmark.config import Parameters
from hallmark.configure import conf_files
from hallmark.configure.composition import compose_raw
from hallmark.configure.overrides import read_overrides
from hallmark.configure.task_list import Task
from hallmark.errors import InputError

_KEY = "model_name"
_NAME_OF_TASK = "${task}"  # the default of publish.model_name: unshared, as the names of tasks are


def require_own_model_name(conf: Path, parameters: Parameters, tasks: Mapping[str, Task]) -> None:
    """Raise `InputError` where another of the `tasks` has the same `publish.model_name`; the
    sentence names both.

    Names that differ only in case, in white space or in Unicode's composition count as the same,
    since a registry may keep them in a database that compares so. Other tasks are composed, which
    takes time, only where some file of conf/ sets a name other than the default. A task that does
    not compose is left out: its own `configure` fails.
    """
    overrides = read_overrides(conf, tasks)
    are_any_overridden = any(_KEY in text for texts in overrides.values() for text in texts)
    if set(_set_names(conf)) <= {_NAME_OF_TASK} and not are_any_overridden:
        return

    name = parameters.publish.model_name
    for task, listed_task in tasks.items():
        if task == parameters.task:
            continue
        other_name = _composed_model_name(conf, task, listed_task.system, overrides[task])
        if other_name is not None and _normalised(other_name) == _normalised(name):
            raise InputError(
                f"publish.model_name in conf/ is {name!r} for task {parameters.task!r} and {other_name!r} for task "
                f"{task!r}: each task must have a registered model of its own"
            )


def _set_names(conf: Path) -> Iterator[str | None]:
    """Yield each value of a key `model_name` in the files of conf/; None for one that can't be read."""
    for path in conf_files.yaml_files(conf):
        try:
            content = conf_files.load_texts(path)
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            yield None  # it may set any name
            continue
        yield from _values_of_key(content)


def _values_of_key(content: Any) -> Iterator[str | None]:
    """Yield each value of `model_name` or `publish.model_name`, at any depth; None where it is no text."""
    if isinstance(content, Mapping):
        for key, inner in content.items():
            if key == _KEY or str(key).endswith(f".{_KEY}"):
                yield inner if isinstance(inner, str) else None
            yield from _values_of_key(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _values_of_key(inner)


def _composed_model_name(conf: Path, task: str, system: str, overrides: Sequence[str]) -> str | None:
    """Return the model's name of another task; None where the task does not compose."""
    try:
        composed = compose_raw(conf, task, system=system, overrides=overrides)
        return str(OmegaConf.select(composed, f"publish.{_KEY}"))
    except (InputError, OmegaConfBaseException):
        return None


def _normalised(name: str) -> str:
    """Return the name in one case and Unicode composition, without white space."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
