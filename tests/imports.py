"""Which files of this project a stage really runs: the closure of its imports, read from the source."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def closure(entry: str, system: str) -> set[Path]:
    """Return the project's files that `entry` ("pipelines.train") imports, directly or not, for one system."""
    seen: set[Path] = set()
    waiting = [entry]
    while waiting:
        for path in _files(waiting.pop()):
            if path not in seen:
                seen.add(path)
                waiting += _imported(path, system)
    return seen


def _files(module: str) -> list[Path]:
    """A module's file, and the `__init__` of every package that it lies in."""
    parts = module.split(".")
    base = ROOT / "src" if parts[0] == "hallmark" else ROOT
    paths = [base.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    files = [p / "__init__.py" for p in paths] + [p.with_suffix(".py") for p in paths]
    return [path for path in files if path.is_file()]


def _imported(path: Path, system: str) -> list[str]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "systems.load":
            assert isinstance(node.args[1], ast.Constant), f"{path}: the part must stand there in words"
            modules.append(f"hallmark.systems.{system}.{node.args[1].value}")
    return [module for module in modules if module.split(".")[0] in {"hallmark", "pipelines"}]
