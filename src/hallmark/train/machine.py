"""The machine that a training runs on: an option of conf/machine, which the environment variable MACHINE chooses.

It changes no result but by rounding, so it is composed when the stage runs, and is in no parameters and in no digest.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BeforeValidator
from yaml import YAMLError

from hallmark import components
from hallmark.config import mistakes
from hallmark.config.section import Section, rule_error, setting
from hallmark.errors import InputError
from hallmark.train import launchers
from hallmark.train.launchers import Launcher

_VARIABLE = "MACHINE"
_USUAL = "auto"
_FORMER_VARIABLES = {
    "HALLMARK_ACCELERATOR": "MACHINE=cpu or MACHINE=gpu",
    "HALLMARK_DEVICES": "MACHINE='ddp devices=2'",
}
# In the names of Lightning's strategies that start no commands, or that are for other devices.
_OTHER_STRATEGIES = ("spawn", "fork", "notebook", "xla", "tpu", "fsdp")


def _refuse_no_devices(value: Any) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool) and (value >= 1 or value == -1)
    is_list = isinstance(value, list) and bool(value) and all(type(index) is int and index >= 0 for index in value)
    if value != "auto" and not is_number and not is_list:
        raise rule_error("it must be a number of devices, a list such as [0, 2], or auto")
    return value


def _refuse_no_nodes(value: Any) -> Any:
    if value != "auto" and (type(value) is not int or value < 1):
        raise rule_error("it must be a number of machines, or auto")
    return value


class Machine(Section):
    """The section of conf/machine: the arguments of Lightning's trainer that change no result."""

    accelerator: Literal["auto", "cpu", "gpu", "mps"] = setting("auto", meaning="the kind of device")
    devices: Annotated[Any, BeforeValidator(_refuse_no_devices)] = setting(
        "auto", meaning="how many of each machine, or which GPUs; on the CPU, the number of processes"
    )
    num_nodes: Annotated[Any, BeforeValidator(_refuse_no_nodes)] = setting(
        "auto", meaning="machines that train together"
    )
    strategy: str | dict[str, Any] = setting(
        "auto", meaning="how the devices share the work: a name of Lightning's, or a component"
    )
    launcher: Literal["srun"] | None = setting(
        None, meaning="starts one process for each task of an allocation of SLURM"
    )


@dataclass(frozen=True)
class Devices:
    """The devices that a training takes.

    accelerator: cpu, gpu or mps.
    indices: Those of this machine; on the CPU, the numbers of the processes.
    nodes: The number of machines.
    """

    accelerator: str
    indices: Sequence[int]
    nodes: int = 1

    @property
    def world(self) -> int:
        """The number of processes that train together."""
        return len(self.indices) * self.nodes


def chosen_words() -> str:
    """Return what MACHINE says: an option of conf/machine, and any changes ("ddp devices=2").

    Raises `InputError` where a former variable is set.
    """
    for name, present in _FORMER_VARIABLES.items():
        if os.environ.get(name):
            raise InputError(
                f"{name} is {os.environ[name]!r}, and is no longer read: write {present}, and unset {name}"
            )
    return os.environ.get(_VARIABLE, "").strip() or _USUAL


def read(words: str | None = None, *, conf: Path = Path("conf")) -> Machine:
    """Return the machine that `words` choose (see `chosen_words`, which is asked without them).

    Without a folder conf/machine there is the usual one alone. Raises `InputError` with all
    mistakes: an option that conf/machine hasn't, a key or a value that means nothing.
    """
    words = words or chosen_words()
    option, *changes = words.split()
    options = sorted(path.stem for path in (conf / "machine").glob("*.yaml"))
    if not options and words == _USUAL:
        return Machine()
    if option not in options:
        near = mistakes.did_you_mean(option, options)
        raise InputError(f"{_VARIABLE} is {option!r}: {conf}/machine has {', '.join(options) or 'no options'}{near}")

    try:
        with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            composed = compose(overrides=[f"+machine={option}"])
            content = _changed(composed.machine, changes)
    except InputError:
        raise
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{conf}/machine/{option}.yaml does not compose: {reason}") from error

    machine, found = mistakes.check(Machine, content)
    where = f"{_VARIABLE}={words!r}" if changes else f"{conf}/machine/{option}.yaml"
    mistakes.refuse([mistake.sentence(where) for mistake in found])
    return machine


def _changed(section: DictConfig, changes: Sequence[str]) -> Any:
    """Return the section, resolved, with changes such as "devices=2", in the grammar of OmegaConf's dot lists."""
    for change in changes:
        if "=" not in change:
            raise InputError(f"{_VARIABLE} has {change!r} after its option: write a change such as devices=2")
    OmegaConf.set_struct(section, False)  # the model knows the keys
    return OmegaConf.to_container(OmegaConf.merge(section, OmegaConf.from_dotlist([*changes])), resolve=True)


def trainer_arguments(machine: Machine, *, task: str, project: Path = Path()) -> dict[str, Any]:
    """Return accelerator, devices, num_nodes, strategy and plugins for Lightning's trainer.

    Raises `InputError` where this machine, or what started this process, doesn't have what is asked
    for, and where the strategy can't do it.
    """
    launcher = launchers.current()
    devices = find_devices(machine, launcher)
    strategy = _make_strategy(machine.strategy, task=task, project=project)
    _refuse_alone(strategy, devices)

    is_gpu = devices.accelerator == "gpu"
    return {
        "accelerator": devices.accelerator,
        "devices": list(devices.indices) if is_gpu else len(devices.indices),
        "num_nodes": devices.nodes,
        "strategy": strategy,
        "plugins": [launcher.environment()],
    }


