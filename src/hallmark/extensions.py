"""Extensions: a person's own functions, which a task names by a dotted path:
`extensions.<task>.<file>.<function>`.

Only files in `extensions/<task>/` can be named: no other module is imported, whatever a
configuration says. `configure` writes the file's digest into the task's parameters, so that a
change of the file is noticed.

Errors begin with a verb ("is …"): the caller puts the configuration key before it.
"""

import inspect
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hallmark import digests
from hallmark.errors import InputError

ROOT = "extensions"
_PATH_PARTS = 4  # extensions, task, file without .py, function


def file_of(dotted: str, task: str, project: Path = Path()) -> Path:
    """Return the path of the file in which `dotted`, `extensions.<task>.<file>.<function>`, is
    defined.

    `project` is the folder that contains `extensions/`. Raises `InputError` where `dotted` has
    another form, names another task, or there is no such file.
    """
    parts = dotted.split(".")
    is_of_task = len(parts) == _PATH_PARTS and parts[:2] == [ROOT, task]
    if not is_of_task or not all(part.isidentifier() for part in parts[2:]):
        raise InputError(
            f"is {dotted!r}: it must be {ROOT}.{task}.<file>.<function>, and {ROOT}/{task}/<file>.py hold it"
        )

    path = project / ROOT / task / f"{parts[2]}.py"
    if not path.is_file():
        raise InputError(f"is {dotted!r}, but there is no file {ROOT}/{task}/{parts[2]}.py")
    return path


def digest_of(dotted: str, task: str, project: Path = Path()) -> str:
    """Return the SHA-256 of the file in which a function is defined.

    Raises `InputError` as `file_of` does.
    """
    return digests.file(file_of(dotted, task, project))


def load_function(dotted: str, task: str, project: Path = Path()) -> Callable[..., Any]:
    """Run the file in which a function is defined, and return the function.

    Raises `InputError` as `file_of` does, and where the file fails to run, or defines no function
    of this name that can be called with one argument.
    """
    path = file_of(dotted, task, project)
    place = path.relative_to(project).as_posix()
    module_name, _, name = dotted.rpartition(".")
    try:
        module = _run_file(path, module_name)
        function = getattr(module, name, None)
    except Exception as error:
        raise InputError(f"is {dotted!r}, but {place} does not run: {type(error).__name__}: {error}") from error

    if not callable(function):
        raise InputError(f"is {dotted!r}, but {place} holds no function {name}")
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise InputError(f"is {dotted!r}, but {name} in {place} can't be called with one argument: {error}") from error
    return function  # type: ignore[no-any-return]


def _run_file(path: Path, module_name: str) -> Any:
    """Run a Python file as the module `module_name`, and return the module."""
    specification = spec_from_file_location(module_name, path)
    assert specification is not None
    assert specification.loader is not None

    module = module_from_spec(specification)
    sys.modules[module_name] = module  # dataclasses look up their own module there
    specification.loader.exec_module(module)
    return module
