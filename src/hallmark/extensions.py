"""Extensions: a person's own classes and functions, which a task names by a dotted path:
`extensions.<task>.<file>.<name>`.

Only files in `extensions/<task>/` can be named: no other module is imported, whatever a
configuration says. `configure` writes a digest of the files that a stage uses into the task's
parameters, so that a change of one is noticed: of those that are named, and those of the folder
that they import. What the digest doesn't count is not imported from the project.

Errors begin with a verb ("is …"): the caller puts the configuration key before it.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module, invalidate_caches
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path, PurePosixPath
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

    Raises `InputError` as `file_of` does, on a file that is no Python, and on an import of a file
    of the project that lies elsewhere.
    """
    files = _files_of(names, task, project)
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
    Raises `InputError` as `digest_of` does, and where the file fails to run, or has no such name.
    """
    path = file_of(dotted, task, project)
    place = path.relative_to(project).as_posix()
    module_name, _, name = dotted.rpartition(".")
    files = _files_of([dotted], task, project)
    try:
        module = _import(module_name, files, task, project)
    except (Exception, SystemExit) as error:  # a script that ends itself would end the stage
        words = (str(error).strip().splitlines() or ["no message"])[0]
        raise InputError(f"is {dotted!r}, but {place} does not run: {type(error).__name__}: {words}") from error
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


def _import(module_name: str, files: Mapping[str, Path], task: str, project: Path) -> ModuleType:
    """Import a module of `project`/extensions/, as its files are now; `files` are those that it can import.

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
    _FINDER.count(files, task, folder)
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
    place = getattr(module, "__file__", None) or next(iter(module.__path__))
    return not Path(place).is_relative_to(folder) or module.__dict__.get("_written_at") != _written_at(module)


def _written_at(module: ModuleType) -> tuple[int, int] | None:
    """Return time and size of a module's file; None where it is gone, or the module is a folder."""
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


class _Source(SourceLoader):
    """Runs a file as it is now, and never compiled code beside it, which could be of another source."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 (importlib's signature)
        return str(self.path)

    def get_data(self, path: str | bytes) -> bytes:
        return Path(str(path)).read_bytes()


class _Finder(MetaPathFinder):
    """Finds modules of extensions/: the files that a digest counts, and no other.

    A package or compiled code of the same name is not taken in the place of a file, and what a
    file imports by a name that it computes is refused, whenever it does so.
    """

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        self.folder = Path()

    def count(self, files: Mapping[str, Path], task: str, folder: Path) -> None:
        """Let `files`, by their place in the folder of the task, be found; `folder` is extensions/."""
        if folder != self.folder:
            self.paths = {}
            self.folder = folder
        self.paths |= {_module_of(place, task): folder / task / place for place in files}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        if not fullname.startswith(f"{ROOT}.") or not self.paths:
            return None
        file = self.paths.get(fullname)
        if file is not None:
            folders = [str(file.parent)] if file.name == "__init__.py" else None
            return spec_from_file_location(fullname, file, loader=_Source(file), submodule_search_locations=folders)

        place = self.folder.joinpath(*fullname.split(".")[1:])
        if any(module.startswith(f"{fullname}.") for module in self.paths):  # a folder without an `__init__.py`
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [str(place)]
            return spec
        if any(place.parent.glob(f"{place.name}.*")) or place.is_dir():
            raise ImportError(
                f"{fullname} is imported in a way that no digest counts: write `from extensions.<task> import <file>`, "
                f"of a file of the task's own"
            )
        return None


_FINDER = _Finder()
sys.meta_path.insert(0, _FINDER)


def _module_of(place: str, task: str) -> str:
    """Return the module of a file at a place in the task's folder: layers/norm.py → extensions.image.layers.norm."""
    parts = PurePosixPath(place).with_suffix("").parts
    return ".".join((ROOT, task, *(parts[:-1] if parts[-1] == "__init__" else parts)))


def _files_of(names: Iterable[str], task: str, project: Path) -> dict[str, Path]:
    """Return the files in which `names` are defined, and those that these import, by their place in the task's
    folder.
    """
    folder = project / ROOT / task
    files: dict[str, Path] = {}
    waiting = [file_of(dotted, task, project) for dotted in names]
    while waiting:
        path = waiting.pop()
        place = path.relative_to(folder).as_posix()
        if place not in files:
            _refuse_link(path, project)
            files[place] = path
            waiting += _imported_files(path, task, project)
    return files


def _refuse_link(path: Path, project: Path) -> None:
    """Raise `InputError` where a file is a link to one that the commit doesn't hold with it."""
    if not path.resolve().is_relative_to(project.resolve() / ROOT):
        place = path.relative_to(project).as_posix()
        raise InputError(f"needs {place}, which is a link to a file outside of {ROOT}/: put the file itself there")


def _imported_files(path: Path, task: str, project: Path) -> Iterator[Path]:
    """Yield the files of the task's folder that a file imports.

    Raises `InputError` where it imports a file of the project that is neither of this folder nor of
    src/, since no digest of the task counts it.
    """
    place = path.relative_to(project).as_posix()
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise InputError(f"needs {place}, which is no Python: {error}") from error

    package = path.relative_to(project).parent.parts
    for node in ast.walk(tree):
        for name in _imported_names(node, package):
            if name[0] == ROOT and len(name) > 1 and name[1] != task and (project / ROOT / name[1]).is_dir():
                raise InputError(
                    f"needs {place}, which imports {ROOT}/{name[1]}/: copy what it needs to {ROOT}/{task}/"
                )
            if name[:2] == (ROOT, task):
                yield from _files_of_module(project / ROOT / task, name[2:])
            elif _is_beside(name[0], project):
                raise InputError(
                    f"needs {place}, which imports {name[0]}, a file of this project that no digest counts: move it to "
                    f"{ROOT}/{task}/"
                )


def _is_beside(name: str, project: Path) -> bool:
    """Say whether a module lies in the project's own folder: Python finds it there before any installed one."""
    is_counted = name in (ROOT, "hallmark")
    return not is_counted and ((project / f"{name}.py").is_file() or any((project / name).glob("*.py")))


def _files_of_module(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """Yield the files that run where the module `parts`, or a name of it, is imported: its own, and those of the
    packages that it lies in.
    """
    for end in range(1, len(parts) + 1):
        below = folder.joinpath(*parts[:end])
        module = below.with_name(f"{below.name}.py")
        if module.is_file():
            yield module
            return
        if (below / "__init__.py").is_file():
            yield below / "__init__.py"


def _imported_names(node: ast.AST, package: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the parts of each dotted name that a statement of a file in `package` may import."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield tuple(alias.name.split("."))
    elif isinstance(node, ast.ImportFrom):
        above = tuple(package[: len(package) - node.level + 1]) if node.level else ()
        module = tuple(node.module.split(".")) if node.module else ()
        for alias in node.names:
            yield (*above, *module, alias.name)
