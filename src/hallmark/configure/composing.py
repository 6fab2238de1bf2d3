"""Composition of one task's parameters. DVC tracks the result key by key, so every edit in `conf/` is seen."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError
from yaml import YAMLError

from hallmark.configure import ranges
from hallmark.configure.schema import Parameters
from hallmark.errors import InputError


def read_tasks(path: Path) -> dict[str, str]:
    """Return the system of every task that `conf/tasks.yaml` lists. Raises `InputError` where it is not such a list."""
    try:
        listed = OmegaConf.to_container(OmegaConf.load(path))
        assert isinstance(listed, dict)
        return {str(task): str(item["system"]) for task, item in listed["tasks"].items()}
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: it lists the tasks and the system of each") from error
    except (YAMLError, AssertionError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} must map tasks to their system, as in `tasks: {{image: {{system: image}}}}`"
        ) from error


def compose_task(conf: Path, task: str, *, system: str, parts: ModuleType, overrides: Sequence[str] = ()) -> DictConfig:
    """Compose, check and resolve the parameters of `task`.

    `parts` is the system's `config` module with the classes Raw, Reading, Network and, where it probes, Probe. Raises
    `InputError` with the key's path and what was expected on an unknown key, a wrong type, a missing value or an
    impossible one.
    """
    try:
        with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            composed = compose("config", overrides=[f"system={system}", f"task={task}", *overrides])
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        raise InputError(f"conf/ does not compose for task {task!r}: {_sentence(error)}") from error
    OmegaConf.set_struct(composed, False)
    composed.task, composed.system = task, system
    return _checked(composed, parts)


def _checked(composed: DictConfig, parts: ModuleType) -> DictConfig:
    schema = OmegaConf.structured(Parameters)
    schema.raw = OmegaConf.structured(parts.Raw)
    schema.prepare.reading = OmegaConf.structured(parts.Reading)
    schema.train.network = OmegaConf.structured(parts.Network)
    schema.evaluate.probe = OmegaConf.structured(parts.Probe) if hasattr(parts, "Probe") else OmegaConf.create()
    try:
        merged = OmegaConf.merge(schema, composed)
        missing = sorted(OmegaConf.missing_keys(merged))
        if missing:
            raise InputError(f"the key {missing[0]} has no value: task {composed.task!r} must set it in conf/")
        OmegaConf.resolve(merged)
    except ConfigKeyError as error:
        raise InputError(_unknown(error, schema)) from error
    except ValidationError as error:
        raise InputError(f"{error.full_key} in conf/ has the wrong type: {_sentence(error)}") from error
    except OmegaConfBaseException as error:
        raise InputError(f"conf/ does not resolve: {_sentence(error)}") from error
    assert isinstance(merged, DictConfig)
    ranges.check(merged)
    return merged


def _unknown(error: ConfigKeyError, schema: DictConfig) -> str:
    path = str(error.full_key)
    parent, _, key = path.rpartition(".")
    try:
        node = OmegaConf.select(schema, parent, throw_on_missing=False) if parent else schema
        known = sorted(map(str, node)) if isinstance(node, DictConfig) else []
    except OmegaConfBaseException:  # the parent lies under a free name, such as an expectation's: nothing to list
        known = []
    close = get_close_matches(key, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    expected = f": {parent or 'the top level'} knows {', '.join(known)}" if known else f": {_sentence(error)}"
    return f"unknown key {path} in conf/{expected}{hint}"


def _sentence(error: Exception) -> str:
    """The first line of OmegaConf's and Hydra's messages says it; the further ones repeat the key and the types."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
