"""The code behind a verdict: what the task's stages list in dvc.yaml.

Code that could run in its place is refused.
"""

import marshal
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType
from typing import Any

import yaml

from hallmark import digests
from hallmark.errors import InputError
from hallmark.files import require

PLACES = ("src", "pipelines")  # where this project's code lies
PACKAGE = "hallmark"  # all that may be imported from src/
HOOKS = {"sitecustomize", "usercustomize"}  # Python imports them unasked
# All of a code object but its constants, which nest, and its file's name, which a moved folder
# changes.
_CODE_ATTRIBUTES = (
    "co_argcount",
    "co_cellvars",
    "co_code",
    "co_exceptiontable",
    "co_firstlineno",
    "co_flags",
    "co_freevars",
    "co_kwonlyargcount",
    "co_linetable",
    "co_name",
    "co_names",
    "co_nlocals",
    "co_posonlyargcount",
    "co_qualname",
    "co_stacksize",
    "co_varnames",
)


def digest(root: Path, task: str) -> str:
    """Return one SHA-256 over the code that the stages of `task` list in dvc.yaml below `root`.

    Raises `InputError` where a listed file is missing, and where something could run in place of
    the code.
    """
    refuse_stand_ins(root)
    return digests.paths(root, listed(root, task))


def listed(root: Path, task: str) -> list[str]:
    """Return the paths of code that the stages of `task` depend on, relative to `root`, sorted,
    each once.

    Raises `InputError` where conf/tasks.yaml has no such task.
    """
    paths = set()
    for stage, item in _stages_of(root, task):
        names = [name if isinstance(name, str) else next(iter(name)) for name in stage.get("deps", [])]
        paths |= {_filled(name, task, item) for name in names}
    return sorted(path for path in paths if path.split("/")[0] in PLACES)


def outputs(root: Path, task: str) -> dict[str, bool]:
    """Return the path of each output that dvc.yaml declares for `task`, and whether DVC caches it.

    Outputs of a stage without `foreach` are among them, whatever task they are of. Raises
    `InputError` where conf/tasks.yaml has no such task.
    """
    all_outputs = {}
    single = [stage for stage in _read(root / "dvc.yaml").get("stages", {}).values() if "cmd" in stage]
    for stage, item in [*_stages_of(root, task), *((stage, {}) for stage in single)]:
        for section in ("outs", "metrics", "plots"):
            for entry in stage.get(section, []):
                for name, options in (entry if isinstance(entry, dict) else {entry: {}}).items():
                    is_cached = not isinstance(options, dict) or options.get("cache", True) is not False
                    all_outputs[_filled(str(name), task, item)] = is_cached
    return all_outputs


def _stages_of(root: Path, task: str) -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:
    """Yield each stage of dvc.yaml that runs for `task`, with the task's entry in conf/tasks.yaml
    for that stage.
    """
    stages = _read(root / "dvc.yaml").get("stages", {})
    known = _read(root / "conf/tasks.yaml")
    if task not in known.get("tasks", {}):
        raise InputError(f"task {task!r} is none of those in {root / 'conf/tasks.yaml'}: {', '.join(known['tasks'])}")
    for stage in stages.values():
        group = str(stage.get("foreach", "")).removeprefix("${").removesuffix("}")
        if task in known.get(group, {}):
            yield stage["do"], known[group][task]


def refuse_stand_ins(root: Path) -> None:
    """Raise `InputError` where Python could run something other than the sources in src/ and
    pipelines/.

    These are: compiled code without a source, or not of its source; an extension module; a package
    beside a module of the same name; a module in src/ beside the package; and a module in `root`
    that hides an installed one.
    """
    intruders = [*_strangers(root), *(line for place in PLACES for line in _inside(root / place))]
    if intruders:
        raise InputError(f"the code that runs may not be the code that is read: {'; '.join(intruders)}")


