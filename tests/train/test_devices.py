import os
import subprocess
import sys

import pytest
import torch

from hallmark.errors import InputError
from hallmark.train import devices


@pytest.mark.skipif(torch.cuda.is_available(), reason="what is found without a GPU")
def test_one_process_on_a_machine_without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HALLMARK_ACCELERATOR", "HALLMARK_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    assert devices.choose_devices() == {"accelerator": "cpu", "devices": 1}
    monkeypatch.setenv("HALLMARK_ACCELERATOR", "gpu")
    with pytest.raises(InputError, match="PyTorch finds no GPU"):
        devices.choose_devices()


@pytest.mark.parametrize(
    ("name", "value"), [("HALLMARK_ACCELERATOR", "abacus"), ("HALLMARK_DEVICES", "two"), ("HALLMARK_DEVICES", "0")]
)
def test_values_that_mean_nothing_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{name} is '{value}'"):
        devices.choose_devices()


@pytest.mark.parametrize("name", ["RANK", "LOCAL_RANK", "SLURM_PROCID", "WORLD_SIZE"])
@pytest.mark.parametrize("value", ["1", "abc", ""])
def test_what_a_shell_has_left_over_makes_no_rank(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert devices.process_rank() == 0
    devices.forget_other_launchers()
    assert name not in os.environ


@pytest.mark.slow
def test_rank_comes_from_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import os; from hallmark.train import devices;"
        "devices.forget_other_launchers();"
        "print(devices.process_rank(), os.environ.get('LOCAL_RANK'))"
    )

    def said() -> str:
        environment = os.environ | {"LOCAL_RANK": "1"}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        return done.stdout.strip() or done.stderr

    with devices.mark_launched_processes():
        assert devices.process_rank() == 0
        assert said() == "1 1"
    assert said() == "0 None"


def test_torchrun_counts_but_where_dvc_runs_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "none", "RANK": "3", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert devices.process_rank() == 3
    monkeypatch.setenv("RANK", "abc")
    with pytest.raises(InputError, match="RANK is 'abc'"):
        devices.process_rank()
    monkeypatch.setenv("DVC_STAGE", "train@image")
    assert devices.process_rank() == 0
