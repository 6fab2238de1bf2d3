"""The tasks in docs/examples are what a person copies: they compose, and reach what they promise on the real files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from hallmark import examples, systems
from hallmark.configure.composing import compose_task
from hallmark.prepare.preparing import prepare

ROOT = Path(__file__).parents[1]
SYSTEMS = {"fashion": "image", "credit": "fraud"}
RAW = {"fashion": ("fashion_mnist", "*-ubyte.gz"), "credit": ("credit_default", "*.csv")}
REACHED = {"fashion": ("accuracy", 0.91), "credit": ("roc_auc", 0.77)}
needs_data = pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here")


def _conf(folder: Path) -> Path:
    """A copy of conf/ with the examples in it."""
    conf = shutil.copytree(ROOT / "conf", folder / "conf")
    for example in (ROOT / "docs/examples").glob("*.yaml"):
        shutil.copy(example, conf / "task")
    return conf


def _place(task: str, folder: Path) -> None:
    """Put the real files where a person would."""
    folder.mkdir(parents=True)
    name, files = RAW[task]
    for file in (Path(os.environ["HALLMARK_PUBLIC_DATA"]) / name).glob(files):
        shutil.copy(file, folder)


def test_every_example_is_tried_here() -> None:
    assert {file.stem for file in (ROOT / "docs/examples").glob("*.yaml")} == set(SYSTEMS)


@pytest.mark.parametrize("task", SYSTEMS)
def test_an_example_composes(tmp_path: Path, task: str) -> None:
    system = SYSTEMS[task]
    composed = compose_task(_conf(tmp_path), task, system=system, parts=systems.load(system, "config"))
    assert composed.about.title
    assert composed.prepare.reading.source.title  # a person's own data says where it comes from


@needs_data
def test_fashion_keeps_the_published_split(tmp_path: Path) -> None:
    composed = compose_task(_conf(tmp_path), "fashion", system="image", parts=systems.load("image", "config"))
    keys = OmegaConf.to_container(composed.prepare)
    assert isinstance(keys, dict)
    _place("fashion", tmp_path / "raw")
    raw = systems.load("image", "reading").read(tmp_path / "raw", **keys["reading"])
    prepared = prepare(raw, seed=7, **keys["split"])
    assert prepared.table["split"].value_counts().to_dict() == {
        "train": 51000, "validation": 6000, "test": 10000, "recent": 3000,
    }  # fmt: skip
    assert (prepared.table["split"] == "test").eq(prepared.table["id"].str.startswith("test-")).all()
    assert set(prepared.table["group.fill"]) == {"sparse", "medium", "full"}
    assert prepared.table["fingerprint"].is_unique


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("task", SYSTEMS)
def test_an_example_reaches_what_it_promises(tmp_path: Path, task: str) -> None:
    conf = _conf(tmp_path)
    tasks = OmegaConf.load(conf / "tasks.yaml")
    tasks.tasks[task] = {"system": SYSTEMS[task]}
    OmegaConf.save(tasks, conf / "tasks.yaml")
    _place(task, tmp_path / "data/raw" / task)
    for part in ("src", "pipelines", "dvc.yaml", "requirements.lock"):  # whose digests the verdict names
        (tmp_path / part).symlink_to(ROOT / part)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")])}
    environment["MLFLOW_TRACKING_URI"] = f"sqlite:///{tmp_path}/mlflow.db"
    for stage in ("configure", "prepare", "validate", "train", "evaluate", "bias", "drift", "gate", "publish"):
        command = [sys.executable, "-m", f"pipelines.{stage}", task]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{stage}: {done.stdout}{done.stderr}"
    metric, least = REACHED[task]
    found = json.loads((tmp_path / f"reports/{task}/evaluate/findings.json").read_text())
    reached = {finding["subject"]: finding for finding in found if finding["check"] == "evaluate.metric"}
    assert reached[metric]["estimate"] >= least
    assert len(examples.read(tmp_path / f"data/prepared/{task}").split("test")) >= 5000
