"""The bundled source of a task's system → data/raw/<task>."""

from hallmark import command, systems
from hallmark.config import Parameters
from hallmark.errors import InputError
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    system = systems.load(parameters.system)
    if system.bundled is None:
        raise InputError(f"the system {system.name!r} has no bundled source: put raw data into {layout.raw}")

    layout.raw.mkdir(parents=True, exist_ok=True)
    system.bundled.write(layout.raw, parameters.raw, seed=parameters.seed)


if __name__ == "__main__":
    command.run("raw", main)
