"""The callbacks that every training has beside those of its configuration."""

import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Checkpoint
from rich.console import Console

from hallmark.train.batches import Batch
from hallmark.train.curve_logger import CurveLogger, CurveRecorder
from hallmark.train.data_module import ExampleData

Augmentation = Callable[[Batch], Batch]
_STATE = "hallmark"  # the entry of a checkpoint that is ours


class BatchStart(lightning.Callback):
    """Seeds every generator at the start of a batch, then augments the batch on its device.

    What is random in a batch (augmentation, dropout) is a function of seed, batch and process, so
    that it is the same after a restart.
    """

    def __init__(self, seed: int, augmentation: Augmentation | None = None) -> None:
        self.seed = seed
        self.augmentation = augmentation
        # Of this turn of Lightning's loop.
        self.earlier_batches = 0  # of former epochs
        self.rank = 0
        self.is_on_gpu = False

    def on_train_batch_start(
        self, trainer: lightning.Trainer, _: lightning.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        n_batches = trainer.datamodule.train_batches.n_batches  # type: ignore[attr-defined]  # which Lightning sets
        self.earlier_batches = trainer.current_epoch * n_batches
        self.rank = trainer.global_rank
        self.is_on_gpu = trainer.strategy.root_device.type == "cuda"
        if isinstance(batch, dict):  # a list of batches: `PackedTraining` begins each of them
            batch.update(self.begin(batch, batch_idx))

    def begin(self, batch: Batch, position: int) -> Batch:
        """Seed the generators for the batch at a position of the epoch, and return the augmented batch."""
        count = self.earlier_batches + position
        self._seed_generators((self.seed * 1_000_003 + count) * 65_537 + self.rank)
        return batch if self.augmentation is None else self.augmentation(batch)

    def _seed_generators(self, seed: int) -> None:
        # Not torch.manual_seed, which keeps a stack trace for each absent kind of device: 2 ms and
        # a leak each time.
        torch.default_generator.manual_seed(seed)
        if self.is_on_gpu:
            torch.cuda.manual_seed(seed)
        # A person's own augmentation may draw from these.
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002


class Interruptible(lightning.Callback):
    """Has SIGTERM end a training as Ctrl-C does: `kill` sends it, a scheduler whose time is up, `torchrun`.

    With Lightning's own handler the process would exit with status 0, as if the training had come
    to its end, and several processes would exchange a tensor in the midst of another exchange.
    Lightning puts the former handler back where the training ends.
    """

    def on_train_start(self, *_: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


class ResumePoint(Checkpoint):
    """Saves the checkpoint that an interrupted training goes on from: Lightning's own, with what it lacks.

    It is saved about every `every` steps of the optimiser, and where the training ends. Lightning
    runs checkpoint callbacks last, so that it has the state of all others.
    """

    def __init__(self, path: Path, every: int, recorder: CurveRecorder) -> None:
        self.path = path
        self.every = every
        self.recorder = recorder
        self.saved_step = 0
        self.seconds = 0.0  # of training, over all restarts
        self.loaded: dict[str, Any] = {}
        self.coming_lines: list[dict[str, float]] = []

    def on_train_start(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        self.started = time.perf_counter() - self.seconds
        if not self.loaded:
            return

        data = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, ExampleData)
        # Lightning forgets it where a module's configure_optimizers asked for the number of steps.
        data.train_batches.start = self.loaded["position"]
        trainer.callback_metrics.update({name: torch.tensor(value) for name, value in self.loaded["metrics"].items()})
        trainer.should_stop = self.loaded["is_stopped"]
        if trainer.is_global_zero:
            self._send_curves(trainer)
            sentence = f"train: going on from step {trainer.global_step:,}, in epoch {trainer.current_epoch + 1}"
            Console(stderr=True, soft_wrap=True).print(sentence, highlight=False)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, _: lightning.LightningModule, __: Any, ___: Any, batch_idx: int
    ) -> None:
        # At the end of an epoch, `on_train_epoch_end` saves, after the validation.
        has_whole_step = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        is_within_epoch = not trainer.is_last_batch and not _is_validated_next(trainer)
        if has_whole_step and is_within_epoch and self._is_due(trainer):
            self._save(trainer, coming_line=_metrics_of_batch(trainer))

    def on_train_epoch_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        data = trainer.datamodule  # type: ignore[attr-defined]
        data.train_batches.position = 0  # of the next epoch, also where limit_train_batches cut this one short
        is_last_epoch = trainer.current_epoch + 1 == trainer.max_epochs
        if self._is_due(trainer) or trainer.should_stop or is_last_epoch:
            self._save(trainer)

    def on_train_end(self, *_: Any) -> None:
        self.seconds = time.perf_counter() - self.started

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, _: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        data = trainer.datamodule  # type: ignore[attr-defined]
        checkpoint[_STATE] = {
            "curves": [*self.recorder.lines, *self.coming_lines],
            "seconds": time.perf_counter() - self.started,
            "position": data.train_batches.position % data.train_batches.n_batches,
            "metrics": {name: float(value) for name, value in trainer.callback_metrics.items()},
            "is_stopped": trainer.should_stop,
        }

    def on_load_checkpoint(
        self, _: lightning.Trainer, __: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self.loaded = checkpoint[_STATE]
        self.saved_step = checkpoint["global_step"]
        self.seconds = self.loaded["seconds"]
        self.recorder.lines = list(self.loaded["curves"])

    def _send_curves(self, trainer: lightning.Trainer) -> None:
        """Send the curves up to this point once more, since the last line may have been saved and not sent."""
        for logger in trainer.loggers:
            if isinstance(logger, CurveLogger):
                for line in self.recorder.lines:
                    logger.record(int(line["step"]), {name: value for name, value in line.items() if name != "step"})

    def _is_due(self, trainer: lightning.Trainer) -> bool:
        return trainer.global_step - self.saved_step >= self.every

    def _save(self, trainer: lightning.Trainer, coming_line: Mapping[str, float] | None = None) -> None:
        """Save the checkpoint; `coming_line` has the metrics that Lightning logs next, at this step."""
        if trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        self.coming_lines = [{"step": trainer.global_step, **coming_line}] if coming_line else []
        trainer.save_checkpoint(self.path)
        self.coming_lines = []
        self.saved_step = trainer.global_step


def _is_validated_next(trainer: lightning.Trainer) -> bool:
    """Say whether a validation follows this batch, which Lightning would leave out after a restart at this point."""
    loop = trainer.fit_loop
    assert loop._data_fetcher is not None
    return loop.epoch_loop._should_check_val_fx(loop._data_fetcher)


def _metrics_of_batch(trainer: lightning.Trainer) -> dict[str, float]:
    """Return the metrics of this batch that Lightning logs after the hooks of its end."""
    connector = trainer._logger_connector  # as Lightning's own LearningRateMonitor asks
    if not connector.should_update_logs:
        return {}
    return {name: float(value) for name, value in connector.metrics["log"].items()}
