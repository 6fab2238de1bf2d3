"""Composition of one task's parameters from conf/, by Hydra.

The result is written to params/<task>.yaml, which DVC tracks key by key.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from hallmark import answers, systems
from hallmark.config import Parameters, mistakes, parameters_model
from hallmark.config.mistakes import Mistake
from hallmark.configure import (
    conf_files,
    expectations,
    lost_keys,
    metric_functions,
    metric_names,
    references,
    requirements,
    scalar_markers,
)
from hallmark.configure.origins import Origins
from hallmark.errors import InputError

_UNSET = "???"  # Hydra's value of a key that another file must set


def compose_task(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> Parameters:
    """Return the typed parameters of `task`, with references resolved and everything checked.

    `answer` None stands for the system's default answer; `overrides` are Hydra's
    (`train.epochs=4`). Raises `InputError` with all mistakes at once, each with its file, its key
    and what was expected: an unknown key, a wrong type, a missing or impossible value, a reference
    that computes something, a key of `decision` that the answer cannot use.
    """
    references.check_files(conf)
    composed = compose_raw(conf, task, system=system, answer=answer, overrides=overrides)
    parameters = check(composed, Origins(conf, task, system))
    return metric_functions.with_digests(parameters, conf.parent)


def compose_raw(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> DictConfig:
    """Return the composed parameters of `task`, not yet checked, with references unresolved.

    Where the schema has text, a value is the text that stands in the file (see `scalar_markers`).
    Raises `InputError` where conf/ does not compose, and, without `overrides`, with every key of
    the task's own file whose value another file overrides.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        scalars = scalar_markers.copy_with_markers(conf, copy)
        composed = _compose_copy(copy, conf, task, scalars, [f"system={system}", f"task={task}", *overrides])
        OmegaConf.set_struct(composed, False)  # so that keys can be added
        composed.task = task
        composed.system = system
        composed.answer = systems.resolve_answer(system, answer)

        content: Any = OmegaConf.to_container(composed, resolve=False)
        if not overrides:
            content_with_texts = scalar_markers.restore_texts(content, scalars)
            own_file = copy / "task" / f"{task}.yaml"
            mistakes.refuse(lost_keys.describe_lost_keys(own_file, content_with_texts, scalars))

    content = scalar_markers.resolve_markers(content, scalars, parameters_model(system))
    with_values: DictConfig = OmegaConf.create(content)
    references.check_composed(with_values)
    return with_values


def _compose_copy(
    copy: Path, conf: Path, task: str, scalars: scalar_markers.Scalars, overrides: Sequence[str]
) -> DictConfig:
    """Return Hydra's composition of `copy`, the copy of `conf` with markers for `scalars`.

    Raises `InputError` with each file that is no YAML, or else with the first line of the error.
    """
    try:
        with initialize_config_dir(str(copy), version_base="1.3"):
            return compose("config", overrides=[*overrides])
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
        sentence = scalar_markers.restore_sentence(_sentence(error), scalars)
        reason = "; ".join(_unparsable_files(conf)) or sentence.replace(str(copy), conf.name)
        raise InputError(f"conf/ does not compose for task {task!r}: {reason}") from error


def check(composed: DictConfig, origins: Origins) -> Parameters:
    """Return the typed parameters of a composed configuration, with its references resolved.

    Raises `InputError` with all mistakes at once; `origins` names the file of each.
    """
    resolved = composed.copy()
    try:
        OmegaConf.resolve(resolved)
    except OmegaConfBaseException as error:
        raise InputError(f"conf/ does not resolve: {_first_line(error)}") from error
    references.check_resolved(resolved)

    content: Any = _without_unset(OmegaConf.to_container(resolved))
    parameters, problems = mistakes.check(metric_names.model_of(content), content)
    problems += mistakes.until_value_missing(requirements.mistakes(parameters.model_dump(warnings=False)))
    problems += mistakes.until_value_missing(_answer_of_another_target(parameters))
    problems += _unusable_decision(content)
    problems += expectations.mistakes(content, parameters)
    problems += metric_names.mistakes(parameters)
    problems += metric_functions.mistakes(parameters, origins.conf.parent)
    mistakes.refuse([mistake.sentence(origins.stating_file(mistake, content)) for mistake in problems])
    return parameters_model(parameters.system).model_validate(content)  # the type that stages read


def to_yaml(parameters: Parameters) -> str:
    """Return the text of params/<task>.yaml: every key in the order of the models."""
    return str(OmegaConf.to_yaml(OmegaConf.create(parameters.model_dump())))


def _answer_of_another_target(parameters: Parameters) -> Iterator[Mistake]:
    """Yield a mistake where the task's answer predicts something else than its reading makes."""
    answer = answers.load(parameters.answer)
    target = parameters.prepare.reading.target()
    if target is None or target.array == answer.target:
        return

    offered = [answers.load(name) for name in systems.ANSWERS[parameters.system]]
    fitting = [each.name for each in offered if each.target == target.array]
    other_answer = f"write `answer: {fitting[0]}` for the task in conf/tasks.yaml, or " if fitting else ""
    words = (
        f"makes {_target_in_words(target.array)}, but the task's answer, {answer.name!r}, predicts "
        f"{_target_in_words(answer.target)}: {other_answer}make the reading give these"
    )
    yield Mistake(f"prepare.reading.{target.key}", words)


def _target_in_words(array: str | None) -> str:
    return "labels of a known set" if array is None else f"the array {array!r}"


def _unusable_decision(content: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each key of `decision` that is set, and that the task's answer cannot use."""
    section = content.get("decision")
    entries = section.items() if isinstance(section, Mapping) else ()
    answer = answers.load(content["answer"])
    for key, value in entries:
        if value is not None and key not in answer.decision_keys:
            words = f"can't be used by the answer {answer.name!r}, which can use {answer.usable_keys}: remove it"
            yield Mistake(f"decision.{key}", words)


def _without_unset(content: Any) -> Any:
    """Return the content without the keys whose value is still "???": for the models they are missing."""
    if isinstance(content, dict):
        return {name: _without_unset(inner) for name, inner in content.items() if inner != _UNSET}
    return content


def _unparsable_files(conf: Path) -> Iterator[str]:
    """Yield the name of each file of conf/ that OmegaConf can't parse, with the place and the fault."""
    for path in conf_files.yaml_files(conf):
        try:
            OmegaConf.load(path)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            yield f"{conf_files.display_name(conf, path)}{line}: {error.problem or _first_line(error)}"
        except (YAMLError, ValueError, OSError, RecursionError, OmegaConfBaseException) as error:
            yield f"{conf_files.display_name(conf, path)}: {_first_line(error)}"


def _sentence(error: Exception) -> str:
    """Return the fault, of YAML with file and line.

    Columns are left out: markers shift them in the copy.
    """
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if isinstance(error, MarkedYAMLError) and mark is not None:
        return f"{mark.name}, line {mark.line + 1}: {error.problem}"
    return _first_line(error)


def _first_line(error: Exception) -> str:
    """Return the first line of an error.

    Further lines of OmegaConf and Hydra repeat the key and the types.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
