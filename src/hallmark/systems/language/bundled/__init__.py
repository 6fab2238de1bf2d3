"""Bundled text: the API documentation of installed libraries, as a folder of text files."""

import ast
import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hallmark.errors import InputError
from hallmark.systems.language.config import Raw

_MIN_DOCSTRING = 200  # characters: shorter docstrings repeat a name
_TEST_PREFIXES = ("test", "_test", "conftest")  # of modules and folders that are left out
_LICENCES = {
    "networkx": "BSD-3-Clause",
    "numpy": "BSD-3-Clause",
    "pandas": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "sklearn": "BSD-3-Clause",
    "torch": "BSD-3-Clause",
}


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write `<library>/<module>.txt` and `source.json`.

    A document is a module: each name that has a docstring of over 200 characters, and the docstring. Sources are
    parsed, never imported. Of each library, modules come in an order that a keyed hash of their names makes, until it
    has its share of characters; a docstring that stood in an earlier one is left out. The text depends on the
    versions of the libraries and on nothing else of the machine.
    """
    distributions = _find_distributions(raw.libraries)
    modules_by_library = {library: _find_modules(library, seed) for library in raw.libraries}

    earlier_docstrings: set[str] = set()
    for library, modules in modules_by_library.items():
        remaining = raw.library_characters
        for module, path in modules:
            max_characters = min(raw.document_characters, remaining)
            text = _document(module, path, earlier_docstrings, max_characters=max_characters)
            if len(text) >= raw.least_characters:
                (folder / library).mkdir(parents=True, exist_ok=True)
                (folder / library / f"{module}.txt").write_bytes(text.encode())
                remaining -= len(text)
            if remaining < raw.least_characters:
                break

    source = json.dumps(_source(raw.libraries, distributions), indent=2)
    (folder / "source.json").write_text(source + "\n", encoding="utf-8")


def _find_distributions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the distribution that each library was installed from, by library.

    Where several distributions share a library, as namespace packages do, it is the first that Python lists.
    Raises `InputError` that names all libraries without one.
    """
    installed = packages_distributions()
    unknown_libraries = [library for library in libraries if library not in installed]
    if unknown_libraries:
        raise _not_installed(unknown_libraries)
    return {library: installed[library][0] for library in libraries}


def _not_installed(libraries: Sequence[str]) -> InputError:
    names = ", ".join(repr(library) for library in libraries)
    return InputError(f"raw.libraries names {names}, which is no installed package: install it, or leave it out")


def _find_modules(library: str, seed: int) -> list[tuple[str, Path]]:
    """Return the library's modules with their files, tests left out, in the order of the keyed hash of their names."""
    spec = find_spec(library)
    if spec is None or not spec.submodule_search_locations:
        raise _not_installed([library])

    root = Path(spec.submodule_search_locations[0])
    modules: dict[str, Path] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if any(part.startswith(_TEST_PREFIXES) for part in parts):
            continue
        name_parts = parts[:-1] if parts[-1] == "__init__" else parts
        # Of a/__init__.py and a.py, the first in sorted order stays, which is also the one that Python imports.
        modules.setdefault(".".join([root.name, *name_parts]), path)

    def keyed_hash(module: tuple[str, Path]) -> bytes:
        return blake2b(module[0].encode(), key=str(seed).encode()).digest()

    return sorted(modules.items(), key=keyed_hash)


def _document(module: str, path: Path, earlier_docstrings: set[str], *, max_characters: int) -> str:
    """Return names and docstrings in the order of the source, cut at the last whole line of `max_characters`.

    The docstrings are added to `earlier_docstrings`.
    """
    entries = []
    characters = 0
    for name, docstring in _docstrings(ast.parse(path.read_bytes()), module):
        if len(docstring) > _MIN_DOCSTRING and docstring not in earlier_docstrings:
            earlier_docstrings.add(docstring)
            entries.append(f"{name}\n\n{docstring}\n")
            characters += len(entries[-1])
        if characters > max_characters:
            break

    text = "\n\n".join(entries)
    if len(text) <= max_characters:
        return text
    end_of_line = text.rfind("\n", 0, max_characters)
    return text[: end_of_line + 1]


def _docstrings(node: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield the names below a node of the syntax tree, its own first, that have a docstring, each with it."""
    docstring = ast.get_docstring(node)
    if docstring:  # what is no text, such as half of a surrogate pair, is replaced
        yield name, docstring.encode(errors="replace").decode()

    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(child, f"{name}.{child.name}")


def _source(libraries: Sequence[str], distributions: dict[str, str]) -> dict[str, Any]:
    """Return what `source.json` says: a version's local part, such as +cpu, is of the machine and left out."""
    versions = [f"{name} {version(distributions[name]).partition('+')[0]}" for name in libraries]
    licences = sorted({_LICENCES.get(name, f"the licence of {name}") for name in libraries})
    return {
        "title": f"API documentation of {', '.join(libraries)}",
        "origin": f"the docstrings of the installed packages {', '.join(versions)}",
        "licence": ", ".join(licences),
        "simulated": False,
        "entity": "module",
    }
