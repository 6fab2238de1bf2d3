"""A training that several processes share, as a script: the environment variable MACHINE says how many, and how.

python shared_training.py FOLDER NETWORK [STEP RANK NUMBER]: trains in FOLDER/state, and writes the weights and the
curves to FOLDER; process RANK sends itself the signal of that number, SIGKILL without one, after so many steps. NETWORK
is `plain` or `packed` (a network of ours), or `own` (a whole LightningModule, which logs an accuracy of torchmetrics).
"""

import os
import sys
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import small_training
import torch
import torchmetrics
from imports import ROOT
from safetensors.torch import save
from torch import Tensor, nn

from hallmark.errors import InputError
from hallmark.train import launchers, machine


class Own(lightning.LightningModule):
    """A person's own module: nothing in it knows of several processes but sync_dist."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(4, 16)
        self.blocks = nn.ModuleList(nn.Linear(16, 16) for _ in range(2))
        self.head = nn.Linear(16, 2)
        self.accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=2)

    def forward(self, x: Tensor) -> Tensor:
        states = torch.relu(self.enter(x))
        for block in self.blocks:
            states = states + torch.relu(block(states))
        logits: Tensor = self.head(states)
        return logits

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        return nn.functional.cross_entropy(self(batch["x"]), batch["target"])

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        logits = self(batch["x"])
        self.accuracy(logits, batch["target"])
        self.log("accuracy", self.accuracy)
        loss = nn.functional.cross_entropy(logits, batch["target"])
        self.log("validation_loss", loss, sync_dist=True, batch_size=len(logits))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=1e-2)


class Kill(lightning.Callback):
    """Sends one process a signal after a step."""

    def __init__(self, step: int, rank: int, number: int) -> None:
        self.step = step
        self.rank = rank
        self.number = number

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.global_step >= self.step and trainer.global_rank == self.rank:
            os.kill(os.getpid(), self.number)


NETWORKS = {"plain": small_training.Plain, "packed": small_training.Plain, "own": Own}


def main(folder: str, network: str, step: str = "1000000", rank: str = "0", number: str = "9") -> None:
    launchers.forget_others()
    config = small_training.config(
        Path(folder) / "state",
        pack=8 if network == "packed" else 1,
        augmentation=None,  # its noise depends on how a batch is shared out
        callbacks=(small_training.made_by(Kill, step=int(step), rank=int(rank), number=int(number)),),
        machine=machine.trainer_arguments(machine.read(conf=ROOT / "conf"), task="small"),
    )
    trained = small_training.train(config, NETWORKS[network])
    if trained:
        (Path(folder) / "weights").write_bytes(save(trained.network.state_dict()))
        trained.curves.to_csv(Path(folder) / "curves.csv")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:  # as hallmark.command does
        sys.exit(130)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
