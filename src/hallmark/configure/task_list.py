"""The list of tasks, conf/tasks.yaml: each task's name, system and answer.

DVC writes the names into commands and paths, so they must be plain words.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from omegaconf._utils import get_yaml_loader
from pydantic import BeforeValidator

from hallmark import command, systems
from hallmark.config import mistakes
from hallmark.config.mistakes import Mistake
from hallmark.config.section import Contradiction, Section, rule_error, setting
from hallmark.errors import InputError

_FORM = "a lower-case letter, then lower-case letters, digits, - and _, 64 characters at most"
_EXAMPLE = "as in `tasks: {image: {system: image}}`"
_LOADER = get_yaml_loader()  # safe: it makes plain data; it refuses a key that stands twice
_ANSWERS = tuple(dict.fromkeys(answer for offered in systems.ANSWERS.values() for answer in offered))


class Task(NamedTuple):
    """A listed task: its system (what is read) and its answer (what is predicted)."""

    system: str
    answer: str


def _refuse_former(system: Any) -> Any:
    """Refuse a system's former name with today's."""
    today = systems.RENAMED.get(system) if isinstance(system, str) else None
    if today is not None:
        raise rule_error(f"it is called {today!r} now: write {{system: {today}}}, or run `make migrate`")
    return system


class _ListedTask(Section):
    """What the list says of one task."""

    # mypy wants choices that are written out.
    system: Annotated[Literal[systems.NAMES], BeforeValidator(_refuse_former)] = setting(  # type: ignore[valid-type]
        meaning="what is read"
    )
    answer: Literal[_ANSWERS] | None = setting(  # type: ignore[valid-type]
        None, meaning="what is predicted; null: the system's usual answer"
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._unoffered_answer(),)

    def _unoffered_answer(self) -> Iterator[Contradiction]:
        offered = systems.ANSWERS[self.system]
        if self.answer is not None and self.answer not in offered:
            words = f"is {self.answer!r}: the system {self.system!r} can be asked for {', '.join(offered)}"
            yield Contradiction("answer", words)


class _TaskList(Section):
    """The whole file."""

    tasks: dict[Any, _ListedTask] = setting(meaning="what `dvc repro` runs")
    bundled: dict[Any, _ListedTask] = setting({}, meaning="the data sets that raw can make; a project may have none")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._no_names("tasks", self.tasks), self._no_names("bundled", self.bundled))

    def _no_names(self, key: str, listed: Mapping[Any, _ListedTask]) -> Iterator[Contradiction]:
        """The name of a task must be a plain word, as `command.TASK` says."""
        for name in listed:
            if not isinstance(name, str) or not command.TASK.fullmatch(name):
                yield Contradiction(key, f"has {name!r}, which is no name of a task: {_FORM}")


def read_tasks(path: Path) -> dict[str, Task]:
    """Return each task of `conf/tasks.yaml`, at `path`, by its name.

    A task without an answer has its system's default one. The file is parsed as plain data: no
    reference is resolved and no object is made.

    Raises `InputError` where the file is missing or no such list, or has a key twice, and with all
    other mistakes in it: a name that is no plain word, an unknown key or system, an answer that its
    system does not offer.
    """
    content = _load(path)
    if not isinstance(content, Mapping) or not isinstance(content.get("tasks"), Mapping) or not content["tasks"]:
        raise InputError(f"{path} must map tasks to their system, {_EXAMPLE}")

    listed, problems = mistakes.check(_TaskList, content)
    mistakes.refuse([_with_present_name(problem).sentence(str(path)) for problem in problems])
    return {
        name: Task(task.system, systems.resolve_answer(task.system, task.answer)) for name, task in listed.tasks.items()
    }


def require_listed(task: str, tasks: Mapping[str, Task], path: Path) -> None:
    """Raise `InputError` where `task` is not among the `tasks` of the file at `path`."""
    if task not in tasks:
        raise InputError(f"task {task!r} is none of those in {path}: {', '.join(tasks)}")


def _load(path: Path) -> Any:
    """Return the content of the file as plain data."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (a safe loader)
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: it lists the tasks and the system of each") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}: {error.problem}" if mark else ""
        if str(error.problem).startswith("found duplicate key"):
            raise InputError(f"{path}{place}: a name stands once, take one of them out") from error
        raise InputError(f"{path} must map tasks to their system, {_EXAMPLE}; it is no YAML{place}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} must map tasks to their system, {_EXAMPLE}") from error


def _with_present_name(mistake: Mistake) -> Mistake:
    """Return the mistake; that of the former key `embedded` names the present one."""
    if mistake.key != "embedded":
        return mistake
    return Mistake("embedded", ": it is called bundled now: write bundled, or run `make migrate`", "unknown")
