"""The devices of this machine, and the process's rank among those that train together.

None of it is a parameter: it must not invalidate a result.
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

_LAUNCHER = "HALLMARK_LAUNCHER"  # the process that started the others of a training
_LAUNCHER_VARIABLES = (  # of torchrun, SLURM, JSM and Lightning
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
    """Remove what says that this process is one of several, where no launcher that counts here has started it.

    Shells, schedulers and containers leave RANK, LOCAL_RANK and the like behind: a training that believed them would
    wait for others, or leave the writing to them. Call this before Lightning is imported, which reads them.
    """
    if _is_child() or is_under_torchrun():
        return
    for name in _LAUNCHER_VARIABLES:
        os.environ.pop(name, None)


def process_rank() -> int:
    """Return this process's number among those that train together; 0 for the one that writes and talks.

    It is one of several where `mark_launched_processes` or torchrun has started it, and in no other case.
    Raises `InputError` on a number that is none.
    """
    if not _is_child() and not is_under_torchrun():
        return 0

    name = "LOCAL_RANK" if _is_child() else "RANK"
    number = os.environ.get(name, "0")
    if not number.isdecimal():
        raise InputError(f"{name} is {number!r}: the launcher of this process must set a whole number")
    return int(number)


def is_under_torchrun() -> bool:
    """Return whether torchrun started this process. It can't start a stage of DVC, which is one process by itself."""
    return "TORCHELASTIC_RUN_ID" in os.environ and "DVC_STAGE" not in os.environ


@contextmanager
def mark_launched_processes() -> Iterator[None]:
    """Within it, processes that this one starts are marked as training together with it."""
    former = os.environ.get(_LAUNCHER)
    os.environ.setdefault(_LAUNCHER, str(os.getpid()))
    try:
        yield
    finally:
        if former is None:
            del os.environ[_LAUNCHER]


def _is_child() -> bool:
    return os.environ.get(_LAUNCHER, str(os.getpid())) != str(os.getpid())


def choose_devices() -> dict[str, Any]:
    """Return Lightning's accelerator, devices and precision for this machine: all GPUs, else one process on the CPU.

    HALLMARK_ACCELERATOR (cpu, gpu) and HALLMARK_DEVICES (a number) override what is found.
    Raises `InputError` on values that this machine cannot offer.
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

    has_bfloat16 = accelerator == "gpu" and torch.cuda.is_bf16_supported()
    return {
        "accelerator": accelerator,
        "devices": devices if devices == "auto" else int(devices),
        "precision": "bf16-mixed" if has_bfloat16 else "32-true",
    }


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that no rank survives a killed training (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def describe_hardware(accelerator: str, devices: int) -> dict[str, Any]:
    """Return the hardware of a training, as cost.json and the model card show it.

    `devices` is the number of GPUs or of processes.
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
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123  # platform.processor() is empty on Linux
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
