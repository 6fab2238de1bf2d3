"""The hardware of a training, for cost.json and the model card."""

import platform
from typing import Any

import torch


def describe_hardware(accelerator: str, devices: int) -> dict[str, Any]:
    """Return the hardware of a training.

    `devices` is the number of GPUs, or of processes on the CPU, on all machines. GPUs are named as
    the first machine has them.
    """
    names = [_processor_name()]
    if accelerator == "gpu":
        names = [torch.cuda.get_device_name(index) for index in range(min(devices, torch.cuda.device_count()))]
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
