"""MovieLens 100k, real data: the shipped example reads it, and the tuned methods reach what they should."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import raw_data
from omegaconf import OmegaConf

from hallmark.answers.next_item import scoring
from hallmark.prepare import prepare_examples
from hallmark.systems.recommendation import baselines, config, reading

pytestmark = pytest.mark.public_data

ROOT = Path(__file__).parents[3]
DATA = os.environ.get("HALLMARK_PUBLIC_DATA")


@pytest.mark.skipif(not DATA, reason="HALLMARK_PUBLIC_DATA is unset")
def test_movielens() -> None:
    task = OmegaConf.load(ROOT / "docs/examples/movielens.yaml")
    keys = config.Reading.model_validate(OmegaConf.to_container(task.prepare.reading)).model_dump()
    split: Any = OmegaConf.to_container(task.prepare.split)
    unread = {"leave_out": ["u.genre", "u.info", "u.occupation"]}  # the archive's other files
    raw = raw_data.read("recommendation", Path(str(DATA)) / "ml-100k", **keys | unread)

    assert len(raw) == 100_000 - 943
    assert len(raw.encoding["items"]) == 1682
    assert raw.encoding["titles"][0] == "Toy Story (1995)"
    assert (raw.table.drop_duplicates("entity")["group.gender"] == "women").sum() == 273

    examples = prepare_examples(raw, **split, seed=7, encode=reading.encode)
    test = examples.split("test")
    true = np.asarray(test.arrays["target.item"]) - 1

    fitted = baselines.fit(examples.split("train"), seed=7)
    quality = {
        name: float(scoring.ndcg_at_10(predict(test)["logits"], true).mean()) for name, predict in fitted.items()
    }
    assert min(quality["item neighbours"], quality["transitions"]) > 0.09
    assert 0.03 < quality["rule"] < 0.06
