import pytest
import torch

from hallmark.errors import InputError
from hallmark.train import devices


@pytest.mark.skipif(torch.cuda.is_available(), reason="what is found without a GPU")
def test_one_process_on_a_machine_without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HALLMARK_ACCELERATOR", "HALLMARK_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    assert devices.choose() == {"accelerator": "cpu", "devices": 1, "precision": "32-true"}
    monkeypatch.setenv("HALLMARK_ACCELERATOR", "gpu")
    with pytest.raises(InputError, match="PyTorch finds no GPU"):
        devices.choose()


@pytest.mark.parametrize(
    ("name", "value"), [("HALLMARK_ACCELERATOR", "abacus"), ("HALLMARK_DEVICES", "two"), ("HALLMARK_DEVICES", "0")]
)
def test_values_that_mean_nothing_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{name} is '{value}'"):
        devices.choose()


def test_rank_comes_from_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    assert devices.rank() == 0
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert devices.rank() == 1
