"""Training of a network: from two splits of examples to the weights with the lowest validation loss."""

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from hallmark.train import devices, progress_bar
from hallmark.train.lightning_module import Loss, NetworkTraining, TrainingConfig

Build = Callable[..., nn.Module]  # takes the training examples and the section train.network
_CURVE_COLUMNS = ["step", "epoch", "train_loss", "learning_rate", "validation_loss"]


@dataclass(frozen=True)
class TrainedNetwork:
    """The result of a training.

    network: With the best weights, on the CPU, in evaluation mode.
    curves: Columns step, epoch (fractional), train_loss, learning_rate and validation_loss, NaN
        where a line has no such value.
    training: Facts of the training for package.json, the same on every machine.
    cost: Time and hardware, which depend on the machine.
    """

    network: nn.Module
    curves: pd.DataFrame
    training: dict[str, Any]
    cost: dict[str, Any]


def train_network(
    train: Examples,
    validation: Examples,
    *,
    build: Build,
    loss: Loss,
    config: TrainingConfig,
) -> TrainedNetwork | None:
    """Train a network, and return it with the weights of the lowest validation loss.

    Training ends after `config.settings.epochs` epochs. Where several processes train, each calls
    this function, and all but the first get None.

    `build(train, config.settings.network)` returns an untrained network: a module with the
    attributes of `layers.model.Model`. `loss(outputs, batch)` returns the mean loss of a batch.

    If `config.folder` has a checkpoint, training continues from it; if training had come to its
    end, no step is taken. The checkpoint stays complete until the caller has written the result and
    calls `checkpoint.mark_finished`.

    Raises `InputError` on an empty split and on a loss that is not finite, `KeyboardInterrupt` on
    Ctrl-C.
    """
    for name, split in (("train", train), ("validation", validation)):
        if not len(split):
            raise InputError(f"the {name} split has no examples")
    is_first_process = devices.process_rank() == 0
    if not is_first_process:
        devices.die_with_parent()  # Lightning has started this process, by the command of the first

    with torch.random.fork_rng():  # the caller's random numbers stay as they are
        torch.manual_seed(config.seed)
        network = build(train, config.settings.network)
        training = NetworkTraining(
            network,
            loss,
            config,
            train=_to_tensors(train, network),
            validation=_to_tensors(validation, network),
        )
        trainer_options = devices.choose_devices()
        if training.is_finished:
            progress_bar.announce_finished(training.progress.step)
            n_processes = 1
        else:
            n_processes = _fit(training, trainer_options)

    if not is_first_process:
        return None
    # A finished training that is loaded again keeps the hardware that it ran on.
    hardware = training.progress.hardware or devices.describe_hardware(trainer_options["accelerator"], n_processes)
    return _trained_network(training, n_examples=len(train), hardware=hardware)


def _to_tensors(examples: Examples, network: Any) -> dict[str, Tensor]:
    """Return what network and loss read, (n, …) by name: inputs, targets, and the class indices."""
    names = (*network.inputs, *getattr(network, "targets", ()))
    missing_arrays = [name for name in names if name not in examples.arrays]
    if missing_arrays:
        raise InputError(
            f"the network takes the array {missing_arrays[0]!r}, the examples have {sorted(examples.arrays)}"
        )

    tensors = {name: torch.from_numpy(np.ascontiguousarray(examples.arrays[name])) for name in names}
    if examples.labels:
        tensors["target"] = torch.from_numpy(examples.targets())
    return tensors


def _fit(training: NetworkTraining, trainer_options: Mapping[str, Any]) -> int:
    """Run Lightning without its own checkpoints, loggers and progress bar; return the process count."""
    # They log the hardware and advertisements.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)

    # Not detected by Lightning: within an allocation of SLURM, LSF or MPI it would wait for their
    # processes.
    environment = TorchElasticEnvironment() if devices.is_under_torchrun() else LightningEnvironment()
    trainer = lightning.Trainer(
        **trainer_options,
        plugins=environment,
        max_epochs=training.settings.epochs - training.epochs_done,
        callbacks=[progress_bar.ProgressBar()],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,  # each epoch has batches of its own
    )

    try:
        with devices.mark_launched_processes(), warnings.catch_warnings():
            # Lightning's use of a changed PyTorch.
            warnings.filterwarnings("ignore", message=".*treespec, LeafSpec")
            trainer.fit(training)
    except SystemExit as exit_error:  # Lightning raises it on Ctrl-C
        if isinstance(exit_error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from exit_error
        raise

    trainer.strategy.barrier("trained")
    return trainer.world_size


def _trained_network(training: NetworkTraining, *, n_examples: int, hardware: dict[str, Any]) -> TrainedNetwork:
    """Return the result of a finished training; its network gets the best weights."""
    progress = training.progress
    network = training.network.cpu()
    network.load_state_dict(progress.best_weights)

    n_parameters = sum(weights.numel() for weights in network.parameters())
    examples_seen = progress.step / len(training.batches) * n_examples
    return TrainedNetwork(
        network=network.eval(),
        curves=pd.DataFrame(progress.curves, columns=_CURVE_COLUMNS),
        training={
            "epochs_run": training.epochs_done,
            "best_epoch": progress.best_epoch,
            "validation_loss": progress.best_loss,
            "steps": progress.step,
            "examples": n_examples,
            "parameters": n_parameters,
        },
        cost={
            "seconds": round(progress.seconds, 3),
            "examples_per_second": round(examples_seen / max(progress.seconds, 1e-9), 1),
            "parameters": n_parameters,
            "hardware": hardware,
        },
    )
