"""The progress bar of a training, in a terminal."""

from typing import Any

import pytorch_lightning as lightning
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_REFRESH_RATE = 2  # a second: drawing takes time from training


class ProgressBar(lightning.Callback):
    """A progress bar of steps on stderr; if that is no terminal, one line at the end.

    `training` is Lightning's module, a `NetworkTraining` (see `lightning_module`).
    """

    def on_train_start(self, trainer: lightning.Trainer, training: Any) -> None:
        console = Console(stderr=True)
        first_step = training.progress.step
        if first_step and trainer.is_global_zero:
            sentence = f"train: going on from step {first_step:,} of {training.total_steps:,}"
            console.print(sentence, highlight=False)

        self.display = Progress(
            TextColumn("train"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            refresh_per_second=_REFRESH_RATE,
            disable=not trainer.is_global_zero,
        )
        self.display.start()
        self.bar = self.display.add_task("train", total=training.total_steps, completed=first_step, note="")

    def on_train_batch_end(self, _: lightning.Trainer, training: Any, *__: Any) -> None:
        self.display.update(self.bar, completed=training.progress.step)

    def on_validation_end(self, _: lightning.Trainer, training: Any) -> None:
        progress = training.progress
        best = f"best validation loss {progress.best_loss:.4f} in {progress.best_epoch}"
        self.display.update(self.bar, note=f"epoch {training.epochs_done}, {best}")

    def on_train_end(self, *_: Any) -> None:
        self.display.stop()

    def on_exception(self, *_: Any) -> None:
        if hasattr(self, "display"):
            self.display.stop()


def announce_finished(steps: int) -> None:
    """Print on stderr that a training with this key has finished before, after so many steps."""
    sentence = f"train: this training has finished before, after {steps:,} steps: its weights are taken"
    Console(stderr=True, soft_wrap=True).print(sentence, highlight=False)
