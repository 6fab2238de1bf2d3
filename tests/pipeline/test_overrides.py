"""Hydra's habits by the commands that one types, with a real DVC: overrides of one run, and experiments."""

import pandas as pd
import pytest
import yaml
from project import Project

pytestmark = pytest.mark.pipeline

NETWORK = """
from torch import nn


class Small(nn.Module):
    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def forward(self, image):
        return self.layers(image.float() / 255)
"""
OPTION = """# @package train.network
# Two layers: to see that an option of one's own is one like any other.
_target_: extensions.image.nets.Small
width: 5
"""


def overridden(project: Project) -> list[str]:
    content = yaml.safe_load((project.folder / "params/image.yaml").read_text(encoding="utf-8"))
    overrides: list[str] = content["overrides"]
    return overrides


def test_an_override_is_a_change_that_dvc_sees_and_that_the_next_run_takes_back(project: Project) -> None:
    done = project.run("pipelines.repro", "configure@image", TASK="image", SET="optimizer=sgd train.epochs=5")
    assert done.returncode == 0, done.stderr
    assert overridden(project) == ["optimizer=sgd", "train.epochs=5"]
    changes = project.run("dvc", "params", "diff", "--targets", "params/image.yaml").stdout
    for words in ("train.epochs", "torch.optim.SGD", "overrides"):
        assert words in changes
    assert "optimizer=sgd" in project.git("diff", "conf/overrides.yaml")

    done = project.run("pipelines.repro", "configure@image", TASK="image")
    assert done.returncode == 0, done.stderr
    assert project.git("diff", "conf", "params") == ""


def test_an_experiment_overrides_in_words_of_hydra_or_sets_a_key_of_the_task(project: Project) -> None:
    assert project.run("pipelines.repro", "configure@image").returncode == 0
    project.commit()
    for override in ('conf/overrides.yaml:image=["optimizer=sgd"]', "conf/task/image.yaml:train.epochs=5"):
        done = project.run("dvc", "exp", "run", "-S", override, "configure@image")
        assert done.returncode == 0, done.stderr
    shown = project.run("dvc", "exp", "show", "--csv").stdout
    assert "torch.optim.SGD" in shown

    assert overridden(project) == ["optimizer=sgd"]  # the second builds on the workspace of the first
    text = (project.folder / "params/image.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["train"]["epochs"] == 5


def test_a_misspelt_override_ends_before_dvc_begins(project: Project) -> None:
    done = project.run("pipelines.repro", "configure@image", TASK="image", SET="optimizer=sdg")
    assert done.returncode == 2
    assert done.stderr == "repro: the override 'optimizer=sdg' names no option of optimizer; did you mean sgd?\n"
    assert project.git("status", "--short") == ""


def test_what_is_composed_is_shown(project: Project) -> None:
    done = project.run("pipelines.composed", "image", SET="optimizer=sgd")
    assert done.returncode == 0, done.stderr
    assert "conf/optimizer/sgd.yaml" in done.stdout
    assert "conf/overrides.yaml" not in project.git("status", "--short")


def test_arguments_of_lightnings_trainer_are_keys_of_the_task(project: Project) -> None:
    """Bfloat16, clipping and a profiler, each by its own word (L3 of docs/packages.md)."""
    project.edit("conf/task/image.yaml", **{"train.network.width": 4, "train.epochs": 1})
    words = "trainer=bf16 train.trainer.gradient_clip_val=0.5 +train.trainer.profiler=simple"
    done = project.run("pipelines.repro", "train@image", TASK="image", SET=words)
    assert done.returncode == 0, done.stderr

    text = (project.folder / "params/image.yaml").read_text(encoding="utf-8")
    trainer = yaml.safe_load(text)["train"]["trainer"]
    assert trainer.pop("_target_") == "pytorch_lightning.Trainer"
    assert trainer == {
        "precision": "bf16-mixed",
        "gradient_clip_val": 0.5,
        "accumulate_grad_batches": 1,
        "profiler": "simple",
    }
    assert "run_training_batch" in done.stdout + done.stderr


def test_an_option_of_ones_own_trains_beside_another_logger(project: Project) -> None:
    """`SET=network=mine` and `SET="logger=csv"` (H5 and L7 of docs/packages.md)."""
    folder = project.folder
    (folder / "conf/network/mine.yaml").write_text(OPTION, encoding="utf-8")
    (folder / "extensions/image").mkdir()
    (folder / "extensions/image/nets.py").write_text(NETWORK, encoding="utf-8")

    words = "network=mine logger=csv train.epochs=2"
    done = project.run("pipelines.repro", "train@image", TASK="image", SET=words)
    assert done.returncode == 0, done.stderr
    assert project.json("models/image/package.json")["training"]["parameters"] == 64 * 5 + 5 + 5 * 10 + 10

    curves = pd.read_csv(folder / "reports/image/train/curves.csv")
    table = pd.read_csv(next(folder.glob(".state/image/*/**/metrics.csv")))
    losses = curves["validation_loss"].dropna().tolist()
    assert len(losses) == 2
    assert table["validation_loss"].dropna().tolist() == pytest.approx(losses)
