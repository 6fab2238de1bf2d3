"""Training a network: from two splits of examples to the network that did best on validation."""

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.train import bar, devices
from hallmark.train.batches import Augment
from hallmark.train.learner import Learner, Loss, Plan, Sink

Build = Callable[..., nn.Module]


@dataclass(frozen=True)
class Trained:
    """What training gives: `network` with the best weights, on the CPU, in evaluation mode; `curves` with the columns
    step, epoch (fractional), train_loss, learning_rate and validation_loss; `cost`, which the machine decides."""

    network: nn.Module
    curves: pd.DataFrame
    training: dict[str, Any]
    cost: dict[str, Any]


def train(
    train: Examples,
    validation: Examples,
    *,
    build: Build,
    loss: Loss,
    plan: Plan,
    folder: Path,
    sink: Sink = lambda *_: None,
    augment: Augment | None = None,
) -> Trained | None:
    """Train, from the state in `folder` where there is one, and return the network with the least validation loss.

    `build` makes an untrained network of the training examples and the section `plan.network`: a module with the
    attributes of `layers.model.Model`. `augment` changes the training batches.

    The state stays, and that of a finished training is returned as it is, without a step: whoever has put the result
    in its place may shorten it (see `state.finish`). Returns None in all processes but the first.
    Raises `InputError` on an empty split and on a loss that is not finite; `KeyboardInterrupt` on Ctrl-C.
    """
    for name, split in (("train", train), ("validation", validation)):
        if not len(split):
            raise InputError(f"the {name} split has no examples")
    if devices.rank():
        devices.die_with_parent()
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        network = build(train, plan.network)
        tensors = {"train": _tensors(train, network), "validation": _tensors(validation, network)}
        learner = Learner(network, loss, plan, tensors, augment=augment, folder=folder, sink=sink)
        machine = devices.choose()
        if learner.finished:
            bar.announce_finished(learner.progress.step)
            world = 1
        else:
            world = _fit(learner, machine)
    if devices.rank():
        return None
    hardware = learner.progress.hardware or devices.hardware(machine["accelerator"], world)
    return _trained(learner, len(train), hardware)


def _tensors(examples: Examples, network: Any) -> dict[str, Tensor]:
    names = (*network.inputs, *getattr(network, "targets", ()))
    missing = [name for name in names if name not in examples.arrays]
    if missing:
        raise InputError(f"the network takes the array {missing[0]!r}, the examples have {sorted(examples.arrays)}")
    tensors = {name: torch.from_numpy(np.ascontiguousarray(examples.arrays[name])) for name in names}
    return {**tensors, "target": torch.from_numpy(examples.targets())} if examples.labels else tensors


def _fit(learner: Learner, machine: Mapping[str, Any]) -> int:
    """Run Lightning without the parts that we do otherwise, and return the number of processes."""
    for name in ("pytorch_lightning", "lightning_fabric"):  # they tell of hardware and of their makers' products
        logging.getLogger(name).setLevel(logging.ERROR)
    trainer = lightning.Trainer(
        **machine,
        # Given, not found: within an allocation of SLURM, LSF or MPI Lightning would wait for processes of theirs.
        plugins=TorchElasticEnvironment() if devices.under_torchrun() else LightningEnvironment(),
        max_epochs=learner.plan.epochs - learner.epoch,
        callbacks=[bar.Bar()],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,  # each epoch has batches of its own
    )
    try:
        with devices.launching(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*treespec, LeafSpec")  # Lightning's use of a changed PyTorch
            trainer.fit(learner)
    except SystemExit as ended:  # what Lightning makes of Ctrl-C
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from ended
        raise
    trainer.strategy.barrier("trained")
    return trainer.world_size


def _trained(learner: Learner, examples: int, hardware: dict[str, Any]) -> Trained:
    progress, network = learner.progress, learner.network.cpu()
    network.load_state_dict(progress.best_weights)
    count = sum(weight.numel() for weight in network.parameters())
    steps, batches = progress.step, len(learner.batches["train"])
    return Trained(
        network=network.eval(),
        curves=pd.DataFrame(
            progress.curves, columns=["step", "epoch", "train_loss", "learning_rate", "validation_loss"]
        ),
        training={
            "epochs_run": learner.epoch,
            "best_epoch": progress.best_epoch,
            "validation_loss": progress.best_loss,
            "steps": steps,
            "examples": examples,
            "parameters": count,
        },
        cost={
            "seconds": round(progress.seconds, 3),
            "examples_per_second": round(steps / batches * examples / max(progress.seconds, 1e-9), 1),
            "parameters": count,
            "hardware": hardware,
        },
    )
