"""Composition of one task's parameters from conf/, by Hydra.

The result is written to params/<task>.yaml, which DVC tracks key by key.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hydra import compose as compose_by_hydra
from hydra import initialize_config_dir
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from hallmark import answers, systems
from hallmark.config import Parameters, mistakes, model_of
from hallmark.config.mistakes import Mistake
from hallmark.configure import (
    conf_copy,
    conf_files,
    defaults_lists,
    expectations,
    metric_functions,
    metric_names,
    own_components,
    references,
    requirements,
    scalar_markers,
)
from hallmark.configure.composed_files import ComposedFile, composed_files
from hallmark.configure.copied_files import Copy
from hallmark.configure.lost_keys import lost_keys
from hallmark.configure.origins import Origins
from hallmark.configure.overrides import faults_of_groups, faults_of_keys, parse, refuse
from hallmark.configure.replaced_components import faults_of_choices, is_replacing, replaced_groups
from hallmark.configure.scalar_markers import Scalar, Scalars
from hallmark.errors import InputError

_UNSET = "???"  # Hydra's value of a key that another file must set


@dataclass(frozen=True)
class Composition:
    """The composed parameters of a task, not yet checked, with references unresolved.

    `faults` are the mistakes found so far, each with its file. A value that can't be used has a
    marker of `scalars` in its place, which the models refuse wherever it matters. `is_complete`:
    every file that may set keys was composed. `files`: those that were, in their order.
    """

    content: DictConfig
    is_complete: bool = True
    faults: list[Mistake] = field(default_factory=list)
    scalars: Scalars = field(default_factory=dict)
    files: list[ComposedFile] = field(default_factory=list)


def compose_task(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> Parameters:
    """Return the typed parameters of `task`, with references resolved and everything checked.

    `answer` None stands for the system's default answer; `overrides` are Hydra's
    (`train.epochs=4`). Raises `InputError` with all mistakes at once, each with its file, its key
    and what was expected: an unknown key, a wrong type, a missing or impossible value, a reference
    that computes something, a key of `decision` that the answer cannot use.
    """
    composition = compose(conf, task, system=system, answer=answer, overrides=overrides)
    parameters = check(composition, Origins(conf, task, system))
    return own_components.with_digests(parameters, conf.parent)


def compose_raw(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> DictConfig:
    """Return the composed parameters of `task`, not yet checked by the models, with references
    unresolved.

    Raises `InputError` with all mistakes of the files, as `compose` does and finds.
    """
    composition = compose(conf, task, system=system, answer=answer, overrides=overrides)
    _refuse(composition.faults)
    return composition.content


def compose(
    conf: Path, task: str, *, system: str, answer: str | None = None, overrides: Sequence[str] = ()
) -> Composition:
    """Return the composition of `task`, with all that is wrong in its files as they are written.

    Where the schema has text, a value is the text that stands in the file (see `scalar_markers`).
    Without `overrides`, each key of the task's own file whose value another file overrides is a
    fault. Raises `InputError` where conf/ does not compose, or the task's file has no keys: with
    all faults until then.
    """
    groups = defaults_lists.options_by_group(conf)
    parsed_overrides = parse(overrides, groups)
    with TemporaryDirectory() as folder:
        copied_conf = Path(folder)
        copy = conf_copy.copy_conf(conf, copied_conf, task=task, system=system)
        composed, files = _compose_copy(copied_conf, task, copy, system, parsed_overrides, groups)
        if not copy.is_whole:
            _refuse(copy.faults)  # the models would miss every key of the file
        OmegaConf.set_struct(composed, False)  # so that keys can be added
        composed.task = task
        composed.system = system
        composed.answer = systems.resolve_answer(system, answer)
        composed.overrides = list(overrides)

        content: Any = OmegaConf.to_container(composed, resolve=False)
        faults = list(copy.faults)
        if not overrides:
            content_with_texts = scalar_markers.restore_texts(content, copy.scalars)
            faults += lost_keys(copied_conf / "task" / f"{task}.yaml", content_with_texts, copy.scalars)

    scalars = copy.scalars
    model = model_of(content)
    content, faults_of_spellings = scalar_markers.resolve_markers(
        content, scalars, model, placeholders=copy.placeholders
    )
    faults += faults_of_spellings
    for place, words in list(references.faults_in(content)):  # of overrides: a file's have markers
        faults.append(Mistake(mistakes.path(place), words, file=f"{conf.name}/"))
        references.replace_at(content, place, scalar_markers.add(scalars, Scalar(words, "", 0)))
    return Composition(OmegaConf.create(content), copy.is_complete, faults, scalars, files)


def _compose_copy(
    copied_conf: Path,
    task: str,
    copy: Copy,
    system: str,
    overrides: Sequence[Override],
    groups: Mapping[str, Collection[str]],
) -> tuple[DictConfig, list[ComposedFile]]:
    """Return Hydra's composition of the `copy` of conf/ with the overrides, and the files that it is of.

    Raises `InputError` with all faults of the files, those that are no YAML among them, or else
    with those of the overrides, or with the first line of Hydra's error.
    """
    chosen = [override for override in overrides if override.key_or_group in groups]
    changed = [override for override in overrides if override.key_or_group not in groups]
    choices = [f"system={system}", f"task={task}", *(str(override.input_line) for override in chosen)]
    try:
        with initialize_config_dir(str(copied_conf), version_base="1.3"):
            refuse(list(faults_of_groups(chosen, copied_conf)))
            chosen_groups = {override.key_or_group for override in chosen}
            first_choices = [*choices]
            files = composed_files(first_choices)
            mistakes.refuse(list(faults_of_choices(copied_conf, files, groups, chosen)))
            replaced = set(replaced_groups(copied_conf, files, groups)) - chosen_groups
            choices += [f"~{group}" for group in sorted(replaced)]
            composed = compose_by_hydra("config", overrides=choices)
            if changed:
                model = model_of({"system": system})
                refuse(list(faults_of_keys(changed, composed, model, groups)))
                values = []
                for override in changed:
                    is_whole = is_replacing(override, composed, groups)
                    group = override.key_or_group.rpartition(".")[2]
                    if is_whole and f"~{group}" not in choices:
                        choices.append(f"~{group}")
                    text = str(override.input_line)
                    if is_whole:  # anew, without what a file states of the former target
                        values += [f"++{override.key_or_group}=null", f"++{text.lstrip('+')}"]
                    else:
                        values.append(text)
                composed = compose_by_hydra("config", overrides=[*choices, *values])
            return composed, files if choices == first_choices else composed_files(choices)
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        faults = copy.unparsable + copy.faults
        if not faults:
            words = f"conf/ does not compose for task {task!r}: {conf_files.first_line(error)}"
            words = scalar_markers.restore_sentence(words, copy.scalars).replace(str(copied_conf), "conf")
            faults = [Mistake("", words)]
        raise InputError(mistakes.joined([fault.sentence() for fault in faults])) from error


def check(composition: Composition, origins: Origins) -> Parameters:
    """Return the typed parameters of a composition, with its references resolved.

    Raises `InputError` with all mistakes at once, those that the composition has among them;
    `origins` names the file of each.
    """
    origins = replace(origins, files=composition.files)
    unresolved: Any = OmegaConf.to_container(composition.content, resolve=False)
    as_written = _without_unset(scalar_markers.restore_texts(unresolved, composition.scalars))
    resolved, faults_of_references, scalars = _resolve(composition)

    content = _without_unset(resolved)
    parameters, problems = mistakes.check(metric_names.model_of(content), content)
    is_partial = bool(problems or composition.faults or faults_of_references)
    is_shared = partial(origins.is_in_group, "gate", composed=as_written)
    wrong_requirements = requirements.mistakes(parameters, is_shared, is_partial=is_partial)
    problems += mistakes.until_value_missing(wrong_requirements, is_partial=is_partial)
    wrong_answer = _answer_of_another_target(parameters)
    problems += mistakes.until_value_missing(wrong_answer, is_partial=is_partial)
    problems += _unusable_decision(content)
    problems += expectations.mistakes(content, parameters, project=origins.conf.parent, is_partial=is_partial)
    problems += metric_names.mistakes(parameters, is_partial=is_partial)
    problems += own_components.mistakes(content, origins.conf.parent)
    problems += metric_functions.mistakes(parameters, origins.conf.parent, is_partial=is_partial)

    unreadable_keys = {mistakes.path(place) for place, text in references.texts(content) if text in scalars}
    problems = [each for each in problems if not _is_of_a_marker(each, unreadable_keys, scalars)]
    if not composition.is_complete:
        problems = [each for each in problems if each.kind != "missing"]
    problems = [*composition.faults, *faults_of_references, *_one_for_each_unknown_key(problems)]
    mistakes.refuse([mistake.sentence(origins.stating_file(mistake, as_written)) for mistake in problems])
    return model_of(content).model_validate(content)  # the type that stages read


def _resolve(composition: Composition) -> tuple[Any, list[Mistake], Scalars]:
    """Return the content with its references resolved, and a mistake for each that can't be.

    Also returns the markers, with one for each value that has such a reference.
    """
    scalars = dict(composition.scalars)
    content: Any = OmegaConf.to_container(composition.content, resolve=False)
    model = model_of(content)
    faults = []
    for place, words in list(references.unresolvable(composition.content, model)):
        faults.append(Mistake(mistakes.path(place), words))
        references.replace_at(content, place, scalar_markers.add(scalars, Scalar(words, "", 0)))

    composed = OmegaConf.create(content)
    OmegaConf.resolve(composed)
    resolved: Any = OmegaConf.to_container(composed, resolve=False)
    for place, text in list(references.texts(resolved)):
        if "${" in text:
            words = f"is {text!r} when it is resolved: it would be resolved again"
            faults.append(Mistake(mistakes.path(place), words))
            references.replace_at(resolved, place, scalar_markers.add(scalars, Scalar(text, "", 0)))
    return resolved, faults, scalars


def _is_of_a_marker(mistake: Mistake, unreadable_keys: set[str], scalars: Scalars) -> bool:
    """Say whether a mistake is only about a marker, whose own mistake is noted already."""
    is_about_one = mistake.kind == "value" and mistake.key in unreadable_keys
    return is_about_one or any(marker in mistake.words for marker in scalars)


def _one_for_each_unknown_key(problems: Sequence[Mistake]) -> Iterator[Mistake]:
    """Yield the mistakes, but none about the value of a key that is unknown."""
    unknown_keys = {mistake.key for mistake in problems if mistake.kind == "unknown"}
    for mistake in problems:
        if mistake.kind == "unknown" or mistake.key not in unknown_keys:
            yield mistake


def _refuse(faults: Sequence[Mistake]) -> None:
    mistakes.refuse([fault.sentence() for fault in faults])


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
