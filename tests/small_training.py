"""A tiny system, and a training of it as a script, so that it can be killed and be spread over processes.

python small_training.py STATE RESULT [STEP SIGNAL]: writes weights and curves to RESULT; sends itself a signal at STEP.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.torch import save
from torch import Tensor, nn

from hallmark.config.component import Component
from hallmark.config.stages import Train
from hallmark.contracts.examples import Examples
from hallmark.train.lightning_module import Sink, TrainingConfig
from hallmark.train.trained_network import TrainedNetwork, train_network


class Network(nn.Module):
    inputs = ("x",)

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

    inputs = ("x",)

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


def build(train_split: Examples, network: Component) -> nn.Module:
    return Plain() if network.arguments["plain"] else Network()


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    return nn.functional.cross_entropy(outputs, batch["target"])


def examples(rows: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    labels = np.array(["no", "yes"])[(x[:, 0] + x[:, 1] > 0).astype(int)]
    names = np.arange(rows).astype(str)
    table = pd.DataFrame(
        {"id": names, "entity": names, "fingerprint": [row.tobytes().hex() for row in x], "label": labels}
    )
    return Examples(table, {"x": x}, ("no", "yes"))


def config(
    folder: Path,
    *,
    plain: bool = False,
    sink: Sink = lambda *_: None,
    lr: float = 1e-2,
    weight_decay: float = 1e-2,
    warmup: float = 0.1,
    patience: int = 3,
    **changes: float,
) -> TrainingConfig:
    """Return the configuration of a training; `changes` are settings of the section `train`."""
    settings = {
        "epochs": 6,
        "batch_size": 50,
        "checkpoint_steps": 1,
        "network": {"_target_": "tests.small_training.Network", "plain": plain},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": lr, "weight_decay": weight_decay},
        "scheduler": {"_target_": "hallmark.train.schedule.WarmupCosine", "warmup": warmup},
        "trainer": {"_target_": "pytorch_lightning.Trainer"},
        "callbacks": {
            "early_stopping": {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "patience": patience}
        },
        **changes,
    }

    return TrainingConfig(settings=Train.model_validate(settings), seed=7, folder=folder, sink=sink)


def train(how: TrainingConfig) -> TrainedNetwork | None:
    """Train on 1,003 rows: 21 batches of 47 or 48, which are no whole number of chunks.

    Where several processes train, all but the first get None.
    """
    return train_network(examples(1003, 0), examples(203, 1), build=build, loss=loss, config=how)


def run(folder: Path, *, plain: bool = False, sink: Sink = lambda *_: None, **changes: float) -> TrainedNetwork:
    """Train in this process alone."""
    trained = train(config(folder, plain=plain, sink=sink, **changes))
    assert trained is not None
    return trained


def main(state: str, result: str, last: str = "inf", number: str = "9") -> None:
    def end(step: int, _: Mapping[str, float]) -> None:
        if step >= float(last):
            os.kill(os.getpid(), int(number))

    trained = train(config(Path(state), plain="HALLMARK_DEVICES" in os.environ, sink=end))
    if trained:
        Path(result).write_bytes(save(trained.network.state_dict()))
        trained.curves.to_csv(result + ".csv")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:  # as hallmark.command does
        sys.exit(130)
