from pathlib import Path
from typing import Any

import pytest
import torch
from imports import ROOT
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from hallmark.errors import InputError
from hallmark.train import launchers, machine
from hallmark.train.launchers import Launcher
from hallmark.train.machine import Machine
from hallmark.train.strategies import FullySharded

without_gpu = pytest.mark.skipif(
    torch.cuda.is_available() or torch.backends.mps.is_available(), reason="what is found without a GPU"
)


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("MACHINE", "HALLMARK_ACCELERATOR", "HALLMARK_DEVICES"):
        monkeypatch.delenv(name, raising=False)


def arguments(words: str) -> dict[str, Any]:
    return machine.trainer_arguments(machine.read(words), task="image")


@without_gpu
def test_one_process_on_a_machine_without_gpu() -> None:
    found = arguments("auto")
    (environment,) = found.pop("plugins")
    assert found == {"accelerator": "cpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    assert isinstance(environment, LightningEnvironment)


def test_make_passes_the_option_and_its_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.read() == Machine()
    monkeypatch.setenv("MACHINE", "ddp accelerator=cpu devices=2")
    assert machine.read() == Machine(accelerator="cpu", devices=2, strategy="ddp")


def test_every_shipped_option_is_read_and_begins_with_when_one_takes_it() -> None:
    options = sorted(Path("conf/machine").glob("*.yaml"))
    assert [path.stem for path in options] == ["auto", "cpu", "ddp", "fsdp", "gpu", "slurm"]
    for path in options:
        assert path.read_text(encoding="utf-8").startswith("# ")
        assert isinstance(machine.read(path.stem), Machine)


def test_fsdp_is_a_component() -> None:
    found = arguments("fsdp accelerator=cpu devices=2")
    assert isinstance(found["strategy"], FullySharded)
    assert found["devices"] == 2


def test_a_strategy_of_ones_own_stands_in_extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "extensions/image").mkdir(parents=True)
    (tmp_path / "extensions/image/slow.py").write_text(
        "from pytorch_lightning.strategies import DDPStrategy\nclass Slow(DDPStrategy):\n    pass\n"
    )
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/machine").mkdir()
    (tmp_path / "conf/machine/slow.yaml").write_text(
        "accelerator: cpu\ndevices: 2\nstrategy:\n  _target_: extensions.image.slow.Slow\n"
    )
    monkeypatch.chdir(tmp_path)
    assert type(arguments("slow")["strategy"]).__name__ == "Slow"


@without_gpu
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("dpd", "MACHINE is 'dpd': conf/machine has auto, cpu, ddp, fsdp, gpu, slurm; did you mean ddp?"),
        ("ddp device=2", "unknown key device in MACHINE='ddp device=2'.*did you mean devices?"),
        ("ddp devices=two", "devices in MACHINE='ddp devices=two' is 'two': it must be a number of devices"),
        ("ddp devices=0", "is 0: it must be a number of devices"),
        ("ddp two", "MACHINE has 'two' after its option: write a change such as devices=2"),
        ("cpu accelerator=gppu", "is 'gppu': it must be one of auto, cpu, gpu, mps; did you mean gpu?"),
        ("cpu num_nodes=0", "is 0: it must be a number of machines"),
        ("cpu launcher=mpi", "is 'mpi': it must be srun, or null"),
        ("gpu", "the machine's accelerator is 'gpu', but PyTorch finds no GPU here: MACHINE=cpu"),
        ("cpu accelerator=mps", "the machine's accelerator is 'mps', but PyTorch finds no Apple GPU here"),
        ("ddp devices=999", "devices are 999, but there are [0-9]+ cores of the CPU here"),
        ("ddp", "strategy ddp shares a training over devices, and it has one CPU: take MACHINE=auto"),
        ("fsdp", "strategy FullySharded shares a training over devices, and it has one CPU"),
        ("ddp devices=2 num_nodes=3", "num_nodes is 3, but this training was started on 1"),
        ("cpu strategy=dpd", "the machine's strategy is 'dpd': it can be auto, ddp,.*did you mean ddp?"),
        ("cpu strategy=fsdp", "FSDP's first version: MACHINE=fsdp takes the second"),
        ("cpu strategy=deepspeed", "needs the package deepspeed"),
        ("cpu strategy._target_=torch.nn.Linear", "it must be a subclass of pytorch_lightning.strategies.Strategy"),
        ("cpu strategy={", "conf/machine/cpu.yaml does not compose"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(words: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence.replace("?", r"\?").replace("{", r"\{")) as refused:
        arguments(words)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["HALLMARK_ACCELERATOR", "HALLMARK_DEVICES"])
def test_a_former_variable_is_refused_with_the_present_way(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "2")
    with pytest.raises(InputError, match=f"{name} is '2', and is no longer read: write MACHINE=.*, and unset {name}"):
        machine.read()


def test_torchrun_says_how_many_processes_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines with two processes each."""
    variables = {"TORCHELASTIC_RUN_ID": "none", "RANK": "3", "GROUP_WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DVC_STAGE", raising=False)

    found = arguments("ddp accelerator=cpu")
    assert (found["devices"], found["num_nodes"]) == (2, 2)
    assert isinstance(found["plugins"][0], TorchElasticEnvironment)
    with pytest.raises(InputError, match="devices are 1, but torchrun started 2 processes on this machine"):
        arguments("cpu")
    with pytest.raises(InputError, match="num_nodes is 3, but this training was started on 2"):
        arguments("ddp accelerator=cpu num_nodes=3")


def test_slurm_says_how_many_tasks_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "HALLMARK_LAUNCHER": "srun",
        "SLURM_NNODES": "2",
        "SLURM_NTASKS": "4",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_PROCID": "2",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = arguments("slurm accelerator=cpu")
    assert (found["devices"], found["num_nodes"]) == (2, 2)
    assert isinstance(found["plugins"][0], SLURMEnvironment)
    assert launchers.process_rank() == 2

    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    with pytest.raises(InputError, match="SLURM_NTASKS_PER_NODE is ''.*--nodes and --ntasks-per-node"):
        arguments("slurm accelerator=cpu")


def test_gpus_are_counted_and_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    stage = Launcher("stage")
    assert machine.find_devices(Machine(), stage).indices == [0, 1, 2]
    assert machine.find_devices(Machine(devices=-1), stage).world == 3
    assert machine.find_devices(Machine(devices=[0, 2]), stage).indices == [0, 2]
    assert machine.find_devices(Machine(accelerator="cpu"), stage).indices == [0]
    with pytest.raises(InputError, match="devices are 4, but there are 3 GPUs here"):
        machine.find_devices(Machine(devices=4), stage)
    with pytest.raises(InputError, match=r"devices are \[0, 3\], but there are 3 GPUs here"):
        machine.find_devices(Machine(devices=[0, 3]), stage)
