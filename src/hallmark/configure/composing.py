"""Composition of one task's parameters. DVC tracks the result key by key, so every edit in `conf/` is seen."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError
from yaml import YAMLError

from hallmark import expectations
from hallmark.configure import ranges, references, requirements
from hallmark.configure.schema import Parameters
from hallmark.errors import InputError


def compose_task(conf: Path, task: str, *, system: str, parts: ModuleType, overrides: Sequence[str] = ()) -> DictConfig:
    """Compose, check and resolve the parameters of `task`.

    `parts` is the system's `config` module with the classes Raw, Reading, Network and, where it probes, Probe. Raises
    `InputError` with the key's path and what was expected on an unknown key, a wrong type, a missing value, an
    impossible one, or one that would be computed or run.
    """
    references.check_files(conf)
    return _checked(compose_raw(conf, task, system=system, overrides=overrides), parts)


def compose_raw(conf: Path, task: str, *, system: str, overrides: Sequence[str] = ()) -> DictConfig:
    """Compose the parameters of `task` as conf/ states them: not checked against the schema, and not resolved."""
    try:
        with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            composed = compose("config", overrides=[f"system={system}", f"task={task}", *overrides])
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"conf/ does not compose for task {task!r}: {_sentence(error)}") from error
    references.check_composed(composed)
    OmegaConf.set_struct(composed, False)
    composed.task, composed.system = task, system
    return composed


def _checked(composed: DictConfig, parts: ModuleType) -> DictConfig:
    schema = OmegaConf.structured(Parameters)
    schema.raw = OmegaConf.structured(parts.Raw)
    schema.prepare.reading = OmegaConf.structured(parts.Reading)
    schema.train.network = OmegaConf.structured(parts.Network)
    schema.evaluate.probe = OmegaConf.structured(parts.Probe) if hasattr(parts, "Probe") else OmegaConf.create()
    content: Any = OmegaConf.to_container(composed, resolve=False)
    ranges.check_sizes(content)
    ranges.refuse(mistake.sentence for mistake in requirements.unknown_keys(content))
    _make_costs_floats(content)
    try:
        merged = OmegaConf.merge(schema, content)
    except OmegaConfBaseException as error:
        raise InputError(ranges.sentence(_mistakes((), content, schema))) from error
    try:
        missing = sorted(OmegaConf.missing_keys(merged))
        ranges.refuse(f"the key {key} has no value: task {composed.task!r} must set it in conf/" for key in missing)
        OmegaConf.resolve(merged)
    except OmegaConfBaseException as error:
        raise InputError(_said(error, schema)) from error
    assert isinstance(merged, DictConfig)
    references.check_resolved(merged)
    ranges.check(merged)
    stated: Any = OmegaConf.to_container(merged.validate.expectations)
    expectations.check(stated)
    return merged


def _make_costs_floats(content: Any) -> None:
    """Make each whole number in `decision.matrix` a float: OmegaConf does so in a mapping, but not in a nested one."""
    decision = content.get("decision")
    matrix = decision.get("matrix") if isinstance(decision, dict) else None
    rows = matrix.values() if isinstance(matrix, dict) else ()
    for row in rows:
        if isinstance(row, dict):
            row.update({label: float(cost) for label, cost in row.items() if type(cost) is int})


def _mistakes(path: tuple[str, ...], value: Any, schema: DictConfig) -> list[str]:
    """Return what is wrong with each setting below `path`, by itself: OmegaConf's own error names the first alone."""
    alone = value
    for name in reversed(path):
        alone = {name: alone}
    try:
        OmegaConf.merge(schema, OmegaConf.create(alone))
        return []
    except OmegaConfBaseException as error:
        below = value.items() if isinstance(value, dict) else ()
        return [each for name, inner in below for each in _mistakes((*path, name), inner, schema)] or [
            _said(error, schema)
        ]


def _said(error: OmegaConfBaseException, schema: DictConfig) -> str:
    if isinstance(error, ConfigKeyError):
        return _unknown(error, schema)
    if isinstance(error, ValidationError):
        return f"{error.full_key} in conf/ has the wrong type: {_sentence(error)}"
    return f"conf/ does not resolve: {_sentence(error)}"


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
