"""Extensions: a person's own functions, which a task names by a dotted path:

`extensions.<task>.<file>.<function>`.

Only files in `extensions/<task>/` can be named, so that a configuration can import nothing else.
`configure` writes the file's digest into the parameters, so that DVC notices a change.
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
_PARTS = 4  # extensions, the task, the file without .py, the function


def file_of(dotted: str, task: str, project: Path = Path()) -> Path:
    """Return the file that holds `extensions.<task>.<file>.<function>`.

    Raises `InputError` where the path names anything else, or there is no such file.
    """
    parts = dotted.split(".")
    if len(parts) != _PARTS or parts[:2] != [ROOT, task] or not all(part.isidentifier() for part in parts[2:]):
        raise InputError(
            f"is {dotted!r}: it must be {ROOT}.{task}.<file>.<function>, and {ROOT}/{task}/<file>.py hold it"
        )

    path = project / ROOT / task / f"{parts[2]}.py"
    if not path.is_file():
        raise InputError(f"is {dotted!r}, but there is no file {ROOT}/{task}/{parts[2]}.py")
    return path


def digest_of(dotted: str, task: str, project: Path = Path()) -> str:
    """Return the SHA-256 of the file behind a dotted path. Raises `InputError` as `file_of`."""
    return digests.file(file_of(dotted, task, project))


def load_function(dotted: str, task: str, project: Path = Path()) -> Callable[..., Any]:
    """Run the file behind a dotted path, and return the function that it names.

    Raises `InputError` as `file_of`, and where the file does not run, or holds no function of one
    argument.
    """
    path = file_of(dotted, task, project)
    name = dotted.rpartition(".")[2]
    place = path.relative_to(project).as_posix()
    try:
        function = getattr(_run(path, dotted.rpartition(".")[0]), name, None)
    except Exception as error:
        raise InputError(f"is {dotted!r}, but {place} does not run: {type(error).__name__}: {error}") from error

    if not callable(function):
        raise InputError(f"is {dotted!r}, but {place} holds no function {name}")
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise InputError(f"is {dotted!r}, but {name} in {place} can't be called with one argument: {error}") from error
    return function  # type: ignore[no-any-return]


def _run(path: Path, module_name: str) -> Any:
    specification = spec_from_file_location(module_name, path)
    assert specification is not None
    assert specification.loader is not None
    module = module_from_spec(specification)
    sys.modules[module_name] = module  # where dataclasses of the file look for their module
    specification.loader.exec_module(module)
    return module
