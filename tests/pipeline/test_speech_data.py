"""Real speech: the Free Spoken Digit Dataset, whole speakers held out, through every stage."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from known import known
from project import Add, Project

pytestmark = [
    pytest.mark.public_data,
    pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here"),
]


def test_spoken_digits_of_unseen_speakers(project: Project, own_task: Add) -> None:
    raw = own_task("digits", "speech")
    files = Path(os.environ["HALLMARK_PUBLIC_DATA"]) / "fsdd"
    shutil.copy(files / "index.csv", raw)
    shutil.copytree(files / "recordings", raw / "recordings")

    done = project.repro("publish@digits")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    scorers = pd.read_csv(project.folder / "reports/digits/evaluate/scorers.csv")
    tested = scorers[(scorers["split"] == "test") & (scorers["metric"] == "word_error_rate")]
    rates = tested.set_index("scorer")["estimate"]
    assert rates["model"] < rates["linear on MFCC"]
    assert rates["model"] <= 0.55  # the rule has 0.9

    gains = {one.against: one for one in project.findings("digits", "evaluate") if one.check == "evaluate.gain"}
    assert known(gains["rule"].estimate) > 0.2
    assert {one.n for one in gains.values()} == {2}  # speakers: far too few to promote anything
    assert project.json("reports/digits/gate/verdict.json")["status"] != "eligible"
