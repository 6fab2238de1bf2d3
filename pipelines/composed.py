"""What `make config` shows: the composed parameters of a task, and the file that each value comes from.

With INFO=defaults, the files that are composed, in their order. SET is composed too, and not
written.
"""

import os
import sys
from pathlib import Path

import yaml

from hallmark import command
from hallmark.configure import read_overrides, read_tasks, require_listed
from hallmark.configure.composition import compose, compose_task
from hallmark.configure.overrides import split
from hallmark.configure.provenance import sources
from hallmark.errors import InputError
from hallmark.layout import Layout

CONF = Path("conf")
_WIDTH = 88  # columns of keys and values; a longer one moves its source to the right


def main(layout: Layout) -> None:
    task = layout.task
    tasks = read_tasks(CONF / "tasks.yaml")
    require_listed(task, tasks, CONF / "tasks.yaml")
    overrides = split(os.environ.get("SET", "")) or read_overrides(CONF, tasks)[task]
    information = os.environ.get("INFO", "")
    if information not in ("", "defaults"):
        raise InputError(f"INFO is {information!r}: it is empty, or defaults")

    kind = tasks[task]
    files = compose(CONF, task, system=kind.system, answer=kind.answer, overrides=overrides).files
    if information == "defaults":
        rows = [
            (f"conf/{file.path}", ".".join(file.package) or "everything", f"taken by {file.taken_by or 'Hydra'}")
            for file in files
        ]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        for path, package, taken_by in rows:
            sys.stdout.write(f"{path:<{widths[0]}}  {package:<{widths[1]}}  {taken_by}\n")
        return

    parameters = compose_task(CONF, task, system=kind.system, answer=kind.answer, overrides=overrides)
    for key, value, source in sources(parameters, files, CONF, overrides):
        sys.stdout.write(f"{f'{key}: {_shown(value)}':<{_WIDTH}}  # {source}\n")


def _shown(value: object) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


if __name__ == "__main__":
    command.run_unconfigured("composed", main)
