"""Components that a file or an override states whole, by another `_target_` than the chosen option's.

Hydra merges mappings, so that the arguments of the option's target would stay beside the new one.
Here another `_target_` begins the component anew: its group is taken out of the composition.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from hallmark.config.component import PLACES, TARGET
from hallmark.configure import conf_files
from hallmark.configure.composed_files import ComposedFile
from hallmark.configure.origins import value_at


def replaced_groups(conf: Path, files: Sequence[ComposedFile], groups: Collection[str]) -> Iterator[str]:
    """Yield each group whose component a file outside the group states by another `_target_`.

    `files` are those that Hydra composes, below `conf`.
    """
    contents = [(file, conf_files.load_texts(conf / file.path)) for file in files]
    for place in PLACES:
        group = place[-1]
        targets_of_option = [
            value_at(content, [TARGET]) for file, content in contents if file.package == place and group in groups
        ]
        stated_targets = [
            value_at(content, [*place[len(file.package) :], TARGET])
            for file, content in contents
            if len(file.package) < len(place) and place[: len(file.package)] == file.package
        ]
        options = [target for target in targets_of_option if isinstance(target, str)]
        stated = [target for target in stated_targets if isinstance(target, str)]
        if options and stated and stated[-1] != options[-1]:
            yield group


def is_replacing(override: Override, composed: DictConfig, groups: Collection[str]) -> bool:
    """Say whether an override states the component of a group whole, by another `_target_`."""
    place = tuple(override.key_or_group.split("."))
    if place not in PLACES or place[-1] not in groups or override.is_delete():
        return False
    value: Any = override.value()
    target = value.get(TARGET) if isinstance(value, dict) else None
    return target is not None and target != OmegaConf.select(composed, f"{override.key_or_group}.{TARGET}")
