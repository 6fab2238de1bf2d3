"""The Lightning module of a training. Lightning handles devices, DDP and precision; the steps are ours."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn

from hallmark.config.stages import Train
from hallmark.errors import InputError
from hallmark.train import checkpoint
from hallmark.train.batches import Batch, Batches, EpochChunks
from hallmark.train.checkpoint import Checkpoint, Progress
from hallmark.train.schedule import WarmupCosine

Loss = Callable[[Any, Mapping[str, Tensor]], Tensor]
Sink = Callable[[int, Mapping[str, float]], None]  # takes (step, metrics), for live curves
_MAX_GRADIENT_NORM = 1.0
_CURVE_LINES = 400  # about so many lines of the training loss, since each costs a synchronisation


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The configuration of a training.

    settings: The section `train` of the parameters.
    seed: Of first weights, batches, dropout and augmentation.
    folder: Of the checkpoint.
    sink: Gets every line of the curves while the training runs.
    augment: What `train.augmentation` makes of each batch of training examples.
    """

    settings: Train
    seed: int
    folder: Path
    sink: Sink = lambda *_: None
    augment: Callable[[Batch], Batch] = lambda batch: batch


class NetworkTraining(lightning.LightningModule):
    """Training of `network` with AdamW; a step is one batch over all processes.

    `train` and `validation` are the tensors (n, …) of the two splits by name: the network's inputs,
    and what `loss(outputs, batch)` needs. The loss is the mean over a batch, a scalar. If
    `config.folder` has a checkpoint, the training continues from it.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        config: TrainingConfig,
        *,
        train: Mapping[str, Tensor],
        validation: Mapping[str, Tensor],
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        settings = config.settings
        self.settings = settings
        self.seed = config.seed
        self.folder = config.folder
        self.sink = config.sink
        self.augment = config.augment

        self.network = network
        self.inputs: tuple[str, ...] = network.inputs  # type: ignore[assignment]  # to mypy a tensor or a module
        self.loss = loss
        self.batches = Batches(train, settings.batch_size, seed=config.seed)
        self.validation_batches = Batches(validation, settings.batch_size)
        self.total_steps = len(self.batches) * settings.epochs

        self.weights = list(network.parameters())
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=settings.optimizer.lr, weight_decay=settings.optimizer.weight_decay or 0.0, fused=True
        )
        warmup = settings.scheduler.arguments["warmup"] if settings.scheduler else 0.0
        self.schedule = WarmupCosine(settings.optimizer.lr, warmup, self.total_steps)
        early_stopping = settings.callbacks.get("early_stopping")
        self.patience: float = early_stopping.arguments["patience"] if early_stopping else math.inf

        self.progress = Progress()
        self.resumed_from: Checkpoint | None = checkpoint.load(config.folder)
        if self.resumed_from:
            self.progress = self.resumed_from.progress
            self.network.load_state_dict(self.resumed_from.network)
        self.saved_step = self.progress.step

    @property
    def epochs_done(self) -> int:
        """The number of complete epochs."""
        return self.progress.step // len(self.batches)

    @property
    def is_finished(self) -> bool:
        """Whether all epochs are done, or the last `patience` ones gave no lower validation loss."""
        is_within_epoch = self.progress.step % len(self.batches) != 0
        has_all_epochs = self.epochs_done >= self.settings.epochs
        epochs_without_gain = self.epochs_done - self.progress.best_epoch
        is_exhausted = has_all_epochs or epochs_without_gain >= self.patience
        return is_exhausted and not is_within_epoch

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.optimizer

    def setup(self, stage: str) -> None:  # noqa: ARG002  # Lightning passes it by name
        rank = self.trainer.global_rank
        world = self.trainer.world_size
        self.batches = replace(self.batches, rank=rank, world=world)
        self.validation_batches = replace(self.validation_batches, rank=rank, world=world)

    def train_dataloader(self) -> EpochChunks:
        epoch, position = divmod(self.progress.step, len(self.batches))
        return EpochChunks(self.batches, epoch, position)

    def val_dataloader(self) -> EpochChunks:
        return EpochChunks(self.validation_batches)

    def on_train_start(self) -> None:
        # Only now, since the weights are on their device, and the moments must be there, too.
        if self.resumed_from:
            self.optimizer.load_state_dict(self.resumed_from.optimizer)
        self.started = time.perf_counter() - self.progress.seconds

    def training_step(self, chunk: list[tuple[Batch, float]], _: int) -> None:
        loss_sum = torch.zeros((), device=self.device)
        for batch, weight in chunk:
            loss_sum += self._take_step(batch, weight)

        # The mean over the processes, each of which has the loss of its slices.
        self.progress.loss_sum += float(self.trainer.strategy.reduce(loss_sum, reduce_op="mean"))
        self.progress.loss_steps += len(chunk)
        self._require_finite(self.progress.loss_sum, "training")

    def _take_step(self, batch: Batch, weight: float) -> Tensor:
        """Take one step of the optimiser, and return the loss times `weight`, a scalar (see `Batches.at`)."""
        # The randomness of dropout is a function of seed, step and rank, so that it is the same
        # after a restart.
        self._seed_random_layers((self.seed * 1_000_003 + self.progress.step) * 65_537 + self.global_rank)
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.at(self.progress.step)

        self.optimizer.zero_grad()
        loss = self._compute_loss(self.augment(batch)) * weight
        self.manual_backward(loss)
        nn.utils.clip_grad_norm_(self.weights, _MAX_GRADIENT_NORM)
        self.optimizer.step()

        self.progress.step += 1
        return loss.detach()

    def _seed_random_layers(self, seed: int) -> None:
        # Not torch.manual_seed, which keeps a stack trace for each absent kind of device: 2 ms and
        # a leak each time.
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def _compute_loss(self, batch: Batch) -> Tensor:
        outputs = self.network(*(batch[name] for name in self.inputs))
        return self.loss(outputs, batch)

    def on_train_batch_end(self, *_: Any) -> None:
        if self.progress.loss_steps >= self.total_steps / _CURVE_LINES:
            self._record(
                train_loss=self.progress.loss_sum / self.progress.loss_steps,
                learning_rate=self.schedule.at(self.progress.step - 1),
            )
            self.progress.loss_sum = 0.0
            self.progress.loss_steps = 0

        is_within_epoch = self.progress.step % len(self.batches) != 0
        if is_within_epoch:  # at the end of an epoch, `on_validation_epoch_end` saves
            self._save_if_due()

    def on_validation_epoch_start(self) -> None:
        self.validation_loss_sum = 0.0
        self.validation_rows = 0

    def validation_step(self, chunk: list[tuple[Batch, float]], _: int) -> None:
        for batch, _weight in chunk:
            rows = len(next(iter(batch.values())))
            self.validation_loss_sum += float(self._compute_loss(batch)) * rows
            self.validation_rows += rows

    def on_validation_epoch_end(self) -> None:
        # mps has no float64.
        precision = torch.float32 if self.device.type == "mps" else torch.float64
        sums = [self.validation_loss_sum, self.validation_rows]  # of this process
        own_sums = torch.tensor(sums, device=self.device, dtype=precision)
        loss_sum, rows = self.trainer.strategy.reduce(own_sums, reduce_op="sum").tolist()
        loss = loss_sum / rows
        self._require_finite(loss, "validation")
        self._record(validation_loss=loss)

        if loss < self.progress.best_loss:
            best_weights = {}
            for name, tensor in self.network.state_dict().items():
                best_weights[name] = tensor.detach().cpu().clone()
            self.progress = replace(
                self.progress, best_loss=loss, best_epoch=self.epochs_done, best_weights=best_weights
            )
        if self.is_finished:
            self.trainer.should_stop = True
        self._save_if_due()

    def _require_finite(self, loss: float, split: str) -> None:
        if not math.isfinite(loss):
            raise InputError(
                f"the {split} loss is {loss} at step {self.progress.step}: an input is not finite,"
                f" or train.optimizer.lr {self.settings.optimizer.lr:g} is too high"
            )

    def _record(self, **metrics: float) -> None:
        """Add a line to the curves, and send it to the sink."""
        epoch = self.progress.step / len(self.batches)
        self.progress.curves.append({"step": self.progress.step, "epoch": epoch, **metrics})
        self.sink(self.progress.step, metrics)

    def _save_if_due(self) -> None:
        """Save a checkpoint at the end of the training, and every `checkpoint_steps` steps before."""
        steps_since_saved = self.progress.step - self.saved_step
        if steps_since_saved < self.settings.checkpoint_steps and not self.is_finished:
            return

        if self.trainer.is_global_zero:
            self.progress.seconds = time.perf_counter() - self.started
            state = Checkpoint(self.progress, self.network.state_dict(), self.optimizer.state_dict())
            checkpoint.save(self.folder, state)
        self.saved_step = self.progress.step
