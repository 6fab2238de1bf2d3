"""The devices of the machine, and the rank of the process among those that train together.

They are read from the machine and the environment, and are no parameters, so that another machine
doesn't invalidate a result.
"""

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from hallmark.errors import InputError

# An environment variable: the id of the process that started the others.
_LAUNCHER = "HALLMARK_LAUNCHER"
_LAUNCHER_VARIABLES = (  # environment variables of torchrun, SLURM, JSM and Lightning
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
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def forget_other_launchers() -> None:
    """Remove the environment variables of launchers that did not start this process.

    Those of torchrun, and of `mark_launched_processes`, stay where they started it. Shells,
    schedulers and containers leave RANK, LOCAL_RANK and the like behind. With them, a training
    would wait for processes that don't exist, or leave the writing to them. Must be called before
    Lightning is imported, which reads them.
    """
    if _is_child() or is_under_torchrun():
        return
    for name in _LAUNCHER_VARIABLES:
        os.environ.pop(name, None)


def process_rank() -> int:
    """Return the number of this process among those that train together, from 0.

    Process 0 writes files and prints. It is 0 unless torchrun, or a process within
    `mark_launched_processes`, started this one. Raises `InputError` where the launcher's number is
    none.
    """
    if not _is_child() and not is_under_torchrun():
        return 0

    name = "LOCAL_RANK" if _is_child() else "RANK"
    number = os.environ.get(name, "0")
    if not number.isdecimal():
        raise InputError(f"{name} is {number!r}: the launcher of this process must set a whole number")
    return int(number)


def is_under_torchrun() -> bool:
    """Return whether torchrun started this process. A stage of DVC is one process, and never counts."""
    return "TORCHELASTIC_RUN_ID" in os.environ and "DVC_STAGE" not in os.environ


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


def _is_child() -> bool:
    """Return whether another process marked this one (`mark_launched_processes`)."""
    return os.environ.get(_LAUNCHER, str(os.getpid())) != str(os.getpid())


def choose_devices() -> dict[str, Any]:
    """Return the options accelerator and devices of Lightning's trainer for this machine.

    All GPUs are used, or one process on the CPU where there is none. The environment variables
    HALLMARK_ACCELERATOR (cpu, gpu) and HALLMARK_DEVICES (a number) override this.

    Raises `InputError` on values that this machine doesn't have.
    """
    accelerator = os.environ.get("HALLMARK_ACCELERATOR") or ("gpu" if torch.cuda.is_available() else "cpu")
    devices = os.environ.get("HALLMARK_DEVICES") or ("auto" if accelerator == "gpu" else "1")

    if accelerator not in ("cpu", "gpu"):
        raise InputError(f"HALLMARK_ACCELERATOR is {accelerator!r}: it can be cpu or gpu")
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise InputError("HALLMARK_ACCELERATOR is 'gpu', but PyTorch finds no GPU here")
    if devices != "auto" and not (devices.isdecimal() and int(devices) > 0):
        raise InputError(f"HALLMARK_DEVICES is {devices!r}: it must be a number of devices, 1 or more")

    gpus = torch.cuda.device_count()
    if accelerator == "gpu" and devices != "auto" and int(devices) > gpus:
        raise InputError(f"HALLMARK_DEVICES is {devices}, but PyTorch finds {gpus} GPUs here")

    return {"accelerator": accelerator, "devices": devices if devices == "auto" else int(devices)}


def die_with_parent() -> None:
    """Ask the kernel (Linux) to kill this process when its parent ends.

    Otherwise the other ranks would survive a training that is killed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def describe_hardware(accelerator: str, devices: int) -> dict[str, Any]:
    """Return the hardware of a training, for cost.json and the model card.

    `devices` is the number of GPUs, or of processes on the CPU.
    """
    names = [_processor_name()]
    if accelerator == "gpu":
        names = [torch.cuda.get_device_name(index) for index in range(devices)]
    return {
        "accelerator": accelerator,
        "devices": devices,
        "names": names,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),  # a plain string, which a checkpoint can hold
    }


def _processor_name() -> str:
    """Return the name of the CPU or, where the system doesn't state it, its architecture."""
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123  # platform.processor() is empty on Linux
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
