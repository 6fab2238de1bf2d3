"""The wall-following robot, real data: the shipped example reads it, and the baselines reach what is known of it."""

import os
from pathlib import Path
from typing import Any

import pytest
import raw_data
from omegaconf import OmegaConf
from sklearn.ensemble import RandomForestClassifier

from hallmark import answers, systems
from hallmark.prepare import prepare_examples
from hallmark.systems.robotics import baselines

pytestmark = pytest.mark.public_data

ROOT = Path(__file__).parents[3]
DATA = os.environ.get("HALLMARK_PUBLIC_DATA")


@pytest.mark.skipif(not DATA, reason="HALLMARK_PUBLIC_DATA is unset")
def test_wall_following() -> None:
    task: Any = OmegaConf.to_container(OmegaConf.load(ROOT / "docs/examples/wall_following.yaml"))
    raw = raw_data.read("robotics", Path(str(DATA)) / "wall_following", **task["prepare"]["reading"])
    counts = {"forward": 2205, "sharp right": 2097, "slight right": 826, "slight left": 328}
    assert raw.table["label"].value_counts().to_dict() == counts
    examples = prepare_examples(raw, **task["prepare"]["split"], seed=7)
    train, test = examples.split("train"), examples.split("test")
    fit = systems.load("robotics").baseline_fitter(answers.load("classes"))
    fitted = fit(train, seed=7)
    right = {n: (predict(test)["logits"].argmax(axis=1) == test.targets()).mean() for n, predict in fitted.items()}
    assert right["boosted trees"] > 0.98
    assert 0.6 < right["linear policy"] < 0.75
    forest = RandomForestClassifier(100, random_state=0).fit(baselines.features(train), train.targets())
    assert forest.score(baselines.features(test), test.targets()) == pytest.approx(0.996, abs=0.006)
