"""Loggers of Lightning for the curves: in memory, for curves.csv, and live, for MLflow.

What any module or callback logs with `self.log` comes here. A step is one of the optimiser.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as lightning
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

Sink = Callable[[int, Mapping[str, float]], None]  # takes (step, metrics), for live curves
# The first columns of curves.csv; what else is logged follows.
_COLUMNS = ("step", "epoch", "train_loss", "learning_rate", "validation_loss")


class _StepLogger(Logger):
    """A logger by steps of the optimiser.

    Lightning counts turns of its loop instead, which take several steps each where batches are
    packed.
    """

    trainer: lightning.Trainer

    @property
    def name(self) -> str:
        return ""

    @property
    def version(self) -> str:
        return ""

    def log_hyperparams(self, *_: Any, **__: Any) -> None:
        """Do nothing: the parameters of a task stand in params/<task>.yaml."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:  # noqa: ARG002
        own_metrics = {name: float(value) for name, value in metrics.items() if name != "epoch"}
        if own_metrics:
            self.record(self.trainer.global_step, own_metrics)

    def record(self, step: int, metrics: Mapping[str, float]) -> None:
        raise NotImplementedError


class CurveRecorder(_StepLogger):
    """Keeps the lines of curves.csv; a checkpoint takes them along."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where Lightning's own checkpoints go."""
        super().__init__()
        self.folder = folder
        self.lines: list[dict[str, float]] = []

    @property
    def save_dir(self) -> str:
        return str(self.folder)

    def record(self, step: int, metrics: Mapping[str, float]) -> None:
        self.lines.append({"step": step, **metrics})


class CurveLogger(_StepLogger):
    """Sends every metric to `sink(step, metrics)`: a file at once, and MLflow when it answers."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self.sink = sink

    def record(self, step: int, metrics: Mapping[str, float]) -> None:
        self.sink(step, metrics)


def curves_table(lines: list[dict[str, float]], *, steps_per_epoch: int) -> pd.DataFrame:
    """Return a row for each step that has a metric: step, epoch (fractional), and a column for each metric.

    NaN where a step has no such value.
    """
    rows: dict[float, dict[str, float]] = {}
    for line in lines:
        row = rows.setdefault(line["step"], {"step": line["step"], "epoch": line["step"] / steps_per_epoch})
        row.update(line)

    names = {name: None for line in lines for name in line}
    columns = [*_COLUMNS, *(name for name in names if name not in _COLUMNS)]
    table = pd.DataFrame(list(rows.values()), columns=columns)
    return table.astype({"step": int}).sort_values("step", ignore_index=True)
