"""Components: mappings of the configuration that objects are made of, in Hydra's words.

`_target_` names a class or a function, and the other keys are its arguments (`hallmark.components`
says what a `_target_` may be). A target that is shipped has a section with typed keys here or in
its system's part `config`; any other has plain arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, SerializerFunctionWrapHandler, model_serializer

from hallmark.config.section import Contradiction, Name, Section, not_finite, setting

TARGET = "_target_"
SHIPPED = ("network", "augmentation", "scheduler")  # keys of train whose shipped component has typed keys
INSTRUCTIONS = (TARGET, "_partial_", "_args_")  # Hydra's own keys that a component may have
# The keys that hold a component → its slot (`hallmark.components.SLOTS`); * stands for any name.
PLACES: Mapping[tuple[str, ...], str] = {
    ("prepare", "reader"): "reading",
    ("validate", "actions", "*"): "action",
    ("train", "network"): "network",
    ("train", "augmentation"): "augmentation",
    ("train", "loss"): "loss",
    ("train", "sampler"): "sampler",
    ("train", "optimizer"): "optimizer",
    ("train", "scheduler"): "scheduler",
    ("train", "trainer"): "trainer",
    ("train", "callbacks", "*"): "callback",
    ("train", "logger", "*"): "logger",
    ("drift", "descriptors", "*"): "descriptor",
    ("drift", "metrics", "*"): "drift_metric",
    ("machine", "strategy"): "strategy",
}


def is_in_component(place: tuple[Any, ...]) -> bool:
    """Say whether the value at a place belongs to a component: an argument, or one nested in it."""
    for pattern in PLACES:
        names = place[: len(pattern)]
        is_below = len(place) > len(pattern)
        if is_below and all(part in ("*", name) for part, name in zip(pattern, names, strict=True)):
            return True
    return False


class Component(Section):
    """A class or function, and arguments for it; it has only the keys that are stated."""

    model_config = ConfigDict(extra="allow")

    target: Name = setting(alias=TARGET, meaning="the dotted path of a class or a function")

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments by name; a nested component is a mapping with its own `_target_`."""
        return {name: value for name, value in self.model_dump().items() if name != TARGET}

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (not_finite("", self.model_extra),)

    @model_serializer(mode="wrap")
    def _only_stated_keys(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a typed argument that is not stated: its default is the target's own."""
        content: dict[str, Any] = dump(self)
        for name, field in type(self).model_fields.items():
            if field.default is None and name not in self.model_fields_set:
                content.pop(name, None)
        return content


class ShippedComponent(Component):
    """A component that is shipped: all its arguments are typed keys, and it has no others."""

    model_config = ConfigDict(extra="forbid")


_OF_MACHINE = "it belongs to the machine, in conf/machine/, which MACHINE chooses (`make repro MACHINE=ddp`)"
ELSEWHERE: Mapping[str, str] = {
    "accelerator": _OF_MACHINE,
    "devices": _OF_MACHINE,
    "num_nodes": _OF_MACHINE,
    "strategy": _OF_MACHINE,
    "max_epochs": "write train.epochs",
    "callbacks": "write train.callbacks",
    "logger": "write train.logger",
    "enable_progress_bar": "write train.callbacks.progress_bar: null where none is wanted",
}


class Optimizer(Component):
    """An optimiser of torch: AdamW, SGD, …."""

    lr: float = setting(gt=0, meaning="learning rate; its peak where a scheduler is chosen")
    weight_decay: float | None = setting(None, ge=0, meaning="of the weights at each step; null: the optimiser's own")


class WarmupCosine(ShippedComponent):
    """A linear warmup, then half a cosine; stepped at every step of the optimiser."""

    target: Literal["hallmark.train.schedule.WarmupCosine"] = setting(
        "hallmark.train.schedule.WarmupCosine", alias=TARGET, meaning="the shipped scheduler; the key below is its own"
    )
    warmup: float = setting(ge=0, lt=1, meaning="share of all steps with a rising learning rate; a half cosine follows")


class RandomAffine(ShippedComponent):
    """Augmentation of pictures: each is moved, turned, scaled and mirrored at random."""

    target: Literal["hallmark.layers.augmentation.random_affine"] = setting(
        "hallmark.layers.augmentation.random_affine",
        alias=TARGET,
        meaning="the shipped augmentation of pictures; the keys below are its own",
    )
    shift: float = setting(0.0, ge=0, lt=1, meaning="at most this share of the side, either way")
    rotation: float = setting(0.0, ge=0, le=180, unit="degrees", meaning="largest rotation, either way")
    scale: float = setting(0.0, ge=0, lt=1, meaning="at most this share larger or smaller")
    flip: bool = setting(False, meaning="mirror half of the pictures left to right")


class Trainer(Component):
    """What of Lightning's Trainer changes the result; a further argument of its own may stand here, too."""

    precision: Literal["32-true", "16-mixed", "bf16-mixed", "bf16-true", "64-true", "transformer-engine"] = setting(
        "32-true", meaning="of the numbers in training; the package computes in 32 bits"
    )
    gradient_clip_val: float | None = setting(None, ge=0, meaning="largest norm of the gradient; null: any")
    accumulate_grad_batches: int = setting(1, ge=1, meaning="batches whose gradients are added up for a step")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._stated_elsewhere())

    def _stated_elsewhere(self) -> Iterator[Contradiction]:
        for name in self.model_extra or {}:
            if name in ELSEWHERE:
                yield Contradiction(name, f"can't be stated here: {ELSEWHERE[name]}")
