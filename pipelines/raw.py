"""The bundled source of a task's system → data/raw/<task>."""

from pathlib import Path

from hallmark import command, config, systems
from hallmark.errors import InputError


def main(task: str) -> None:
    parameters = config.read(Path("params") / f"{task}.yaml")
    system = systems.load(parameters.system)
    if system.bundled is None:
        raise InputError(f"the system {system.name!r} has no bundled source: put raw data into data/raw/{task}")

    folder = Path("data/raw") / task
    folder.mkdir(parents=True, exist_ok=True)
    system.bundled.write(folder, parameters.raw, seed=parameters.seed)


if __name__ == "__main__":
    command.run("raw", main)
