"""Components that a file or an override states whole, by another `_target_` than the chosen option's.

Hydra merges mappings, so that the arguments of the option's target would stay beside the new one.
Here another `_target_` begins the component anew: its group is taken out of the composition.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from hallmark.config.component import PLACES, TARGET
from hallmark.configure import conf_files, defaults_lists
from hallmark.configure.composed_files import ComposedFile
from hallmark.configure.origins import value_at


def replaced_groups(conf: Path, files: Sequence[ComposedFile], groups: Collection[str]) -> Iterator[str]:
    """Yield each group whose component a file outside the group states by another `_target_`.

    `files` are those that Hydra composes, below `conf`.
    """
    for place, options, stated in _targets(conf, files, groups):
        if options and stated and stated[-1].target != options[-1].target:
            yield place[-1]


def faults_of_choices(
    conf: Path, files: Sequence[ComposedFile], groups: Collection[str], overrides: Sequence[Override]
) -> Iterator[str]:
    """Yield a sentence for each component that is chosen, or stated, above a file that states it by another `_target_`.

    Such a file is composed after every option, and its arguments stay beside those of a later file:
    the choice would do nothing, or two components would be mixed. `files` are those that Hydra
    composes, below `conf`; `overrides` are of whole groups.
    """
    chosen_by = {override.key_or_group: f"the override {override.input_line!r}" for override in overrides}
    for place, options, stated in _targets(conf, files, groups):
        group = place[-1]
        key = ".".join(place)
        cure = f"make it an option, conf/{group}/<name>.yaml, and choose that by `- override /{group}: <name>`"
        for statement, later in pairwise(stated):
            if statement.target != later.target:
                name, later_name = (f"conf/{each.file.path}" for each in (statement, later))
                yield f"{key} is {statement.target} in {name}, and {later.target} in {later_name}: {cure}"
        if not options or not stated or stated[-1].target == options[-1].target:
            continue

        later_files = files[files.index(stated[-1].file) + 1 :]
        choosing = [f"conf/{file.path}" for file in later_files if group in _overridden_groups(conf, file)]
        for chooser in [chosen_by[group]] if group in chosen_by else choosing:
            yield (
                f"{chooser} chooses an option of {group}, but conf/{stated[-1].file.path} states {key} by its own "
                f"{TARGET}, which beats every option: {cure}"
            )


@dataclass(frozen=True)
class _Statement:
    """A file that states a component, and by which `_target_`."""

    file: ComposedFile
    target: str


def _targets(
    conf: Path, files: Sequence[ComposedFile], groups: Collection[str]
) -> Iterator[tuple[tuple[str, ...], list[_Statement], list[_Statement]]]:
    """Yield the place of each component with the options that state its target, and the other files that do."""
    contents = [(file, conf_files.load_texts(conf / file.path)) for file in files]
    for place in PLACES:
        options: list[_Statement] = []
        stated: list[_Statement] = []
        for file, content in contents:
            is_option = file.package == place and place[-1] in groups
            is_around = len(file.package) < len(place) and place[: len(file.package)] == file.package
            target = value_at(content, [*place[len(file.package) :], TARGET])
            if isinstance(target, str) and is_option:
                options.append(_Statement(file, target))
            elif isinstance(target, str) and is_around:
                stated.append(_Statement(file, target))
        yield place, options, stated


def _overridden_groups(conf: Path, file: ComposedFile) -> list[str]:
    """Return the groups that the defaults list of a file overrides."""
    entries = defaults_lists.entries_of(conf_files.load_texts(conf / file.path))
    parsed_entries = [defaults_lists.parse(entry, file.path.parent.as_posix()) for entry in entries]
    return [entry.group for entry in parsed_entries if entry and entry.is_override]


def is_replacing(override: Override, composed: DictConfig, groups: Collection[str]) -> bool:
    """Say whether an override states the component of a group whole, by another `_target_`."""
    place = tuple(override.key_or_group.split("."))
    if place not in PLACES or place[-1] not in groups or override.is_delete():
        return False
    value: Any = override.value()
    target = value.get(TARGET) if isinstance(value, dict) else None
    return target is not None and target != OmegaConf.select(composed, f"{override.key_or_group}.{TARGET}")
