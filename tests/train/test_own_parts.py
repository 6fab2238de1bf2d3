"""A person's own network, loss, augmentation, order, callback and logger: a file and lines of YAML."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small_task
import torch
import yaml
from imports import ROOT

from hallmark import extensions
from hallmark.config import Parameters
from hallmark.contracts.examples import write as write_examples
from hallmark.contracts.package import Package
from hallmark.errors import InputError
from hallmark.layout import Layout
from pipelines import train

pytestmark = pytest.mark.slow

LAYOUT = Layout("small")
TRAIN = small_task.PARAMETERS["train"] | {"batch_size": 8, "pack": 1, "sampler": None}
FILE = """
import pathlib

import pytorch_lightning as lightning
import torch
from pytorch_lightning.loggers import Logger
from torch import nn


class OwnNetwork(nn.Module):
    def __init__(self, train, width=8, outputs=2):
        super().__init__()
        columns = train.arrays["values"].shape[1]
        self.layers = nn.Sequential(nn.Linear(columns, width), nn.Tanh(), nn.Linear(width, outputs))

    def forward(self, values):
        return self.layers(values)


class OwnTraining(lightning.LightningModule):
    def __init__(self, train):
        super().__init__()
        self.network = OwnNetwork(train)

    def forward(self, values):
        return self.network(values)

    def training_step(self, batch, batch_idx):
        return nn.functional.cross_entropy(self(batch["values"]), batch["target"])

    def validation_step(self, batch, batch_idx):
        self.log("validation_loss", nn.functional.cross_entropy(self(batch["values"]), batch["target"]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def own_loss(outputs, batch, smoothing=0.0):
    return nn.functional.cross_entropy(outputs, batch["target"], label_smoothing=smoothing)


def own_augmentation(batch, deviation=0.1):
    return {**batch, "values": batch["values"] + deviation * torch.randn_like(batch["values"])}


def broken_augmentation(batch):
    return batch["values"]


class OwnOrder(torch.utils.data.Sampler):
    def __init__(self, train, epoch):
        self.rows = range(epoch % 2, len(train), 2)

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


class OwnCallback(lightning.Callback):
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def on_train_epoch_end(self, trainer, module):
        with self.path.open("a") as lines:
            lines.write(f"{trainer.current_epoch} {trainer.global_step}\\n")
        module.log("own/epoch", float(trainer.current_epoch))


class OwnLogger(Logger):
    name = "own"
    version = "0"

    def __init__(self, save_dir):
        super().__init__()
        self.path = pathlib.Path(save_dir) / "own.log"

    def log_hyperparams(self, *_, **__):
        pass

    def log_metrics(self, metrics, step=None):
        with self.path.open("a") as lines:
            lines.write(" ".join(metrics) + "\\n")
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with prepared examples of the small task, and a person's own file."""
    (tmp_path / "src").symlink_to(ROOT / "src")
    own_file = tmp_path / "extensions/small/parts.py"
    own_file.parent.mkdir(parents=True)
    own_file.write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_examples(small_task.examples(), LAYOUT.prepared, raw="a" * 64)
    return tmp_path


def own(name: str, **arguments: Any) -> dict[str, Any]:
    return {"_target_": f"extensions.small.parts.{name}", **arguments}


def parameters(**changes: Any) -> Parameters:
    """Return the small task's parameters with a changed section `train`, as configure writes them."""
    chosen = small_task.parameters(train=TRAIN | changes)
    digest = extensions.digest_of(chosen.own_names("train"), "small")
    return chosen.model_copy(update={"extensions": chosen.extensions.model_copy(update={"train": digest})})


def test_own_parts_are_trained_and_packaged(here: Path) -> None:
    callbacks = TRAIN["callbacks"] | {"own": own("OwnCallback", path="epochs.txt"), "early_stopping": None}
    chosen = parameters(
        network=own("OwnNetwork", width=6),
        loss=own("own_loss", smoothing=0.1),
        augmentation=own("own_augmentation"),
        sampler=own("OwnOrder"),
        callbacks=callbacks,
        logger=TRAIN["logger"] | {"own": own("OwnLogger")},
    )
    assert train.main(chosen, LAYOUT) == 0

    examples = small_task.examples()
    package = Package.load(LAYOUT.package)
    outputs = package.run({"values": examples.arrays["values"]})
    assert outputs["logits"].shape == (80, 2)
    assert package.manifest["parity"]["max_abs_difference"] <= package.manifest["parity"]["tolerance"]
    assert package.manifest["training"]["parameters"] == 3 * 6 + 6 + 6 * 2 + 2
    assert (here / "epochs.txt").read_text().splitlines() == ["0 2", "1 4", "2 6"]  # 10 of 20 rows an epoch, by 8

    curves = pd.read_csv(LAYOUT.curves)
    assert curves["own/epoch"].dropna().tolist() == [0, 1, 2]
    logged = next(here.glob(".state/small/*/own.log")).read_text()
    assert "validation_loss" in logged
    assert [finding["verdict"] for finding in json.loads(LAYOUT.findings("train").read_text())] == ["pass"]


def test_a_lightning_module_of_ones_own_is_trained_and_packaged(here: Path) -> None:
    assert train.main(parameters(network=own("OwnTraining")), LAYOUT) == 0
    package = Package.load(LAYOUT.package)
    assert package.run({"values": np.zeros((2, 3), np.float32)})["logits"].shape == (2, 2)
    assert pd.read_csv(LAYOUT.curves)["validation_loss"].notna().sum() == 3


def test_a_loss_of_torch_gets_the_target(here: Path) -> None:
    loss = {"_target_": "torch.nn.CrossEntropyLoss", "label_smoothing": 0.1}
    assert train.main(parameters(network=own("OwnNetwork"), loss=loss), LAYOUT) == 0


@pytest.mark.parametrize(("option", "file"), [("csv", "metrics.csv"), ("tensorboard", "events.out.tfevents.*")])
def test_the_shipped_loggers_write_into_the_folder_of_the_training(here: Path, option: str, file: str) -> None:
    section = yaml.safe_load((ROOT / f"conf/logger/{option}.yaml").read_text(encoding="utf-8"))
    del section["defaults"]
    assert train.main(parameters(network=own("OwnNetwork"), logger=TRAIN["logger"] | section), LAYOUT) == 0
    (written,) = here.glob(f".state/small/*/lightning_logs/version_0/{file}")
    assert written.stat().st_size > 0


def test_the_generic_network_suits_the_task(here: Path) -> None:
    network = {"_target_": "hallmark.layers.perceptron.Perceptron", "width": 8, "depth": 1}
    assert train.main(parameters(network=network, pack=8), LAYOUT) == 0
    assert Package.load(LAYOUT.package).manifest["inputs"][0]["name"] in ("unused", "values")


def test_an_edited_file_is_another_training(here: Path) -> None:
    examples = small_task.examples()
    splits = [examples.split(name) for name in ("train", "validation")]
    former_key = train._training_key(parameters(network=own("OwnNetwork")), *splits)
    (here / "extensions/small/parts.py").write_text(FILE.replace("Tanh", "ReLU"), encoding="utf-8")
    assert train._training_key(parameters(network=own("OwnNetwork")), *splits) != former_key


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": own("OwnNetwork", outputs=1)}, r"gives 'logits' of the shape \(8, 1\) .* needs \(8, 2\)"),
        ({"augmentation": own("broken_augmentation")}, "train.augmentation returns Tensor: it must return the batch"),
        ({"network": own("OwnNetwok")}, "holds nothing of the name OwnNetwok|no .*OwnNetwok"),
        ({"network": {"_target_": "torch.optim.SGD", "lr": 1.0}}, "it must be a subclass of torch.nn.Module"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(here: Path, changes: dict[str, Any], words: str) -> None:
    chosen = parameters(**({"network": own("OwnNetwork")} | changes))
    with pytest.raises(InputError, match=words):
        train.main(chosen, LAYOUT)
    assert not LAYOUT.package.exists()
    assert torch.is_grad_enabled()
