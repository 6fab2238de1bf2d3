"""The files of reports/<task> that are evidence: the outputs that stages declare in dvc.yaml, and
nothing else.

Any other file is one that no stage can write again, and a link leads to whatever is on the machine
that publishes. Hidden files, whose name or folder begins with a dot, come from desktops, editors
and DVC: they are never published, and so they are not refused.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from hallmark import source_code
from hallmark.errors import InputError
from hallmark.formats.folders import is_cached
from hallmark.layout import Layout

_SHOWN = 5  # faults that a message names


def evidence_files(layout: Layout, *, kept_by: Literal["git", "DVC"] = "DVC") -> list[str]:
    """Return the files of a task's reports, as POSIX paths relative to that folder, sorted.

    `kept_by="git"` allows only outputs that DVC does not cache, and no link, as in a clone into
    which nothing was fetched. Otherwise DVC may have linked its outputs into its cache, where a
    file's name is the digest of its content. Raises `InputError` that names every other link, and
    every file that no stage declares.
    """
    root = layout.root
    reports = layout.reports
    outputs = source_code.outputs(root, layout.task)
    allowed = {path: is_in_cache for path, is_in_cache in outputs.items() if kept_by != "git" or not is_in_cache}
    for path in (layout.signature, layout.plot_definitions):
        allowed[path.relative_to(root).as_posix()] = False

    files: list[str] = []
    faults: list[str] = []
    for folder in (reports.parent, reports):
        if folder.is_symlink():
            faults.append(f"{folder.relative_to(root)} is a link")
    for path in _entries(reports) if not faults else ():
        name = path.relative_to(root).as_posix()
        fault = _fault(path, name, allowed)
        if fault:
            faults.append(f"{name} {fault}")
        else:
            files.append(path.relative_to(reports).as_posix())
    if faults:
        more = f", and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise InputError(
            f"only what a stage declares in dvc.yaml as its output is evidence: {', '.join(faults[:_SHOWN])}{more}; "
            "remove them, or declare them"
        )
    return sorted(files)


def _entries(folder: Path) -> Iterator[Path]:
    """Yield every file, and every link to a folder, below `folder`; hidden ones are left out."""
    for name, subfolders, file_names in os.walk(folder):
        here = Path(name)
        subfolders[:] = sorted(each for each in subfolders if not each.startswith("."))
        yield from (here / each for each in subfolders if (here / each).is_symlink())
        yield from (here / each for each in sorted(file_names) if not each.startswith("."))


def _fault(path: Path, name: str, allowed: dict[str, bool]) -> str | None:
    """Return why a file is no evidence, or None.

    `allowed` holds the declared outputs, and whether DVC caches each.
    """
    output = _output_of(name, allowed)
    if path.is_symlink():
        target = path.resolve()
        is_of_dvc = output is not None and allowed[output] and target.is_file() and is_cached(target)
        return None if is_of_dvc else "is a link"
    if output is None:
        return "is no output of a stage"
    return None if stat.S_ISREG(path.lstat().st_mode) else "is no regular file"


def _output_of(name: str, allowed: dict[str, bool]) -> str | None:
    """Return the declared output that a file is, or in which it lies; None without one.

    An output whose name has a suffix is a file, and contains none.
    """
    if name in allowed:
        return name
    parents = [parent.as_posix() for parent in Path(name).parents if not parent.suffix]
    return next((parent for parent in parents if parent in allowed), None)
