"""The shipped tasks' configuration: composed by Hydra once for all tests of a process, and then changed by each.

Where the composition itself is tested, call `compose_task`.
"""

from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from hallmark.config import Parameters
from hallmark.configure.composition import Composition, check, compose_raw
from hallmark.configure.origins import Origins
from hallmark.configure.task_list import read_tasks

CONF = Path(__file__).parents[1] / "conf"
SYSTEMS = {task: kind.system for task, kind in read_tasks(CONF / "tasks.yaml").items()}


def stated(task: str) -> DictConfig:
    """Return what conf/ states of a task, with its references unresolved; each caller has a copy."""
    content = OmegaConf.create(_stated(task))
    assert isinstance(content, DictConfig)
    return content


@cache
def _stated(task: str) -> dict[str, Any]:
    content = OmegaConf.to_container(compose_raw(CONF, task, system=SYSTEMS[task]), resolve=False)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def checked(task: str, content: DictConfig) -> Parameters:
    """Return the typed parameters of a task's changed content; raises `InputError` with all mistakes."""
    return check(Composition(content), Origins(CONF, task, SYSTEMS[task]))


def parameters_with(*overrides: str, task: str = "image") -> Parameters:
    """Return the typed parameters of a task with overrides in Hydra's grammar, such as `train.epochs=4`.

    Raises `InputError` with all mistakes.
    """
    content = stated(task)
    for override in OverridesParser.create().parse_overrides([*overrides]):
        OmegaConf.update(content, override.key_or_group, override.value(), force_add=override.is_add())
    return checked(task, content)
