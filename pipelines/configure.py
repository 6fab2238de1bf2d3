"""conf/ → params/<task>.yaml: what every later stage reads, and DVC tracks key by key."""

from pathlib import Path

from hallmark import command
from hallmark.configure import (
    compose_task,
    plot_definitions,
    read_overrides,
    read_tasks,
    require_listed,
    require_own_model_name,
    to_yaml,
)
from hallmark.formats import folders
from hallmark.layout import Layout

CONF, TASKS = Path("conf"), Path("conf/tasks.yaml")


def main(layout: Layout) -> None:
    task = layout.task
    tasks = read_tasks(TASKS)
    require_listed(task, tasks, TASKS)
    folders.require_no_pipes(layout.raw)  # DVC, which comes to the raw folder next, would wait for ever

    overrides = read_overrides(CONF, tasks)[task]
    parameters = compose_task(CONF, task, system=tasks[task].system, answer=tasks[task].answer, overrides=overrides)
    require_own_model_name(CONF, parameters, tasks)

    layout.parameters.parent.mkdir(exist_ok=True)
    layout.parameters.write_text(to_yaml(parameters), encoding="utf-8")

    layout.plot_definitions.parent.mkdir(parents=True, exist_ok=True)
    layout.plot_definitions.write_text(plot_definitions.render(parameters, layout), encoding="utf-8")


if __name__ == "__main__":
    command.run_unconfigured("configure", main)
