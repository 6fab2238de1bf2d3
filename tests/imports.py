"""Which files of this project a stage really runs: the closure of its imports, read from the source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hallmark import answers

ROOT = Path(__file__).parents[1]
_WITH_PARTS = {"system.System", "answer.Answer"}


def closure(entry: str, system: str) -> set[Path]:
    """Return the project's files that `entry` ("pipelines.train") imports, directly or not, for one system.

    A system and an answer import their parts when they are asked for, so a part counts where an entry reads it:
    `system.inputs`. Any answer may be a task's.
    """
    reached: set[Path] = set()
    waiting = [entry]
    while waiting:
        for path in _files(waiting.pop()):
            if path not in reached:
                reached.add(path)
                waiting += _imported(path, system)
    return reached


def _files(module: str) -> list[Path]:
    """A module's file, and the `__init__` of every package that it lies in."""
    parts = module.split(".")
    base = ROOT / "src" if parts[0] == "hallmark" else ROOT
    paths = [base.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    files = [p / "__init__.py" for p in paths] + [p.with_suffix(".py") for p in paths]
    return [path for path in files if path.is_file()]


def _imported(path: Path, system: str) -> list[str]:
    source = _read(path)
    modules = [*source.modules]
    if source.loads_systems:
        modules += [f"hallmark.systems.{system}{part}" for part in ("", *source.parts_of_systems)]
    if source.makes_network:
        modules.append(f"hallmark.systems.{system}.network")
    if source.loads_answers:
        modules += [
            f"hallmark.answers.{name}{part}" for name in answers.NAMES for part in ("", *source.parts_of_answers)
        ]
    return [module for module in modules if module.split(".")[0] in {"hallmark", "pipelines"}]


@dataclass(frozen=True)
class _Source:
    """What a file imports, and what it reads of the systems and answers that it loads by name: [".inputs"].

    A system's own network is made by the configuration's name for it.
    """

    modules: list[str]
    loads_systems: bool
    parts_of_systems: list[str]
    makes_network: bool
    loads_answers: bool
    parts_of_answers: list[str]


@cache
def _read(path: Path) -> _Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return _Source(
        modules=[module for node in _run(tree) for module in _modules(node)],
        loads_systems="systems.load" in calls,
        parts_of_systems=_parts(tree, "system"),
        makes_network="training_parts.network_factory" in calls,
        loads_answers="answers.load" in calls,
        parts_of_answers=_parts(tree, "answer"),
    )


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a module but those that serve type checking alone, and the parts of a system or an answer."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & _WITH_PARTS:
            continue
        yield node
        yield from _run(node)


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _parts(tree: ast.AST, variable: str) -> list[str]:
    """What is read of a system or an answer that a variable of this name holds, each with a dot before it."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == variable}
    return [f".{name}" for name in sorted(names)]
