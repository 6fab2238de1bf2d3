"""The API documentation of installed libraries, written as the folder of text files that a person's own would be."""

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

_SHORTEST = 200  # characters: shorter docstrings repeat a name
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
    seen: set[str] = set()
    for library in raw.libraries:
        left = raw.library_characters
        for module, path in _modules(library, seed):
            text = _document(module, path, seen, most=min(raw.document_characters, left))
            if len(text) >= raw.least_characters:
                (folder / library).mkdir(parents=True, exist_ok=True)
                (folder / library / f"{module}.txt").write_bytes(text.encode())
                left -= len(text)
            if left < raw.least_characters:
                break
    (folder / "source.json").write_text(json.dumps(_source(raw.libraries), indent=2) + "\n", encoding="utf-8")


def _modules(library: str, seed: int) -> list[tuple[str, Path]]:
    """Return the library's modules with their files, tests left out."""
    found = find_spec(library)
    if found is None or not found.submodule_search_locations:
        raise InputError(f"raw.libraries names {library!r}, which is no installed package")
    root = Path(found.submodule_search_locations[0])
    modules = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if not any(part.startswith(("test", "_test", "conftest")) for part in parts):
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return sorted(modules.items(), key=lambda item: blake2b(item[0].encode(), key=str(seed).encode()).digest())


def _document(module: str, path: Path, seen: set[str], *, most: int) -> str:
    """Return names and docstrings in the order of the source, cut at the last whole line of `most` characters."""
    parts = []
    for name, docstring in _docstrings(ast.parse(path.read_bytes()), module):
        if len(docstring) > _SHORTEST and docstring not in seen:
            seen.add(docstring)
            parts.append(f"{name}\n\n{docstring}\n")
        if sum(map(len, parts)) > most:
            break
    text = "\n\n".join(parts)
    return text if len(text) <= most else text[: text.rfind("\n", 0, most) + 1]


def _docstrings(node: Any, name: str) -> Iterator[tuple[str, str]]:
    docstring = ast.get_docstring(node)
    if docstring:  # what is no text, such as half of a surrogate pair, is replaced
        yield name, docstring.encode(errors="replace").decode()
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(child, f"{name}.{child.name}")


def _source(libraries: Sequence[str]) -> dict[str, Any]:
    distributions = packages_distributions()
    versions = [f"{name} {version(distributions[name][0]).partition('+')[0]}" for name in libraries]
    licences = sorted({_LICENCES.get(name, f"the licence of {name}") for name in libraries})
    return {
        "title": f"API documentation of {', '.join(libraries)}",
        "origin": f"the docstrings of the installed packages {', '.join(versions)}",
        "licence": ", ".join(licences),
        "simulated": False,
        "entity": "module",
    }
