"""The list of tasks, conf/tasks.yaml: each task's name, system and answer.

DVC writes the names into commands and paths, so they must be plain words.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from hallmark import command, systems
from hallmark.errors import InputError

_FORM = "a lower-case letter, then lower-case letters, digits, - and _, 64 characters at most"
_EXAMPLE = "as in `tasks: {image: {system: image}}`"


class Task(NamedTuple):
    """A listed task: its system (what is read) and its answer (what is predicted)."""

    system: str
    answer: str


def read_tasks(path: Path) -> dict[str, Task]:
    """Return each task of `conf/tasks.yaml`, at `path`, by its name.

    A task without an answer has its system's default one. The file is parsed as plain data: no
    reference is resolved and no object is made.

    Raises `InputError` where the file is missing or no such list, and with all its mistakes: a name
    that is no plain word, an unknown system, an answer that its system does not offer.
    """
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: it lists the tasks and the system of each") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}: {error.problem}" if mark else ""
        raise InputError(f"{path} must map tasks to their system, {_EXAMPLE}; it is no YAML{place}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} must map tasks to their system, {_EXAMPLE}") from error

    if not isinstance(listed, Mapping) or not isinstance(listed.get("tasks"), Mapping) or not listed["tasks"]:
        raise InputError(f"{path} must map tasks to their system, {_EXAMPLE}")

    mistakes = list(_mistakes("tasks", listed["tasks"]))
    if "bundled" in listed:  # the data sets that raw can make; a project may have none
        mistakes += _mistakes("bundled", listed["bundled"])
    if "embedded" in listed:
        mistakes.append("embedded is called bundled now: write bundled, or run `make migrate`")
    if mistakes:
        raise InputError(f"{path}: {'; '.join(mistakes)}")

    return {
        task: Task(item["system"], systems.resolve_answer(item["system"], item.get("answer")))
        for task, item in listed["tasks"].items()
    }


def require_listed(task: str, tasks: Mapping[str, Task], path: Path) -> None:
    """Raise `InputError` where `task` is not among the `tasks` of the file at `path`."""
    if task not in tasks:
        raise InputError(f"task {task!r} is none of those in {path}: {', '.join(tasks)}")


def _mistakes(group: str, listed: Any) -> Iterator[str]:
    """Yield a sentence for each mistake in the mapping `listed` under the key `group`: tasks or bundled."""
    if not isinstance(listed, Mapping):
        yield f"{group} is {listed!r}: it must map tasks to their system, {_EXAMPLE}"
        return
    for task, item in listed.items():
        if not isinstance(task, str) or not command.TASK.fullmatch(task):
            yield f"{group} has {task!r}, which is no name of a task: {_FORM}"
        elif not isinstance(item, Mapping) or not isinstance(item.get("system"), str):
            yield f"{group}.{task} is {item!r}: it must name its system, {_EXAMPLE}"
        elif item["system"] in systems.RENAMED:
            today = systems.RENAMED[item["system"]]
            yield (
                f"{group}.{task}.system is {item['system']!r}, which is called {today!r} now: "
                f"write {{system: {today}}}, or run `make migrate`"
            )
        elif item["system"] not in systems.NAMES:
            yield f"{group}.{task}.system is {item['system']!r}: it must be one of {', '.join(systems.NAMES)}"
        elif item.get("answer") not in (None, *systems.ANSWERS[item["system"]]):
            offered = ", ".join(systems.ANSWERS[item["system"]])
            yield (
                f"{group}.{task}.answer is {item['answer']!r}: the system {item['system']!r} can be asked for {offered}"
            )
