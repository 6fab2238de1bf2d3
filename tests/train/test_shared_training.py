"""Trainings that several processes share: by DDP, by FSDP2, and on two machines, which are two agents of torchrun here.

1,003 training rows in batches of 47 or 48, and 203 for validation in batches of 40 or 41: few are shared out evenly.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import shared_training
from processes import ended, interruptible
from safetensors.numpy import load_file

from hallmark.train import failures

pytestmark = pytest.mark.slow

SCRIPT = shared_training.__file__
CPU = {"MACHINE": "cpu"}
DDP = {"MACHINE": "ddp accelerator=cpu devices=2"}
FSDP = {"MACHINE": "fsdp accelerator=cpu devices=2"}
AUTO = {"MACHINE": "auto accelerator=cpu"}
# The largest difference of a loss and of a weight between one process and two, after 126 steps.
TOLERANCE = 1e-5


def start(command: Sequence[object], variables: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a command with one thread for each process: the machine may be small."""
    inherited = {name: value for name, value in os.environ.items() if name != "DVC_STAGE"}
    with log.open("wb") as stream:
        return subprocess.Popen(
            [sys.executable, *map(str, command)],
            env=inherited | {"OMP_NUM_THREADS": "1", **variables},
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            preexec_fn=interruptible,
        )


def run(variables: Mapping[str, str], folder: Path, *arguments: object) -> tuple[int, str]:
    """Run the script; return its exit status and what it printed."""
    folder.mkdir(exist_ok=True)
    process = start([SCRIPT, folder, *arguments], variables, folder / "log")
    with ended(process):
        return process.wait(300), (folder / "log").read_text()


def run_on_two_machines(folder: Path, *arguments: object) -> list[tuple[int, str]]:
    """Run the script as one process of each of two agents of torchrun, which meet over the loopback."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with ExitStack() as stack:
        agents = []
        for node in (1, 0):
            options = ["--nnodes=2", "--nproc-per-node=1", f"--node_rank={node}"]
            meeting = ["--master_addr=127.0.0.1", f"--master_port={port}"]
            command = ["-m", "torch.distributed.run", *options, *meeting, SCRIPT, folder, *arguments]
            agents.append(start(command, AUTO, folder / f"log{node}"))
            stack.enter_context(ended(agents[-1]))
        return [
            (agent.wait(300), (folder / f"log{node}").read_text()) for agent, node in zip(agents, (1, 0), strict=True)
        ]


def validation_curves(folder: Path) -> pd.DataFrame:
    curves = pd.read_csv(folder / "curves.csv", index_col=0).dropna(subset=["validation_loss"])
    return curves.drop(columns=["train_loss", "learning_rate"]).reset_index(drop=True)


def processes_of(folder: Path) -> Iterator[int]:
    for process in psutil.process_iter(["cmdline", "status"]):
        if str(folder) in (process.info["cmdline"] or []) and process.info["status"] != "zombie":
            yield process.pid


def assert_nothing_is_left(folder: Path) -> None:
    """No process within ten seconds, and no file that is half written."""
    deadline = time.monotonic() + 10
    while list(processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not list(processes_of(folder))
    assert not list(folder.rglob("*.partial"))
    assert not (folder / "weights").exists()


def assert_same_training(folder: Path, alone: Path) -> None:
    """Compare the validation curve and the weights with those of one process."""
    curves = validation_curves(folder)
    assert len(curves) == 6
    pd.testing.assert_frame_equal(curves, validation_curves(alone), check_exact=False, rtol=0, atol=TOLERANCE)
    expected = load_file(alone / "weights")
    for name, weights in load_file(folder / "weights").items():
        np.testing.assert_allclose(weights, expected[name], atol=TOLERANCE, err_msg=name)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of `plain` by one process."""
    folder = tmp_path_factory.mktemp("alone")
    status, printed = run(CPU, folder, "plain")
    assert status == 0, printed
    return folder


@pytest.mark.parametrize(("how", "network"), [(DDP, "packed"), (FSDP, "plain")], ids=["ddp", "fsdp"])
def test_two_processes_train_the_same_network_as_one(
    how: Mapping[str, str], network: str, alone: Path, tmp_path: Path
) -> None:
    """The second process is killed in the middle, which ends the first with a sentence; then to the end."""
    status, printed = run(how, tmp_path, network, 40, 1)
    assert status == 2, printed
    assert failures.LOST_PROCESS in printed
    assert "Traceback" not in printed
    assert_nothing_is_left(tmp_path)

    status, printed = run(how, tmp_path, network)
    assert status == 0, printed
    assert "going on from step" in printed
    assert_same_training(tmp_path, alone)


def test_the_first_process_takes_the_others_with_it(tmp_path: Path) -> None:
    status, _ = run(DDP, tmp_path, "plain", 40, 0)
    assert status == -9
    assert_nothing_is_left(tmp_path)


def test_sigterm_to_the_first_process_interrupts_all(tmp_path: Path) -> None:
    status, printed = run(DDP, tmp_path, "plain", 40, 0, int(signal.SIGTERM))
    assert status == 130, printed
    assert_nothing_is_left(tmp_path)


def test_two_machines_train_the_same_network_as_one(alone: Path, tmp_path: Path) -> None:
    """The process of the second machine is killed in the middle, which ends the first's; then to the end."""
    killed, first = run_on_two_machines(tmp_path, "plain", 40, 1)
    assert killed[0] != 0
    assert first[0] != 0
    assert failures.LOST_PROCESS in first[1]
    assert_nothing_is_left(tmp_path)

    for status, printed in run_on_two_machines(tmp_path, "plain"):
        assert status == 0, printed
    assert_same_training(tmp_path, alone)


def test_a_module_of_ones_own_has_the_metrics_of_one_process(tmp_path: Path) -> None:
    for name, how in {"alone": CPU, "ddp": DDP, "fsdp": FSDP}.items():
        status, printed = run(how, tmp_path / name, "own")
        assert status == 0, printed
    assert validation_curves(tmp_path / "alone")["accuracy"].iloc[-1] > 0.9
    assert_same_training(tmp_path / "ddp", tmp_path / "alone")
    assert_same_training(tmp_path / "fsdp", tmp_path / "alone")
