from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as lightning
import small_training

from hallmark.train import progress_bar
from hallmark.train.progress_bar import PacedProgressBar

STEPS = 21  # in an epoch


class CountingBar(PacedProgressBar):
    """Counts the batches of which it reads the metrics."""

    def __init__(self, refresh_rate: int) -> None:
        super().__init__(refresh_rate)
        self.reads = 0
        self.shown: float | None = None  # batches of the epoch that the bar shows at its end

    def get_metrics(self, *arguments: Any) -> dict[str, Any]:
        self.reads += 1
        metrics: dict[str, Any] = super().get_metrics(*arguments)
        return metrics

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self.progress is not None and self.train_progress_bar_id is not None:
            self.shown = self.progress.tasks[self.train_progress_bar_id].completed
        super().on_train_epoch_end(trainer, pl_module)


@pytest.mark.parametrize(("refresh_rate", "reads"), [(1, 6), (4, STEPS)])
def test_it_reads_metrics_as_often_as_it_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refresh_rate: int, reads: int
) -> None:
    """Of batches that take a quarter of a second each: once a second, or of every one."""
    seconds = count(step=0.25)
    monkeypatch.setattr(progress_bar, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    bar = CountingBar(refresh_rate)
    small_training.run(tmp_path, epochs=1, callbacks=(lambda: bar,))
    of_validation_and_epoch = 2
    assert bar.reads == reads + of_validation_and_epoch
    assert bar.shown == STEPS


def test_a_bar_that_is_switched_off_shows_nothing(tmp_path: Path) -> None:
    bar = CountingBar(0)
    small_training.run(tmp_path, epochs=1, callbacks=(lambda: bar,))
    assert bar.shown is None
    assert bar.reads == 0
