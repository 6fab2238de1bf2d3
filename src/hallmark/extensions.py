"""Extensions: a person's own classes and functions, which a task names by a dotted path:
`extensions.<task>.<file>.<name>`.

Only files in `extensions/<task>/` can be named: no other module is imported, whatever a
configuration says. `configure` writes a digest of the files that a stage uses into the task's
parameters, so that a change of one is noticed.

Errors begin with a verb ("is …"): the caller puts the configuration key before it.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any

from hallmark import digests
from hallmark.errors import InputError

ROOT = "extensions"
_PATH_PARTS = 4  # extensions, task, file without .py, name


def file_of(dotted: str, task: str, project: Path = Path()) -> Path:
    """Return the path of the file in which `dotted`, `extensions.<task>.<file>.<name>`, is defined.

    `project` is the folder that contains `extensions/`. Raises `InputError` where `dotted` has
    another form, names another task, or there is no such file.
    """
    parts = dotted.split(".")
    is_of_task = len(parts) == _PATH_PARTS and parts[:2] == [ROOT, task]
    if not is_of_task or not all(part.isidentifier() for part in parts[2:]):
        raise InputError(f"is {dotted!r}: it must be {ROOT}.{task}.<file>.<name>, and {ROOT}/{task}/<file>.py hold it")

    path = project / ROOT / task / f"{parts[2]}.py"
    if not path.is_file():
        raise InputError(f"is {dotted!r}, but there is no file {ROOT}/{task}/{parts[2]}.py")
    return path


def digest_of(names: Iterable[str], task: str, project: Path = Path()) -> str:
    """Return one SHA-256 over the files in which `names` are defined, and those of the task's folder
    that these import; "" without names.

    Raises `InputError` as `file_of` does, and on a file that is no Python.
    """
    files: dict[str, Path] = {}
    waiting = [file_of(dotted, task, project) for dotted in names]
    while waiting:
        path = waiting.pop()
        if path.name not in files:
            files[path.name] = path
            waiting += _imported_files(path, task)
    return digests.combine({name: digests.file(path) for name, path in files.items()}) if files else ""


def require_unchanged(names: Iterable[str], digest: str, task: str, project: Path = Path()) -> None:
    """Raise `InputError` where the files in which `names` are defined, or those that they import, are
    not those of the `digest` that `configure` wrote.
    """
    names = list(names)
    if digest_of(names, task, project) != digest:
        raise InputError(
            f"{', '.join(names)}, or a file that it imports, has changed since `configure` ran: run `dvc repro`"
        )


def load(dotted: str, task: str, project: Path = Path()) -> Any:
    """Run the file in which `dotted` is defined, and return what it names.

    Files of the task's folder can import each other (`from extensions.<task>.layers import …`).
    Raises `InputError` as `file_of` does, and where the file fails to run, or has no such name.
    """
    path = file_of(dotted, task, project)
    place = path.relative_to(project).as_posix()
    module_name, _, name = dotted.rpartition(".")
    try:
        module = _import(module_name, task, project)
    except Exception as error:
        raise InputError(f"is {dotted!r}, but {place} does not run: {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        raise InputError(f"is {dotted!r}, but {place} has no {name}")
    return getattr(module, name)


def load_function(dotted: str, task: str, project: Path = Path()) -> Callable[..., Any]:
    """Run the file in which a function of one argument is defined, and return the function.

    Raises `InputError` as `load` does, and where it can't be called with one argument.
    """
    function = load(dotted, task, project)
    path = file_of(dotted, task, project)
    place = path.relative_to(project).as_posix()
    name = dotted.rpartition(".")[2]
    if not callable(function):
        raise InputError(f"is {dotted!r}, but {place} has no function {name}")
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise InputError(f"is {dotted!r}, but {name} in {place} can't be called with one argument: {error}") from error
    return function  # type: ignore[no-any-return]


def _import(module_name: str, task: str, project: Path) -> ModuleType:
    """Import a module of `project`/extensions/, as its files are now.

    A module that was imported from another project, or from a file that was written since, is
    imported anew.
    """
    folder = (project / ROOT).resolve()
    _provide_package(ROOT, folder)
    _provide_package(f"{ROOT}.{task}", folder / task)

    invalidate_caches()
    if any(_is_stale(name, folder / task) for name in _imported_modules(task)):
        for name in _imported_modules(task):
            del sys.modules[name]
    module = import_module(module_name)
    for name in _imported_modules(task):
        sys.modules[name].__dict__.setdefault("_written_at", _written_at(sys.modules[name]))
    return module


def _provide_package(name: str, folder: Path) -> None:
    """Make the folder a package of this name, without an `__init__.py`."""
    package = sys.modules.get(name)
    if package is None or list(package.__path__) != [str(folder)]:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


def _imported_modules(task: str) -> list[str]:
    return [name for name in sys.modules if name.startswith(f"{ROOT}.{task}.")]


def _is_stale(module_name: str, folder: Path) -> bool:
    """Say whether a module is of another folder, or its file was written since it was imported."""
    module = sys.modules[module_name]
    is_elsewhere = Path(module.__file__ or "").parent != folder
    return is_elsewhere or module.__dict__.get("_written_at") != _written_at(module)


def _written_at(module: ModuleType) -> tuple[int, int] | None:
    """Return time and size of a module's file; None where it is gone."""
    try:
        status = Path(module.__file__ or "").stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _imported_files(path: Path, task: str) -> Iterator[Path]:
    """Yield the files of the task's folder that a file imports."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise InputError(f"is in {path}, which is no Python: {error}") from error

    for node in ast.walk(tree):
        for name in _imported_names(node, f"{ROOT}.{task}"):
            file = path.parent / f"{name}.py"
            if file.is_file():
                yield file


def _imported_names(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the names of modules of `package` that a statement may import."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.startswith(f"{package}."):
                yield alias.name.removeprefix(f"{package}.").partition(".")[0]
    elif isinstance(node, ast.ImportFrom):
        is_of_package = (node.level == 1) or (node.module or "").startswith(package)
        if not is_of_package:
            return
        below = (node.module or "") if node.level else (node.module or "").removeprefix(package).lstrip(".")
        if below:
            yield below.partition(".")[0]
        else:
            yield from (alias.name for alias in node.names)
