"""The embedded source of a task's system → data/raw/<task>."""

from pathlib import Path

from hallmark import command, config, systems


def main(task: str) -> None:
    parameters = config.read(Path("params") / f"{task}.yaml")

    folder = Path("data/raw") / task
    folder.mkdir(parents=True, exist_ok=True)
    embedded = systems.load(parameters.system, "embedded")
    embedded.write(folder, parameters.raw, seed=parameters.seed)


if __name__ == "__main__":
    command.run("raw", main)
