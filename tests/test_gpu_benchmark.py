"""The benchmark of GPUs, shrunk, with the CPU in the GPU's place."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from imports import ROOT

from benchmarks import gpu

pytestmark = pytest.mark.slow


def test_the_seven_networks_are_measured_and_no_file_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "params").symlink_to(ROOT / "params")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gpu, "ROUNDS", 2)

    assert gpu.main(["--cpu-only", "--steps=4"]) == 0
    shown = capsys.readouterr().out
    tasks = [path.stem for path in (ROOT / "params").glob("*.yaml")]
    assert len(tasks) == 7
    assert all(f"{task}: measured" in shown for task in tasks)
    assert shown.count("equal") == 2 * 7  # the CPU resumes exactly, and repeats exactly
    assert [path.name for path in tmp_path.iterdir()] == ["params"]


def test_a_network_that_fails_is_named_and_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no kernel image")

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(gpu, "measure", fail)
    assert gpu.main(["--cpu-only", "--steps=4"]) == 1
    assert capsys.readouterr().out.count(": RuntimeError: no kernel image") == 7


@pytest.mark.skipif(torch.cuda.is_available(), reason="what is said without a GPU")
def test_a_machine_without_a_gpu_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main([]) == 1
    assert capsys.readouterr().err == "PyTorch finds no GPU here, and this benchmark trains on one.\n"


def test_what_is_compared_is_plain_data_and_can_fail() -> None:
    whole = [np.array([2.0, 1.0]), np.array([2.0, 1.25])]
    near = gpu.compare_resumed(np.array([2.0, 1.5]), whole)
    assert (near["largest_difference"], near["difference_of_rounds"]) == (0.5, 0.25)
    assert near["as_near_as_rounds"]
    far = gpu.compare_resumed(np.array([2.75, 1.0]), whole)
    assert not far["as_near_as_rounds"]
    same = gpu.compare_resumed(whole[0], [whole[0], whole[0]])
    assert same["exactly_equal"]
    assert same["as_near_as_rounds"]

    within = gpu.compare_precisions(np.array([9.0, 2.05]), np.array([1.0, 2.0]))
    assert within["relative_difference"] == pytest.approx(0.025)
    assert within["within_tolerance"]
    beyond = gpu.compare_precisions(np.array([2.0, 2.1]), np.array([2.0, 2.0]))
    assert not beyond["within_tolerance"]
    json.dumps([near, far, same, within, beyond], allow_nan=False)
    assert not gpu.holds({"precision": within, "resume": far})
    assert not gpu.holds({"precision": beyond, "resume": near})
    assert gpu.holds({"precision": within, "resume": near})
