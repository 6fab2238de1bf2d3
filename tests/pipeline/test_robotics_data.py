"""The wall-following robot by YAML alone: the documented example, on the real log, through every stage."""

import os
import shutil
from pathlib import Path

import pytest
from known import known
from project import Add, Project

pytestmark = [
    pytest.mark.public_data,
    pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here"),
]


def test_wall_following(project: Project, own_task: Add) -> None:
    raw = own_task("wall_following", "robotics", answer="classes")
    shutil.copy(Path(os.environ["HALLMARK_PUBLIC_DATA"]) / "wall_following/sensor_readings_24.data", raw)
    done = project.repro("publish@wall_following")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    found = {(one.check, one.subject): one for one in project.findings("wall_following", "evaluate")}
    assert known(found["evaluate.metric", "accuracy"].estimate) >= 0.95
    assert known(found["evaluate.gain", "accuracy over linear policy"].low) > 0.2
    assert known(found["evaluate.gain", "accuracy over boosted trees"].high) < 0  # the trees do better, and the verdict
    assert project.json("reports/wall_following/gate/verdict.json")["status"] == "blocked"  # says so
    assert found["evaluate.closed_loop", "return of model"].estimate is None  # there is no simulator of this robot
    assert project.json("reports/wall_following/train/cost.json")["seconds"] < 120
