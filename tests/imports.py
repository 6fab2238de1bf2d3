"""Which files of this project a stage really runs: the closure of its imports, read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def closure(entry: str, system: str) -> set[Path]:
    """Return the project's files that `entry` ("pipelines.train") imports, directly or not, for one system.

    A system imports its parts when they are asked for, so a part counts where an entry reads it: `system.network`.
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
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [module for node in _run(tree) for module in _modules(node)]
    if _loads_a_system(tree):
        home = f"hallmark.systems.{system}"
        parts = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_system(node.value)}
        modules += [home, *(f"{home}.{part}" for part in parts)]
    return [module for module in modules if module.split(".")[0] in {"hallmark", "pipelines"}]


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a module but those that serve type checking alone, and the parts of a system."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == ["system.System"]:
            continue
        yield node
        yield from _run(node)


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _loads_a_system(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and ast.unparse(node.func) == "systems.load" for node in ast.walk(tree))


def _is_system(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "system"
