"""What started this process of a training: the stage itself, another process of it, `torchrun`, or SLURM's `srun`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from hallmark.errors import InputError

Kind = Literal["stage", "process", "torchrun", "srun"]

# An environment variable: "srun", or the id of the process that started the others.
_LAUNCHER = "HALLMARK_LAUNCHER"
_RANKS = {"process": "LOCAL_RANK", "torchrun": "RANK", "srun": "SLURM_PROCID"}
_VARIABLES = (  # environment variables of torchrun, SLURM, JSM and Lightning, which Lightning reads
    "RANK",
    "LOCAL_RANK",
    "NODE_RANK",
    "GROUP_RANK",
    "WORLD_SIZE",
    "LOCAL_WORLD_SIZE",
    "GROUP_WORLD_SIZE",
    "MASTER_ADDR",
    "MASTER_PORT",
    "STANDALONE_PORT",
    "TORCHELASTIC_RUN_ID",
    "SLURM_PROCID",
    "SLURM_LOCALID",
    "SLURM_NODEID",
    "JSM_NAMESPACE_RANK",
)


@dataclass(frozen=True)
class Launcher:
    """What started the processes of this training.

    nodes: On how many machines.
    processes: How many on each; None: Lightning will start one for each device.
    """

    kind: Kind
    nodes: int = 1
    processes: int | None = None

    def environment(self) -> Any:
        """Return Lightning's cluster environment.

        It is not left to Lightning to detect: within an allocation of SLURM, LSF or MPI, a stage that
        DVC started would wait for their processes.
        """
        # They read the variables: after `forget_others`.
        from lightning_fabric.plugins.environments.lightning import LightningEnvironment
        from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
        from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

        if self.kind == "torchrun":
            return TorchElasticEnvironment()
        if self.kind == "srun":
            return SLURMEnvironment(auto_requeue=False)  # the next run goes on from the checkpoint anyway
        return LightningEnvironment()


def kind() -> Kind:
    """Return what started this process. A stage of DVC is started by DVC alone, whatever a shell has left over."""
    marked = os.environ.get(_LAUNCHER, str(os.getpid()))
    if marked == "srun":
        return "srun"
    if marked != str(os.getpid()):
        return "process"
    return "torchrun" if "TORCHELASTIC_RUN_ID" in os.environ and "DVC_STAGE" not in os.environ else "stage"


def current() -> Launcher:
    """Return the launcher of this process.

    Raises `InputError` where it doesn't say how many processes it started.
    """
    started_by = kind()
    if started_by == "torchrun":
        return Launcher("torchrun", _number("GROUP_WORLD_SIZE"), _number("LOCAL_WORLD_SIZE"))
    if started_by == "srun":
        return Launcher("srun", _number("SLURM_NNODES"), _number("SLURM_NTASKS_PER_NODE"))
    return Launcher(started_by)


def process_rank() -> int:
    """Return the number of this process among those that train together, from 0.

    Process 0 writes files and prints. Raises `InputError` where the launcher's number is none.
    """
    started_by = kind()
    if started_by == "stage":
        return 0
    return _number(_RANKS[started_by], default="0")


def has_lost_starter() -> bool:
    """Say whether the process of the training that started this one has ended."""
    return kind() == "process" and os.environ[_LAUNCHER] != str(os.getppid())


def _number(name: str, default: str = "") -> int:
    number = os.environ.get(name, default)
    if not number.isdecimal():
        hint = "; with SLURM, ask for tasks by --nodes and --ntasks-per-node" if name.startswith("SLURM") else ""
        raise InputError(f"{name} is {number!r}: the launcher of this process must set a whole number{hint}")
    return int(number)


def forget_others() -> None:
    """Remove the environment variables of launchers that did not start this process.

    Shells, schedulers and containers leave RANK, LOCAL_RANK and the like behind. With them, a
    training would wait for processes that don't exist, or leave the writing to them. Must be called
    before Lightning is imported, which reads them.
    """
    if kind() == "stage":
        for name in _VARIABLES:
            os.environ.pop(name, None)


@contextmanager
def mark_launched_processes() -> Iterator[None]:
    """Mark the processes that this one starts within the context as training together with it."""
    former = os.environ.get(_LAUNCHER)
    os.environ.setdefault(_LAUNCHER, str(os.getpid()))
    try:
        yield
    finally:
        if former is None:
            del os.environ[_LAUNCHER]


def start_tasks(command: list[str]) -> int | None:
    """Start `command` by `srun`, once for each task of the allocation, and return its exit status.

    Return None in a task itself, which takes its part in the training. Raises `InputError` outside
    of an allocation.
    """
    is_task = "SLURM_STEP_ID" in os.environ and "DVC_STAGE" not in os.environ
    if kind() == "srun" or is_task:
        os.environ[_LAUNCHER] = "srun"
        return None

    if "SLURM_JOB_ID" not in os.environ or shutil.which("srun") is None:
        raise InputError(
            "MACHINE=slurm needs an allocation of SLURM and its `srun`: "
            "submit docs/examples/train.sbatch, or take MACHINE=auto"
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
    # One task that fails ends all: the others would wait for it.
    tasks = ["srun", "--kill-on-bad-exit=1", sys.executable, *command]
    return subprocess.run(tasks, env=environment | {_LAUNCHER: "srun"}, check=False).returncode  # noqa: S603 (no shell)
