"""HAM10000 by YAML alone, through every stage: seven kinds split by lesion, and melanoma on images from elsewhere."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from known import known
from project import Add, Project
from sklearn.metrics import roc_auc_score

from hallmark.contracts import examples
from hallmark.contracts.package import Package

pytestmark = [
    pytest.mark.public_data,
    pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here"),
]


def run(project: Project, raw: Path) -> dict[tuple[str, str], float | None]:
    """Run every stage of the task, and return what it found on its test split, by check and subject."""
    for name in ("images_28_rgb.npz", "metadata.csv"):
        shutil.copy(Path(os.environ["HALLMARK_PUBLIC_DATA"]) / "ham10000" / name, raw)
    done = project.repro(f"publish@{raw.name}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return {(one.check, one.subject): one.estimate for one in project.findings(raw.name, "evaluate")}


def test_seven_kinds_of_lesion_split_by_lesion(project: Project, own_task: Add) -> None:
    measured = run(project, own_task("skin", "medical"))
    assert known(measured["evaluate.metric", "accuracy"]) >= 0.74
    assert known(measured["evaluate.gain", "accuracy over extra trees"]) > 0

    test = examples.read(project.folder / "data/prepared/skin").split("test")
    logits = Package.load(project.folder / "models/skin").run(test.arrays)["logits"].astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    area = roc_auc_score(test.targets(), shares, multi_class="ovr", average="macro")
    assert area >= 0.93

    verdict = project.json("reports/skin/gate/verdict.json")
    assert verdict["status"] != "eligible"  # nobody has signed


def test_melanoma_on_images_from_elsewhere(project: Project, own_task: Add) -> None:
    measured = run(project, own_task("melanoma", "medical"))
    assert known(measured["evaluate.metric", "roc_auc"]) >= 0.81
    assert project.json("reports/melanoma/gate/verdict.json")["status"] != "eligible"
