"""A person's own reader, expectation, network, callback and metric, by YAML and a file: judged and registered."""

import json

import numpy as np
import pytest
from project import Project

from hallmark.contracts.package import Package

pytestmark = pytest.mark.pipeline

# What a person writes: plain PyTorch, Lightning, Great Expectations and pandas, nothing of this project.
OWN = '''
from pathlib import Path

import pandas as pd
import pytorch_lightning as pl
from great_expectations.expectations import ExpectColumnValuesToBeBetween
from torch import nn

from extensions.leaves.layers import Scale


class LeafNet(nn.Module):
    def __init__(self, *, hidden: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), Scale(), nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, image):
        return self.body(image.float())


class CountSteps(pl.Callback):
    def __init__(self, path: str) -> None:
        self.path = path
        self.steps = 0

    def on_before_zero_grad(self, trainer, module, optimizer) -> None:
        self.steps += 1

    def on_fit_end(self, trainer, module) -> None:
        Path(self.path).write_text(f"{self.steps} {trainer.global_step}")


class ExpectInk(ExpectColumnValuesToBeBetween):
    """Ink is a share."""

    min_value: float = 0.0
    max_value: float = 1.0


def read_scans(folder: Path, *, fraction: float) -> pd.DataFrame:
    table = pd.read_csv(folder / "metadata.csv", dtype={"label": str, "entity": str})
    table = table.head(int(fraction * len(table)))
    table["image"] = [(folder / name).read_bytes() for name in table["file"]]
    return table


def most_frequent_share(predictions: pd.DataFrame) -> float:
    return float(predictions["prediction"].value_counts(normalize=True).iloc[0])
'''
LAYERS = """
from torch import nn


class Scale(nn.Module):
    def forward(self, pixels):
        return pixels / 255
"""
TASK = """
# @package _global_
about:
  title: Own parts
  purpose: Show that a person's own parts go all the way.
prepare:
  reader: {_target_: extensions.leaves.own.read_scans, fraction: 0.9}
  reading:
    format: parquet
    height: 8
    width: 8
    labels: {"0": "0", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9"}
    columns: {image: image, id: file, entity: entity, time: time}
    bands: {stroke: {column: ink, edges: [0.33], names: [thin, thick]}}
  split:
    method: time
    fractions: {train: 0.45, validation: 0.15, test: 0.3, recent: 0.1}
validate:
  expectations:
    ink: {type: extensions.leaves.own.ExpectInk, arguments: {column: descriptor.ink}}
train:
  epochs: 6
  batch_size: 32
  network: {_target_: extensions.leaves.own.LeafNet, hidden: 32, classes: 10}
  callbacks:
    count: {_target_: extensions.leaves.own.CountSteps, path: steps.txt}
evaluate:
  metrics: [accuracy, log_loss, brier, calibration_error, cost]
  functions:
    modal_share: {function: extensions.leaves.own.most_frequent_share, direction: lower, support: share}
bias: {groups: [stroke]}
drift: {n_permutations: 60}
gate:
  requirements:
    accuracy: {check: evaluate.metric, metric: accuracy, at_least: 0.5}
publish: {examples: true}
"""


@pytest.fixture
def run(project: Project) -> Project:
    """The task `leaves` from its raw data to its registered version."""
    folder = project.folder
    (folder / "conf/task/leaves.yaml").write_text(TASK.lstrip(), encoding="utf-8")
    project.edit("conf/tasks.yaml", **{"tasks.leaves": {"system": "image"}})
    own = folder / "extensions/leaves"
    own.mkdir()
    (own / "own.py").write_text(OWN, encoding="utf-8")
    (own / "layers.py").write_text(LAYERS, encoding="utf-8")

    made = project.run("pipelines.raw", "image")
    assert made.returncode == 0, made.stderr
    (folder / "data/raw/image").rename(folder / "data/raw/leaves")
    done = project.repro("publish@leaves")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return project


def test_a_persons_own_parts_go_all_the_way(run: Project) -> None:
    folder = run.folder
    package = Package.load(folder / "models/leaves")
    logits = package.run({"image": np.zeros((3, 1, 8, 8), np.uint8)})["logits"]
    assert logits.shape == (3, 10)

    steps, global_step = map(int, (folder / "steps.txt").read_text().split())
    training = json.loads((folder / "models/leaves/package.json").read_text())["training"]
    assert steps == global_step == training["steps"]

    expectation = next(each for each in run.findings("leaves", "validate") if each.check == "validate.ink")
    assert (expectation.verdict, expectation.column) == ("pass", "descriptor.ink")
    own_metric = next(each for each in run.findings("leaves", "evaluate") if each.metric == "modal_share")
    assert own_metric.estimate is not None
    assert 0.1 <= own_metric.estimate < 0.5
    measured = [each for each in run.findings("leaves", "evaluate") if each.check == "evaluate.metric"]
    accuracy = {each.metric: each.estimate or 0 for each in measured}["accuracy"]
    assert accuracy > 0.7
    published = run.json("reports/leaves/publish/version.json")
    assert published["model"] == "leaves"
    assert published["hallmark.verdict"] == run.json("reports/leaves/gate/verdict.json")["status"]

    # An edit of a file that only the network's file imports trains again; one of a stranger's file runs nothing.
    (folder / "extensions/leaves/unused.py").write_text("A = 1\n", encoding="utf-8")
    assert "Running stage 'train@leaves'" not in run.repro("publish@leaves").stdout
    layers = folder / "extensions/leaves/layers.py"
    layers.write_text(LAYERS.replace("255", "256"), encoding="utf-8")
    for judging in ("gate", "promote"):  # by what has changed since the training
        refused = run.run(f"pipelines.{judging}", "leaves")
        assert refused.returncode == 2
        assert "or a file that it imports, has changed since `configure` ran" in " ".join(refused.stderr.split())
    assert "Running stage 'train@leaves'" in run.repro("train@leaves").stdout
    assert run.network() == []
