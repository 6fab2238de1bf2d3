"""What a person sees of a training while it runs."""

from typing import Any

import pytorch_lightning as lightning
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_REFRESH = 2  # a second: drawing takes time from training


class Bar(lightning.Callback):
    """A progress bar of steps on stderr; where that is no terminal, one line at the end."""

    def on_train_start(self, trainer: lightning.Trainer, learner: Any) -> None:
        columns = (
            TextColumn("train"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        console = Console(stderr=True)
        hidden = not trainer.is_global_zero
        if learner.progress.step and not hidden:
            console.print(f"train: going on from step {learner.progress.step:,} of {learner.steps:,}", highlight=False)
        self.progress = Progress(*columns, console=console, refresh_per_second=_REFRESH, disable=hidden)
        self.progress.start()
        self.task = self.progress.add_task("train", total=learner.steps, completed=learner.progress.step, note="")

    def on_train_batch_end(self, _: lightning.Trainer, learner: Any, *__: Any) -> None:
        self.progress.update(self.task, completed=learner.progress.step)

    def on_validation_end(self, _: lightning.Trainer, learner: Any) -> None:
        best = learner.progress.best_loss, learner.progress.best_epoch
        self.progress.update(self.task, note="epoch {}, best validation loss {:.4f} in {}".format(learner.epoch, *best))

    def on_train_end(self, *_: Any) -> None:
        self.progress.stop()

    def on_exception(self, *_: Any) -> None:
        if hasattr(self, "progress"):
            self.progress.stop()


def announce_finished(steps: int) -> None:
    """Say on stderr that a training of this key has finished before, so that none is run."""
    sentence = f"train: this training has finished before, after {steps:,} steps: its weights are taken"
    Console(stderr=True, soft_wrap=True).print(sentence, highlight=False)
