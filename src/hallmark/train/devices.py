"""What the machine has, and what a process is in it. None of it is a parameter: it must not invalidate a result."""

import ctypes
import os
import platform
import signal
import sys
from typing import Any

import torch

from hallmark.errors import InputError

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def rank() -> int:
    """Return this process's number among those that train together; 0 for the one that writes and talks."""
    found = [os.environ[name] for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID") if os.environ.get(name)]
    return int(found[0]) if found else 0


def choose() -> dict[str, Any]:
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
    found = torch.cuda.device_count()
    if accelerator == "gpu" and devices != "auto" and int(devices) > found:
        raise InputError(f"HALLMARK_DEVICES is {devices}, but PyTorch finds {found} GPUs here")
    narrow = accelerator == "gpu" and torch.cuda.is_bf16_supported()
    return {
        "accelerator": accelerator,
        "devices": devices if devices == "auto" else int(devices),
        "precision": "bf16-mixed" if narrow else "32-true",
    }


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that no rank outlives a killed training (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def hardware(accelerator: str, devices: int) -> dict[str, Any]:
    """Return what trained, in the words that the model card shows."""
    names = [torch.cuda.get_device_name(i) for i in range(devices)] if accelerator == "gpu" else [_processor()]
    threads = torch.get_num_threads()
    return {
        "accelerator": accelerator,
        "devices": devices,
        "names": names,
        "threads": threads,
        "torch": torch.__version__,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123  # platform.processor() is empty on Linux
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
