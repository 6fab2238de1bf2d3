"""Components of a task: their targets and arguments are checked before anything runs.

The digests of the task's own files become parameters, so that DVC reruns just the stages that use
a file which was edited.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hallmark import components, extensions
from hallmark.config import Parameters
from hallmark.config.component import PLACES, SHIPPED, TARGET
from hallmark.config.mistakes import Mistake, path
from hallmark.config.parameters import Extensions, unshipped_components

# Components of the shipped options, with the type of each argument. They need no look at the
# signature, for which torch, Lightning and Evidently would be imported, some seconds in each `configure`.
KNOWN: Mapping[str, Mapping[str, type]] = {
    "torch.optim.AdamW": {"lr": float, "weight_decay": float, "fused": bool},
    "pytorch_lightning.Trainer": {"precision": str, "gradient_clip_val": float, "accumulate_grad_batches": int},
    "pytorch_lightning.callbacks.ModelCheckpoint": {
        "monitor": str,
        "mode": str,
        "save_top_k": int,
        "save_weights_only": bool,
    },
    "pytorch_lightning.callbacks.EarlyStopping": {"monitor": str, "mode": str, "patience": int},
    "pytorch_lightning.callbacks.LearningRateMonitor": {"logging_interval": str},
    "hallmark.train.progress_bar.PacedProgressBar": {"refresh_rate": int},
    "hallmark.train.curve_logger.CurveLogger": {},
    "evidently.descriptors.TextLength": {"column_name": str},
    "evidently.descriptors.SentenceCount": {"column_name": str},
    "evidently.descriptors.WordCount": {"column_name": str},
    "evidently.descriptors.NonLetterCharacterPercentage": {"column_name": str},
}


def with_digests(parameters: Parameters, project: Path) -> Parameters:
    """Return the parameters with the digest of the task's own files that each stage uses.

    `parameters` have no mistakes. `project` is the folder that holds `extensions/`.
    """
    by_stage = {}
    for name, field in Extensions.model_fields.items():
        own_names = parameters.own_names(field.alias or name)
        by_stage[field.alias or name] = extensions.digest_of(own_names, parameters.task, project)
    return parameters.model_copy(update={"extensions": Extensions(**by_stage)})


def mistakes(content: Mapping[str, Any], project: Path) -> Iterator[Mistake]:
    """Yield the mistakes of every component in the composed `content`.

    Left out are shipped components, whose keys the models check, and sections without `_target_`,
    which the models refuse.
    """
    unshipped = {("train", key) for key in unshipped_components(content)}
    rooms_of_training = _rooms_of_training(content)
    for place, slot in PLACES.items():
        is_typed = place[-1] in SHIPPED and place not in unshipped
        for key, section in _sections(content, place, ()):
            has_target = isinstance(section, Mapping) and isinstance(section.get(TARGET), str)
            if has_target and not is_typed and not _is_known(section):
                slot_of_place = components.SLOTS[slot]
                found = components.mistakes(key, section, slot_of_place, task=content["task"], project=project)
                yield from (_with_cure(mistake, key) for mistake in found)
                if place[0] == "train":
                    yield from _of_other_rooms(key, section, rooms_of_training)


def _rooms_of_training(content: Mapping[str, Any]) -> list[str]:
    """Return the packages whose code the training key and the stage `train` of dvc.yaml have digests of."""
    rooms = ("layers", "train", f"answers.{content['answer']}", f"systems.{content['system']}")
    return [f"hallmark.{room}" for room in rooms]


def _of_other_rooms(key: str, section: Mapping[str, Any], rooms: Sequence[str]) -> Iterator[Mistake]:
    """Yield a mistake for each target of this project, at any depth of a section, that lies in no room of training."""
    for target in components.targets_in(section):
        is_of_project = target.startswith("hallmark.")
        if is_of_project and not any(target.startswith(f"{room}.") for room in rooms):
            words = (
                f"is {target!r}, and no training of this task depends on that file, so that an edit of it would go "
                f"unseen: of this project it can be what lies in {', '.join(rooms)}"
            )
            yield Mistake(f"{key}.{TARGET}", words)


def _with_cure(mistake: Mistake, key: str) -> Mistake:
    """Return the mistake; that of an argument which the option of a group may have left names the cure."""
    group = key.split(".")[1]
    if "is no argument of" not in mistake.words:
        return mistake
    cure = f"; where an option of conf/{group}/ has it, make an option of your own there, and choose that"
    return replace(mistake, words=mistake.words + cure)


def _is_known(section: Mapping[str, Any]) -> bool:
    """Say whether a component is one of KNOWN, with no other arguments and no other types."""
    known_arguments = KNOWN.get(section[TARGET])
    if known_arguments is None:
        return False
    arguments = {name: value for name, value in section.items() if name != TARGET}
    return all(type(value) is known_arguments.get(name) for name, value in arguments.items())


def _sections(content: Any, place: tuple[str, ...], names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and the value at each place below `content` that fits; * stands for any name."""
    if not place:
        yield path(names), content
    elif isinstance(content, Mapping):
        first, *rest = place
        for name in content if first == "*" else [first]:
            if name in content:
                yield from _sections(content[name], tuple(rest), (*names, str(name)))
