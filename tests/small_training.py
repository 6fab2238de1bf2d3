"""A tiny system, and a training of it as a script, so that it can be killed.

python small_training.py STATE RESULT [PACK MOMENT NUMBER]: writes weights and curves to RESULT; sends itself the signal
of that number at a moment (see `End`).
"""

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from safetensors.torch import save
from torch import Tensor, nn

from hallmark.answers.classes import network as classes
from hallmark.components.factories import Factory
from hallmark.contracts.examples import Examples
from hallmark.train.curve_logger import CurveLogger
from hallmark.train.schedule import WarmupCosine
from hallmark.train.trained_network import TrainedNetwork, TrainingConfig, train_network


class Network(nn.Module):
    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 2)
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


class Plain(nn.Module):
    """Without dropout and batch statistics, whose values depend on how a batch is shared out."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


def jitter(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Augmentation: a little noise."""
    return {**batch, "x": batch["x"] + 0.05 * torch.randn_like(batch["x"])}


def examples(rows: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    labels = np.array(["no", "yes"])[(x[:, 0] + x[:, 1] > 0).astype(int)]
    names = np.arange(rows).astype(str)
    table = pd.DataFrame(
        {"id": names, "entity": names, "fingerprint": [row.tobytes().hex() for row in x], "label": labels}
    )
    return Examples(table, {"x": x}, ("no", "yes"))


def made_by(target: Any, **arguments: Any) -> Factory:
    """Return what a component of the configuration becomes."""
    return Factory("train", target, partial(target, **arguments))


def config(
    folder: Path,
    *,
    lr: float = 1e-2,
    weight_decay: float = 1e-2,
    warmup: float = 0.1,
    patience: int = 3,
    clip: float | None = 1.0,
    callbacks: tuple[Callable[[], lightning.Callback], ...] = (),
    trainer: Mapping[str, Any] | None = None,
    **changes: Any,
) -> TrainingConfig:
    """Return the configuration of a training; `changes` are fields of it, `callbacks` further ones."""
    usual = (
        made_by(ModelCheckpoint, monitor="validation_loss", save_weights_only=True),
        made_by(EarlyStopping, monitor="validation_loss", patience=patience),
        made_by(LearningRateMonitor, logging_interval="step"),
    )
    settings: dict[str, Any] = {
        "seed": 7,
        "folder": folder,
        "epochs": 6,
        "batch_size": 50,
        "checkpoint_steps": 1,
        "optimizer": made_by(torch.optim.AdamW, lr=lr, weight_decay=weight_decay, fused=True),
        "scheduler": made_by(WarmupCosine, warmup=warmup),
        "augmentation": jitter,
        "trainer": made_by(lightning.Trainer, gradient_clip_val=clip, **(trainer or {})),
        "callbacks": (*callbacks, *usual),
        "loggers": (made_by(CurveLogger),),
        **changes,
    }
    return TrainingConfig(**settings)


def train(how: TrainingConfig, network: Callable[..., nn.Module] = Network) -> TrainedNetwork | None:
    """Train on 1,003 rows: 21 batches of 47 or 48, which are no whole number of packs.

    Where several processes train, all but the first get None.
    """
    return train_network(examples(1003, 0), examples(203, 1), network=made_by(network), answer=classes, config=how)


def run(folder: Path, *, network: Callable[..., nn.Module] = Network, **changes: Any) -> TrainedNetwork:
    """Train in this process alone."""
    trained = train(config(folder, **changes), network)
    assert trained is not None
    return trained


class End(lightning.Callback):
    """Sends this process a signal at a moment: "step 30", "validation 2" (within it), "kept 1" (as the best is saved),
    "epoch 2" (at its end), "partial 2" (while the checkpoint to go on from is written).
    """

    def __init__(self, moment: str, number: int) -> None:
        self.what, _, count = moment.partition(" ")
        self.count = int(count or 0)
        self.number = number

    def setup(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        if self.what not in ("kept", "partial"):
            return
        plugin = trainer.strategy.checkpoint_io
        save_checkpoint = plugin.save_checkpoint
        wanted = "resume.ckpt" if self.what == "partial" else "epoch="
        seen = 0

        def save_and_end(checkpoint: Any, path: Any, **options: Any) -> None:
            nonlocal seen
            seen += wanted in Path(path).name
            is_now = wanted in Path(path).name and seen == self.count
            if is_now and self.what == "partial":
                Path(path).with_name("resume.ckpt.partial").write_bytes(b"half a file")
                self._end()
            save_checkpoint(checkpoint, path, **options)
            if is_now:
                self._end()

        plugin.save_checkpoint = save_and_end  # type: ignore[method-assign,assignment]

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if self.what == "step" and trainer.global_step >= self.count:
            self._end()

    def on_validation_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if self.what == "validation" and trainer.current_epoch == self.count:
            self._end()

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if self.what == "epoch" and trainer.current_epoch == self.count:
            self._end()

    def _end(self) -> None:
        os.kill(os.getpid(), self.number)


def main(state: str, result: str, pack: str = "1", moment: str = "", number: str = "9") -> None:
    end = made_by(End, moment=moment, number=int(number))
    trained = train(config(Path(state), pack=int(pack), callbacks=(end,)))
    if trained:
        Path(result).write_bytes(save(trained.network.state_dict()))
        trained.curves.to_csv(result + ".csv")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:  # as hallmark.command does
        sys.exit(130)
