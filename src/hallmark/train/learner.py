"""One network being trained: the Lightning module. Lightning brings devices, DDP and precision; the steps are ours."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn

from hallmark.errors import InputError
from hallmark.train import state
from hallmark.train.batches import Augment, Batch, Batches, Epoch

Loss = Callable[[Any, Mapping[str, Tensor]], Tensor]
Sink = Callable[[int, Mapping[str, float]], None]  # (step, metrics): live curves
_CLIP = 1.0  # gradient norm
_LINES = 400  # of the training curve, about: logging costs a synchronisation


@dataclass(frozen=True)
class Plan:
    """How to train. The fields are the keys of `train` in the parameters, and the seed."""

    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: float
    checkpoint_steps: int
    network: Any  # the system's own section: the class `Network` of its part `config`
    seed: int

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step: a linear rise over the warmup, then half a cosine down to 0
        (Loshchilov & Hutter 2017, "SGDR")."""
        rise = round(self.warmup * steps)
        if step < rise:
            return self.learning_rate * (step + 1) / rise
        return self.learning_rate * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise))) / 2


class Learner(lightning.LightningModule):
    """Trains `network` on `tensors`. A step is one global batch, whatever the number of processes."""

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        plan: Plan,
        tensors: Mapping[str, Mapping[str, Tensor]],
        *,
        augment: Augment | None,
        folder: Path,
        sink: Sink,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network, self.loss, self.plan = network, loss, plan
        self.inputs: tuple[str, ...] = network.inputs  # type: ignore[assignment]  # to mypy a tensor or a module
        self.folder, self.sink, self.progress, self.saved = folder, sink, state.Progress(), 0
        self.batches = {
            "train": Batches(tensors["train"], plan.batch_size, seed=plan.seed, augment=augment),
            "validation": Batches(tensors["validation"], plan.batch_size),
        }
        self.weights = list(network.parameters())
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=True
        )
        self.found = state.load(folder)
        if self.found:
            self.progress, saved, _ = self.found
            self.network.load_state_dict(saved)
            self.saved = self.progress.step

    @property
    def steps(self) -> int:
        """Steps of all epochs together."""
        return len(self.batches["train"]) * self.plan.epochs

    @property
    def epoch(self) -> int:
        """Epochs that are complete."""
        return self.progress.step // len(self.batches["train"])

    @property
    def finished(self) -> bool:
        between = self.progress.step % len(self.batches["train"]) == 0
        waited = self.epoch - self.progress.best_epoch
        return between and (self.epoch >= self.plan.epochs or waited >= self.plan.patience)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.optimizer

    def setup(self, stage: str) -> None:  # noqa: ARG002  # Lightning passes it by name
        rank, world = self.trainer.global_rank, self.trainer.world_size
        self.batches = {name: replace(batches, rank=rank, world=world) for name, batches in self.batches.items()}

    def train_dataloader(self) -> Epoch:
        epoch, position = divmod(self.progress.step, len(self.batches["train"]))
        return Epoch(self.batches["train"], epoch, position)

    def val_dataloader(self) -> Epoch:
        return Epoch(self.batches["validation"])

    def on_train_start(self) -> None:
        if self.found:  # by now the weights are where they are trained, and their moments must be there too
            self.optimizer.load_state_dict(self.found[2])
        self.started = time.perf_counter() - self.progress.seconds

    def training_step(self, stretch: list[tuple[Batch, float]], _: int) -> None:
        total = torch.zeros((), device=self.device)
        for batch, weight in stretch:
            total += self._step(batch, weight)
        self.progress.loss_steps += len(stretch)
        # The mean over the processes: each saw its slice of every batch.
        self.progress.loss_sum += float(self.trainer.strategy.reduce(total, reduce_op="mean"))
        self._require_finite(self.progress.loss_sum, "training")

    def _step(self, batch: Batch, weight: float) -> Tensor:
        # Dropout repeats after a restart: its randomness is a function of seed, step and rank.
        self._seed((self.plan.seed * 1_000_003 + self.progress.step) * 65_537 + self.global_rank)
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(self.progress.step, self.steps)
        self.optimizer.zero_grad()
        loss = self._loss(batch) * weight
        self.manual_backward(loss)
        nn.utils.clip_grad_norm_(self.weights, _CLIP)
        self.optimizer.step()
        self.progress.step += 1
        return loss.detach()

    def _seed(self, seed: int) -> None:
        # torch.manual_seed keeps a stack trace for each kind of device that is not there, every time: 2 ms and a leak.
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def _loss(self, batch: Batch) -> Tensor:
        return self.loss(self.network(*(batch[name] for name in self.inputs)), batch)

    def on_train_batch_end(self, *_: Any) -> None:
        if self.progress.loss_steps >= self.steps / _LINES:
            self._tell(
                train_loss=self.progress.loss_sum / self.progress.loss_steps,
                learning_rate=self.plan.rate(self.progress.step - 1, self.steps),
            )
            self.progress.loss_sum, self.progress.loss_steps = 0.0, 0
        if self.progress.step % len(self.batches["train"]):  # at the end of an epoch, after its validation
            self._save()

    def on_validation_epoch_start(self) -> None:
        self.validation = torch.zeros(2, dtype=torch.float64)  # sum of the losses, examples

    def validation_step(self, stretch: list[tuple[Batch, float]], _: int) -> None:
        for batch, _weight in stretch:
            rows = len(next(iter(batch.values())))
            self.validation += torch.tensor([float(self._loss(batch)) * rows, rows], dtype=torch.float64)

    def on_validation_epoch_end(self) -> None:
        seen = self.validation.to(self.device, torch.float32 if self.device.type == "mps" else torch.float64)
        total, rows = self.trainer.strategy.reduce(seen, reduce_op="sum").tolist()
        loss = total / rows
        self._require_finite(loss, "validation")
        self._tell(validation_loss=loss)
        if loss < self.progress.best_loss:
            weights = {name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()}
            self.progress = replace(self.progress, best_loss=loss, best_epoch=self.epoch, best_weights=weights)
        if self.finished:
            self.trainer.should_stop = True
        self._save()

    def _require_finite(self, loss: float, split: str) -> None:
        if not math.isfinite(loss):
            raise InputError(
                f"the {split} loss is {loss} at step {self.progress.step}: an input is not finite,"
                f" or train.learning_rate {self.plan.learning_rate:g} is too high"
            )

    def _tell(self, **metrics: float) -> None:
        epoch = self.progress.step / len(self.batches["train"])
        self.progress.curves.append({"step": self.progress.step, "epoch": epoch, **metrics})
        self.sink(self.progress.step, metrics)

    def _save(self) -> None:
        due = self.progress.step - self.saved >= self.plan.checkpoint_steps or self.finished
        if due and self.trainer.is_global_zero:
            self.progress.seconds = time.perf_counter() - self.started
            state.save(self.folder, self.progress, self.network.state_dict(), self.optimizer.state_dict())
        self.saved = self.progress.step if due else self.saved
