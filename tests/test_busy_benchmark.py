"""The benchmark of a busy machine, shrunk."""

import os

import psutil
import pytest
from imports import ROOT

from benchmarks import busy


def test_a_ratio_above_the_limit_and_a_loss_when_idle_are_noticed() -> None:
    seconds = {
        "as shipped": {"idle": [2.0, 9.0, 2.0], "busy": [5.0, 5.0, 6.0]},
        "spinning": {"idle": [2.0, 2.0, 1.5], "busy": [40.0, 50.0, 60.0]},
        "one thread": {"idle": [3.0, 3.0, 3.0], "busy": [3.0, 3.0, 3.0]},
    }
    summary = busy.summarise(seconds)
    assert summary["as shipped"] == {"idle": 2.0, "busy": 5.0, "ratio": 2.5}
    assert summary["spinning"]["ratio"] == 25.0
    assert busy.holds(summary)

    slow_beside_another = summary | {"as shipped": {"idle": 2.0, "busy": 9.0, "ratio": 4.5}}
    slow_alone = summary | {"as shipped": {"idle": 2.5, "busy": 5.0, "ratio": 2.0}}
    assert not busy.holds(slow_beside_another)
    assert not busy.holds(slow_alone)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores can't be chosen here")
def test_a_training_is_timed_beside_a_busy_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    cores = set(sorted(os.sched_getaffinity(0))[:2])
    assert 0 < busy.measure(busy.SETTINGS["one thread"], cores, is_busy=True) < busy.PATIENCE
    children = [child.cmdline() for child in psutil.Process().children()]
    assert not any("while True: pass" in words for words in children)
