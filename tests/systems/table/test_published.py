"""Credit default, real data: the shipped example reads it, and the baselines reach what is known of it."""

import os
from pathlib import Path
from typing import Any

import pytest
import raw_data
from omegaconf import OmegaConf
from sklearn.metrics import roc_auc_score

from hallmark.prepare import prepare_examples
from hallmark.systems.table import baselines

pytestmark = pytest.mark.public_data

ROOT = Path(__file__).parents[3]
DATA = os.environ.get("HALLMARK_PUBLIC_DATA")


@pytest.mark.skipif(not DATA, reason="HALLMARK_PUBLIC_DATA is unset")
def test_credit_default() -> None:
    task: Any = OmegaConf.to_container(OmegaConf.load(ROOT / "docs/examples/credit.yaml"))
    raw = raw_data.read("table", Path(str(DATA)) / "credit_default", **task["prepare"]["reading"])
    assert len(raw) == 30_000
    assert (raw.table["label"] == "default").mean() == pytest.approx(0.2212)
    assert set(raw.table["group.EDUCATION"]) == {"graduate school", "university", "high school", "other"}
    examples = prepare_examples(raw, **task["prepare"]["split"], seed=7)
    test = examples.split("test")
    fitted = baselines.fit(examples.split("train"), seed=7)
    auc = {name: roc_auc_score(test.targets(), predict(test)["logits"][:, 1]) for name, predict in fitted.items()}
    assert auc["boosted trees"] > 0.76
    assert auc["logistic regression"] > 0.7 > auc["rule"] > 0.6
