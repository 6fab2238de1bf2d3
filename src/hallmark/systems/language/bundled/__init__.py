"""Bundled text: the docstrings of installed Python packages, as a folder of text files.

The packages are in the environment anyway, so the text needs no download. Here a "library" is a
package by the name that one imports (sklearn), and a "distribution" is what pip installed it from
(scikit-learn).
"""

import ast
import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from hallmark.errors import InputError
from hallmark.systems.language.config import Raw

_SHORT_DOCSTRING = 200  # characters: a docstring no longer than this mostly repeats its name
_TEST_PREFIXES = ("test", "_test", "conftest")
_LICENCES = {
    "networkx": "BSD-3-Clause",
    "numpy": "BSD-3-Clause",
    "pandas": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "sklearn": "BSD-3-Clause",
    "torch": "BSD-3-Clause",
}

_Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write `<library>/<module>.txt`, one document for each module, and `source.json`.

    A document lists the names of its module that have a docstring of more than 200 characters, each
    followed by that docstring. The code is parsed, never imported.

    The modules of a library are visited in a pseudo-random order fixed by `seed`, until
    `raw.library_characters` are written. Documents shorter than `raw.least_characters` are not
    written. A docstring is used at most once in the whole run, also if the document that used it
    was too short to be written.

    The files depend on `raw`, `seed`, and the versions of the libraries alone.

    Raises `InputError`, before anything is written, if a library is not an installed package.
    """
    distributions = _find_distributions(raw.libraries)
    modules_by_library = {library: _find_modules(library, seed) for library in raw.libraries}

    used_docstrings: set[str] = set()
    for library, modules in modules_by_library.items():
        remaining_characters = raw.library_characters
        for module, path in modules:
            max_characters = min(raw.document_characters, remaining_characters)
            document = _compose_document(module, path, used_docstrings, max_characters=max_characters)
            if len(document) >= raw.least_characters:
                (folder / library).mkdir(parents=True, exist_ok=True)
                (folder / library / f"{module}.txt").write_bytes(document.encode())
                remaining_characters -= len(document)
            if remaining_characters < raw.least_characters:
                break

    provenance = json.dumps(_describe_provenance(raw.libraries, distributions), indent=2)
    (folder / "source.json").write_text(provenance + "\n", encoding="utf-8")


def _find_distributions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the distribution that each library was installed from, by library.

    Where several distributions share a library, as namespace packages do, it is the first that
    Python lists. Raises `InputError` that names all libraries without one.
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
    """Return (dotted name, file) of each module, in a pseudo-random order fixed by `seed`.

    Tests are left out: every module below a folder, or in a file, whose name begins with one of
    `_TEST_PREFIXES`. That also leaves out public modules such as numpy.testing.
    """
    spec = find_spec(library)
    # A module in a single file, such as six.py, has no folder to search.
    if spec is None or not spec.submodule_search_locations:
        raise _not_installed([library])

    root = Path(spec.submodule_search_locations[0])
    file_of_module: dict[str, Path] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if any(part.startswith(_TEST_PREFIXES) for part in parts):
            continue
        inner_names = parts[:-1] if parts[-1] == "__init__" else parts
        # Of a/__init__.py and a.py, the first in sorted order stays, which is also the one that
        # Python imports.
        file_of_module.setdefault(".".join([root.name, *inner_names]), path)

    def keyed_hash(module: str) -> bytes:
        return blake2b(module.encode(), key=str(seed).encode()).digest()

    return [(module, file_of_module[module]) for module in sorted(file_of_module, key=keyed_hash)]


def _compose_document(
    module: str,
    path: Path,
    used_docstrings: set[str],
    *,
    max_characters: int,
) -> str:
    """Return the names and long docstrings of one module, in the order of its code.

    Docstrings in `used_docstrings` are skipped, and those of this document are added to the set. A
    text of more than `max_characters` is cut after the last line that ends within them.
    """
    entries = []
    entry_characters = 0
    for name, docstring in _iterate_docstrings(ast.parse(path.read_bytes()), module):
        if len(docstring) > _SHORT_DOCSTRING and docstring not in used_docstrings:
            used_docstrings.add(docstring)
            entry = f"{name}\n\n{docstring}\n"
            entries.append(entry)
            entry_characters += len(entry)
        if entry_characters > max_characters:
            break

    text = "\n\n".join(entries)
    if len(text) <= max_characters:
        return text
    end_of_line = text.rfind("\n", 0, max_characters)
    return text[: end_of_line + 1]


def _iterate_docstrings(definition: _Definition, name: str) -> Iterator[tuple[str, str]]:
    """Yield (dotted name, docstring) of a definition, then of the classes and functions inside it.

    `name` is the dotted name of `definition`. Definitions without a docstring are skipped, but not
    those inside them. Definitions inside other statements, such as `if` or `try`, are not visited.
    """
    docstring = ast.get_docstring(definition)
    if docstring:
        # Lone surrogates can't be encoded as UTF-8; each becomes a question mark.
        yield name, docstring.encode(errors="replace").decode()

    for statement in definition.body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _iterate_docstrings(statement, f"{name}.{statement.name}")


def _describe_provenance(
    libraries: Sequence[str],
    distributions: dict[str, str],
) -> dict[str, object]:
    """Return the content of `source.json`.

    Versions are given without their local part, such as +cpu: it differs between machines, the
    docstrings don't.
    """
    names_and_versions = []
    for library in libraries:
        public_version = version(distributions[library]).partition("+")[0]
        names_and_versions.append(f"{library} {public_version}")

    licences = sorted({_LICENCES.get(library, f"the licence of {library}") for library in libraries})
    return {
        "title": f"API documentation of {', '.join(libraries)}",
        "origin": f"the docstrings of the installed packages {', '.join(names_and_versions)}",
        "licence": ", ".join(licences),
        "simulated": False,
        "entity": "module",
    }