def one_process() -> dict[str, Any]:
    """Return the trainer's arguments for one process on the CPU."""
    return trainer_arguments(Machine(accelerator="cpu", devices=1), task="")


def find_devices(machine: Machine, launcher: Launcher) -> Devices:
    """Return the devices that the section names, of those that are here.

    Raises `InputError` as `trainer_arguments` does.
    """
    accelerator = machine.accelerator
    if accelerator == "auto":
        accelerator = "gpu" if torch.cuda.is_available() else "cpu"
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise InputError(
            "the machine's accelerator is 'gpu', but PyTorch finds no GPU here: MACHINE=cpu trains without one"
        )

    if accelerator == "mps" and not torch.backends.mps.is_available():
        raise InputError(
            "the machine's accelerator is 'mps', but PyTorch finds no Apple GPU here: MACHINE=cpu trains without one"
        )

    available = torch.cuda.device_count() if accelerator == "gpu" else _usable_cores()
    wanted = _wanted_indices(machine.devices, accelerator, available, launcher)
    too_high = [index for index in wanted if index >= available]
    if too_high:
        kind = "GPU" if accelerator == "gpu" else "core of the CPU"
        here = f"{available} {kind}{'s' * (available != 1)}".replace("core of the CPUs", "cores of the CPU")
        raise InputError(f"the machine's devices are {_shown(machine.devices, launcher)}, but there are {here} here")

    nodes = launcher.nodes
    if machine.num_nodes not in ("auto", nodes):
        raise InputError(
            f"the machine's num_nodes is {machine.num_nodes}, but this training was started on {nodes}: "
            "start it on each of them by torchrun or SLURM, as docs/machines.md shows"
        )
    return Devices(accelerator, wanted, nodes)


def _wanted_indices(devices: Any, accelerator: str, available: int, launcher: Launcher) -> list[int]:
    """Return the numbers of the devices; `auto` are those of the launcher, all GPUs, or one process."""
    if isinstance(devices, list):
        count = len(devices)
    elif devices in ("auto", -1):
        count = launcher.processes or (available if accelerator == "gpu" or devices == -1 else 1)
    else:
        count = devices
    if launcher.processes not in (None, count):
        raise InputError(
            f"the machine's devices are {count}, but {launcher.kind} started {launcher.processes} processes on this "
            "machine: start one for each device, or write devices=auto"
        )
    return devices if isinstance(devices, list) else list(range(count))


def _shown(devices: Any, launcher: Launcher) -> str:
    if devices in ("auto", -1) and launcher.processes:
        return f"{launcher.processes}, one for each process of {launcher.kind}"
    return mistakes.as_yaml(devices)


def _usable_cores() -> int:
    """Return how many processes may train on the CPU: one for each core, and two anywhere, to try it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, cores)


def _make_strategy(strategy: str | Mapping[str, Any], *, task: str, project: Path) -> Any:
    """Return a strategy for the trainer: an object that a component names, or a name of Lightning's."""
    if not isinstance(strategy, str):
        slot = components.SLOTS["strategy"]
        found = components.mistakes("strategy", strategy, slot, task=task, project=project)
        mistakes.refuse([mistake.sentence("conf/machine") for mistake in found])
        return components.factory("strategy", strategy, slot, task=task, project=project)()

    from pytorch_lightning.strategies import StrategyRegistry  # it reads the launcher's variables

    names = ["auto", *StrategyRegistry.available_strategies()]
    usable = [name for name in names if not any(part in name for part in _OTHER_STRATEGIES)]
    if strategy.startswith("fsdp"):
        raise InputError(f"the machine's strategy is {strategy!r}, FSDP's first version: MACHINE=fsdp takes the second")
    if strategy not in usable:
        near = mistakes.did_you_mean(strategy, usable)
        raise InputError(f"the machine's strategy is {strategy!r}: it can be {', '.join(usable)}, or a component{near}")
    if strategy.startswith("deepspeed") and find_spec("deepspeed") is None:
        raise InputError(f"the machine's strategy is {strategy!r}, which needs the package deepspeed: install it")
    return strategy


def _refuse_alone(strategy: Any, devices: Devices) -> None:
    """Raise `InputError` where a strategy that shares the work has one device to share it with."""
    name = strategy if isinstance(strategy, str) else type(strategy).__name__
    if devices.world > 1 or not _is_parallel(strategy):
        return
    option = chosen_words().split()[0]
    raise InputError(
        f"the machine's strategy {name} shares a training over devices, and it has one {devices.accelerator.upper()}: "
        f"take MACHINE=auto; or, to try it on the CPU, MACHINE='{option} accelerator=cpu devices=2'"
    )


def _is_parallel(strategy: Any) -> bool:
    from pytorch_lightning.strategies import ParallelStrategy

    if isinstance(strategy, str):
        return strategy.startswith(("ddp", "deepspeed"))
    return isinstance(strategy, ParallelStrategy)
