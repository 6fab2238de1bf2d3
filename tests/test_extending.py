"""The pages on adding things name what there is: their code imports, and calls, names of today."""

import ast
import builtins
import re
import textwrap
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

PAGES = sorted((Path(__file__).parents[1] / "docs/extending").glob("*.md"))
ADDED = ("hallmark.systems.series",)  # what the pages themselves add


def python_blocks(page: Path) -> list[ast.Module]:
    """The blocks of Python that are whole by themselves."""
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [ast.parse(textwrap.dedent(block)) for block in blocks]


def imported_names(block: ast.Module) -> dict[str, object]:
    """What a block imports of this project, by name. Raises where there is nothing of a name."""
    imported: dict[str, object] = {}
    for node in ast.walk(block):
        is_ours = isinstance(node, ast.ImportFrom) and str(node.module).startswith("hallmark")
        if isinstance(node, ast.ImportFrom) and is_ours and not str(node.module).startswith(ADDED):
            for alias in node.names:
                imported[alias.name] = _member(str(node.module), alias.name)
    return imported


def _member(module: str, name: str) -> object:
    members = vars(import_module(module))
    return members[name] if name in members else import_module(f"{module}.{name}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_a_page_imports_and_calls_what_there_is(page: Path) -> None:
    for block in python_blocks(page):
        imported = imported_names(block)
        for node in ast.walk(block):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = imported.get(node.value.id)
                if isinstance(owner, ModuleType):
                    assert hasattr(owner, node.attr), f"{page.name} calls {node.value.id}.{node.attr}"


def defined_names(tree: ast.AST) -> set[str]:
    """What a module or block defines, assigns, imports or takes as an argument, at any depth."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_name_that_a_page_does_not_define_is_defined_in_some_module(page: Path) -> None:
    modules = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[1] / "src").rglob("*.py")]
    known = {*dir(builtins), *(name for text in modules for name in defined_names(ast.parse(text)))}
    blocks = python_blocks(page)
    known |= {name for block in blocks for name in defined_names(block)}
    used = {node.id for block in blocks for node in ast.walk(block) if isinstance(node, ast.Name)}
    assert used <= known, f"{page.name} names what there is not: {sorted(used - known)}"


def test_the_pages_are_read() -> None:
    imported = {page.stem: {name for block in python_blocks(page) for name in imported_names(block)} for page in PAGES}
    assert {"check", "format", "key", "metric", "system"} == set(imported)
    assert {"Finding", "measure_share"} <= imported["check"]
    assert {"Examples", "example_columns", "Trunk", "require_two_labels"} <= imported["system"]
