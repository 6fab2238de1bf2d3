"""Composition of one task's parameters. DVC tracks the result key by key, so every edit in `conf/` is seen."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from hallmark import answers, expectation_schema, systems
from hallmark.config import Parameters, mistakes, parameters_model
from hallmark.configure import conf_files, lost_keys, metric_functions, references, requirements, scalar_markers
from hallmark.configure.origins import Origins
from hallmark.contracts.checks import CHECKS
from hallmark.errors import InputError

_UNSET = "???"  # what Hydra's users write where a value must be given elsewhere


def compose_task(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> Parameters:
    """Compose, check and resolve the parameters of `task`. Without an `answer`, the system's usual one is meant.

    Raises `InputError` with all mistakes at once, each with its file, its key and what was expected: an unknown key, a
    wrong type, a missing value, an impossible one, one that would be computed or run, and one of `decision` that the
    answer cannot use.
    """
    references.check_files(conf)
    composed = compose_raw(conf, task, system=system, answer=answer, overrides=overrides)
    parameters = check(composed, Origins(conf, task, system))
    return metric_functions.with_digests(parameters, conf.parent)


def compose_raw(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> DictConfig:
    """Compose the parameters of `task` as conf/ states them: not checked, and not resolved.

    Where the schema has text, it is the text that stands in the file (see `scalar_markers`). Raises `InputError` with
    every key of the task's own file whose value another file overrides, unless there are `overrides`, which may.
    """
    with TemporaryDirectory() as marked:
        scalars = scalar_markers.copy_with_markers(conf, Path(marked))
        try:
            with initialize_config_dir(marked, version_base="1.3"):
                composed = compose("config", overrides=[f"system={system}", f"task={task}", *overrides])
        except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
            sentence = scalar_markers.restore_sentence(_sentence(error), scalars).replace(marked, conf.name)
            reason = "; ".join(_unreadable(conf)) or sentence
            raise InputError(f"conf/ does not compose for task {task!r}: {reason}") from error
        OmegaConf.set_struct(composed, False)
        composed.task = task
        composed.system = system
        composed.answer = systems.resolve_answer(system, answer)

        content: Any = OmegaConf.to_container(composed, resolve=False)
        if not overrides:
            stated_text = scalar_markers.restore_texts(content, scalars)
            mistakes.refuse(lost_keys.describe_lost_keys(Path(marked) / "task" / f"{task}.yaml", stated_text, scalars))

    settled: DictConfig = OmegaConf.create(scalar_markers.resolve_markers(content, scalars, parameters_model(system)))
    references.check_composed(settled)
    return settled


def check(composed: DictConfig, origins: Origins) -> Parameters:
    """Return the typed parameters of a composed configuration. Raises `InputError` with all mistakes at once."""
    resolved = composed.copy()
    try:
        OmegaConf.resolve(resolved)
    except OmegaConfBaseException as error:
        raise InputError(f"conf/ does not resolve: {_first_line(error)}") from error
    references.check_resolved(resolved)

    content: Any = _without_unset(OmegaConf.to_container(resolved))
    parameters, problems = mistakes.check(parameters_model(content["system"]), content)
    problems += mistakes.judge(requirements.mistakes(parameters.model_dump(warnings=False)))
    sentences = [mistake.sentence(origins.stating_file(mistake, content)) for mistake in problems]
    mistakes.refuse([*sentences, *_unusable_decision(content), *_wrong_expectations(content)])
    return parameters


def to_yaml(parameters: Parameters) -> str:
    """Return the text of params/<task>.yaml: every key in the order of the models."""
    return str(OmegaConf.to_yaml(OmegaConf.create(parameters.model_dump())))


def _unusable_decision(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence where `decision` states keys that the task's answer cannot use."""
    section = content.get("decision")
    stated_keys = section.items() if isinstance(section, Mapping) else ()
    try:
        answers.load(content["answer"]).refuse_unusable(key for key, value in stated_keys if value is not None)
    except InputError as mistake:
        yield str(mistake)


def _wrong_expectations(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each expectation of another name or argument than Great Expectations may be asked for."""
    section = content.get("validate")
    stated_by_name = section.get("expectations") if isinstance(section, Mapping) else None
    for name, expectation in (stated_by_name if isinstance(stated_by_name, Mapping) else {}).items():
        if not isinstance(expectation, Mapping) or not isinstance(expectation.get("type"), str):
            continue  # the schema says so
        if not isinstance(expectation.get("arguments") or {}, Mapping):
            continue
        if f"validate.{name}" in CHECKS:
            yield f"validate.expectations.{name} in conf/ has the name of a check that is made anyway: give it another"
        try:
            expectation_schema.check_expectations({name: expectation})
        except InputError as mistake:
            yield str(mistake)


def _without_unset(content: Any) -> Any:
    """Return the content without the keys whose value must be given elsewhere, and was not."""
    if isinstance(content, dict):
        return {name: _without_unset(inner) for name, inner in content.items() if inner != _UNSET}
    return content


def _unreadable(conf: Path) -> Iterator[str]:
    """Yield each file of conf/ that is no YAML, with the line where it ends to be."""
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
    """Return what is wrong, and in which line where it is YAML; its columns are those of the marked copy."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if isinstance(error, MarkedYAMLError) and mark is not None:
        return f"{mark.name}, line {mark.line + 1}: {error.problem}"
    return _first_line(error)


def _first_line(error: Exception) -> str:
    """The first line of OmegaConf's and Hydra's messages says it; the further ones repeat the key and the types."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
