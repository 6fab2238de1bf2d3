"""The parts of a training, made of the components of the section `train`: network, optimiser, callbacks …."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from hallmark import components
from hallmark.components import SLOTS, Factory
from hallmark.config.component import Component
from hallmark.config.stages import Train
from hallmark.layers.model import MakeNetwork
from hallmark.train.batches import Batch
from hallmark.train.curve_logger import Sink
from hallmark.train.lightning_module import Loss
from hallmark.train.machine import one_process
from hallmark.train.trained_network import TrainingConfig


def network_factory(settings: Train, *, task: str) -> MakeNetwork:
    """Return what makes the network of `train.network`."""
    return _factory("network", settings.network, task)


def loss_function(settings: Train, *, task: str) -> Loss | None:
    """Return the loss of `train.loss`, a function of outputs and batch; None: the answer's own.

    A loss of torch's kind, a module of outputs and target, gets "target" of the batch.
    """
    if settings.loss is None:
        return None
    factory = _factory("loss", settings.loss, task)
    if not inspect.isclass(factory.target):
        return factory.function()

    module: nn.Module = factory()
    takes_batch = "batch" in inspect.signature(module.forward).parameters
    return module if takes_batch else TargetLoss(module)


class TargetLoss(nn.Module):
    """A loss of outputs and target as one of outputs and batch."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        value: Tensor = self.loss(outputs, batch["target"])
        return value


def training_config(
    settings: Train,
    *,
    task: str,
    seed: int,
    folder: Path,
    sink: Sink,
    machine: Mapping[str, Any] | None = None,
) -> TrainingConfig:
    """Return the configuration of a training, with a factory for each of its components.

    `machine` are arguments of the trainer (`machine.trainer_arguments`); None: those of one process
    on the CPU.

    Raises `InputError` on a component that is wrong.
    """
    callbacks = _factories("callbacks", "callback", settings.callbacks, task)
    loggers = _factories("logger", "logger", settings.logger, task)
    return TrainingConfig(
        seed=seed,
        folder=folder,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        checkpoint_steps=settings.checkpoint_steps,
        pack=settings.steps_per_turn,
        optimizer=_factory("optimizer", settings.optimizer, task),
        scheduler=_optional("scheduler", settings.scheduler, task),
        augmentation=_augmentation(settings, task),
        sampler=_optional("sampler", settings.sampler, task),
        trainer=_factory("trainer", settings.trainer, task),
        callbacks=callbacks,
        loggers=loggers,
        sink=sink,
        machine=machine or one_process(),
    )


def _augmentation(settings: Train, task: str) -> Callable[[Batch], Batch] | None:
    factory = _optional("augmentation", settings.augmentation, task)
    return None if factory is None else factory.function()


def _factory(slot: str, component: Component, task: str, key: str = "") -> Factory:
    key = key or f"train.{slot}"
    return components.factory(key, component.model_dump(), SLOTS[slot], task=task)


def _optional(slot: str, component: Component | None, task: str) -> Factory | None:
    return None if component is None else _factory(slot, component, task)


def _factories(section: str, slot: str, named: Mapping[str, Component | None], task: str) -> list[Factory]:
    """Return the factories of components by name, but for those that are null."""
    return [
        _factory(slot, component, task, key=f"train.{section}.{name}")
        for name, component in named.items()
        if component is not None
    ]