def _inside(place: Path) -> Iterator[str]:
    for path in sorted(digests.walk(place, caches=True)):
        cached = path.parent.name == digests.CACHE
        if path.name.endswith(tuple(EXTENSION_SUFFIXES)):
            yield f"{path} is compiled and would run in place of a source: remove it"
        elif path.suffix in {".pyc", ".pyo"} and not cached:
            yield f"{path} is compiled code without a source: remove it"
        elif path.suffix == ".py" and not cached:
            yield from _beside(path)


def _beside(source: Path) -> Iterator[str]:
    if any(source.with_suffix("").glob("__init__.*")):
        yield f"{source.with_suffix('')}/ is a package that hides {source}: remove one of them"
    for level, optimize in (("", 0), (1, 1), (2, 2)):  # of optimisation: `python -O` reads another cache
        cache = Path(cache_from_source(source, optimization=level))
        if cache.is_file() and not _follows(cache, source, optimize=optimize):
            yield f"{cache} is not the compiled {source}: remove it"


def _follows(cache: Path, source: Path, *, optimize: int) -> bool:
    """Return whether compiled code is that of its source, or Python would not use it."""
    content = cache.read_bytes()
    header = content[:16]
    if header[:4] != MAGIC_NUMBER:
        return True  # another Python's, or half-written: read anew from the source

    code = source.read_bytes()
    is_by_hash = int.from_bytes(header[4:8], "little") & 1
    cached_time = int.from_bytes(header[8:12], "little")
    cached_size = int.from_bytes(header[12:16], "little")
    is_of_this_time = cached_time == int(source.stat().st_mtime) & 0xFFFFFFFF
    is_of_this_size = cached_size == len(code) & 0xFFFFFFFF
    if not is_by_hash and not (is_of_this_time and is_of_this_size):
        return True  # of an earlier source: read anew

    try:
        cached_code = marshal.loads(content[16:])  # noqa: S302 (loading runs nothing; it is compared, not run)
    except (EOFError, ValueError, TypeError):
        return True  # Python refuses it too
    return _same(cached_code, compile(code, str(source), "exec", dont_inherit=True, optimize=optimize))


def _same(one: Any, other: Any) -> bool:
    """Return whether two constants, or code objects, are equal in value and type: 1, 1.0 and True
    are not.
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, CodeType):
        has_same_attributes = all(getattr(one, name) == getattr(other, name) for name in _CODE_ATTRIBUTES)
        return has_same_attributes and _same(one.co_consts, other.co_consts)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, frozenset):
        return sorted(map(_typed, one)) == sorted(map(_typed, other))
    return repr(one) == repr(other)  # tells 0.0 from -0.0, and takes NaN for NaN


def _typed(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"


def _strangers(root: Path) -> Iterator[str]:
    """Yield a sentence for each module that Python would import in place of ours, or of an
    installed one.

    The folder `root` comes first on Python's path.
    """
    for path in _importable(root / "src"):
        if _module(path) != PACKAGE:
            yield f"{path} can be imported, and src/ holds {PACKAGE} alone: move it"
    elsewhere = [entry for entry in sys.path if entry and Path(entry).resolve() not in _own(root)]
    for path in _importable(root):
        name = _module(path)
        taken = name in HOOKS | {PACKAGE} or name in sys.stdlib_module_names
        if taken or (name not in PLACES and PathFinder.find_spec(name, elsewhere) is not None):
            yield f"{path} hides the module {name!r} that is installed: rename it"


def _own(root: Path) -> set[Path]:
    return {place.resolve() for place in (root, root / "src")}


def _importable(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    suffixes = (".py", ".pyc", *EXTENSION_SUFFIXES)
    return sorted(
        path
        for path in folder.iterdir()
        if (path.is_file() and path.name.endswith(suffixes)) or (path.is_dir() and any(path.glob("__init__.*")))
    )


def _module(path: Path) -> str:
    return path.name.partition(".")[0]


def _filled(name: str, task: str, item: Mapping[str, Any]) -> str:
    filled = name.replace("${key}", task)
    for key, value in item.items():
        filled = filled.replace(f"${{item.{key}}}", str(value))
    return filled


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(require(path, "the list of stages or tasks").read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must be a mapping, and is {type(content).__name__}")
    return content
