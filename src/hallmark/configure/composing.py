"""Composition of one task's parameters. DVC tracks the result key by key, so every edit in `conf/` is seen."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError
from yaml import MarkedYAMLError, YAMLError

from hallmark import answers, expectations, systems
from hallmark.configure import ranges, references, requirements, stated, written
from hallmark.configure.schema import Parameters
from hallmark.errors import InputError
from hallmark.systems.system import Config

_OWN = ("raw", "prepare.reading", "train.network", "evaluate.probe")  # the keys whose types are the system's


def compose_task(
    conf: Path, task: str, *, system: str, parts: Config, answer: str | None = None, overrides: Sequence[str] = ()
) -> DictConfig:
    """Compose, check and resolve the parameters of `task`.

    `parts` is the system's `config` module with the classes Raw, Reading, Network and, where it has diagnostics, Probe.
    Without an `answer`, the system's usual one is meant.

    Raises `InputError` with the key's path and what was expected on an unknown key, a wrong type, a missing value, an
    impossible one, one that would be computed or run, and one of `decision` that the answer cannot use.
    """
    references.check_files(conf)
    types = (parts.Raw, parts.Reading, parts.Network, getattr(parts, "Probe", written.UNKNOWN))
    own = dict(zip(_OWN, types, strict=True))
    composed = compose_raw(conf, task, system=system, overrides=overrides, own=own)
    composed.answer = systems.answer_of(system, answer)
    return _checked(composed, parts)


def compose_raw(
    conf: Path,
    task: str,
    *,
    system: str,
    overrides: Sequence[str] = (),
    own: Mapping[str, Any] = MappingProxyType(dict.fromkeys(_OWN, written.UNKNOWN)),
) -> DictConfig:
    """Compose the parameters of `task` as conf/ states them: not checked against the schema, and not resolved.

    `own` has the types of the keys that belong to the system, such as prepare.reading. A text is what was written
    (see `written`). Raises `InputError` with each key that the task's own file states and the parameters lost;
    `overrides`, which come last, may take any.
    """
    with TemporaryDirectory() as marked:
        scalars = written.mark(conf, Path(marked))
        try:
            with initialize_config_dir(marked, version_base="1.3"):
                composed = compose("config", overrides=[f"system={system}", f"task={task}", *overrides])
        except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
            sentence = written.in_sentence(_sentence(error), scalars).replace(marked, conf.name)
            raise InputError(f"conf/ does not compose for task {task!r}: {sentence}") from error
        OmegaConf.set_struct(composed, False)
        composed.task, composed.system = task, system

        content: Any = OmegaConf.to_container(composed, resolve=False)
        if not overrides:
            stated_text = written.written(content, scalars)
            ranges.refuse(stated.lost(Path(marked) / "task" / f"{task}.yaml", stated_text, scalars))

    settled: DictConfig = OmegaConf.create(written.settle(content, scalars, Parameters, own))
    references.check_composed(settled)
    return settled


def _checked(composed: DictConfig, parts: Config) -> DictConfig:
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
    stated_decision = content.get("decision") or {}
    answers.load(merged.answer).refuse_unusable(key for key, value in stated_decision.items() if value is not None)
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
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in {error.problem_mark.name}, line {error.problem_mark.line + 1}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
