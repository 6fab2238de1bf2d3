"""The embedded source of a task's system → data/raw/<task>."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, systems
from hallmark.errors import InputError


def main(task: str) -> None:
    parameters = OmegaConf.load(command.require(Path("params") / f"{task}.yaml", "the composed configuration"))
    system = systems.load(parameters.system)
    if system.embedded is None:
        raise InputError(f"the system {system.name!r} has no embedded source: put raw data into data/raw/{task}")

    raw: Any = OmegaConf.to_container(parameters.raw)
    folder = Path("data/raw") / task
    folder.mkdir(parents=True, exist_ok=True)
    system.embedded.write(folder, seed=parameters.seed, **raw)


if __name__ == "__main__":
    command.run("raw", main)
