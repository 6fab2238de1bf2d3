"""conf/ → params/<task>.yaml: what every later stage reads, and DVC tracks key by key."""

from pathlib import Path

from omegaconf import OmegaConf

from hallmark import command, systems
from hallmark.configure.composing import compose_task, read_tasks
from hallmark.errors import InputError


def main(task: str) -> None:
    tasks = read_tasks(Path("conf/tasks.yaml"))
    if task not in tasks:
        raise InputError(f"task {task!r} is none of those in conf/tasks.yaml: {', '.join(tasks)}")
    parts = systems.load(tasks[task], "config")
    parameters = compose_task(Path("conf"), task, system=tasks[task], parts=parts)
    Path("params").mkdir(exist_ok=True)
    Path(f"params/{task}.yaml").write_text(OmegaConf.to_yaml(parameters), encoding="utf-8")


if __name__ == "__main__":
    command.run("configure", main)
