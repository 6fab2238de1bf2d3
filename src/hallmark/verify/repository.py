"""The repository: which commit is verified, and an export of it that holds nothing else."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from hallmark.errors import InputError


def head(repository: Path) -> str:
    """Return the full name of the commit HEAD. Raises `InputError` where there is none."""
    return _git(repository, "rev-parse", "--verify", "HEAD^{commit}").strip()


def prefix(repository: Path) -> str:
    """Return where the project lies within its repository: "" at the root, else a relative path
    that ends with `/`.
    """
    return _git(repository, "rev-parse", "--show-prefix").removesuffix("\n")


def export(repository: Path, commit: str, folder: Path) -> None:
    """Clone `commit` into `folder`, which must not exist: no uncommitted file, no compiled code, no
    hook runs.

    The clone is of the whole repository, also where the project is a folder of it (see `prefix`).
    Submodules stay out.
    """
    root = _git(repository, "rev-parse", "--show-toplevel").removesuffix("\n")
    _git(Path(root), "clone", "--quiet", "--shared", "--no-checkout", "--template=", "--", ".", str(folder))
    _git(folder, "checkout", "--quiet", "--detach", commit)


def uncommitted(repository: Path, paths: Sequence[str]) -> list[str]:
    """Return the files below `paths` that are not as HEAD has them, or that git would track and
    HEAD lacks.
    """
    lines = _git(repository, "status", "--porcelain=v1", "-z", "--no-renames", "--", *paths).split("\0")
    return [line[3:] for line in lines if line]


def committed(repository: Path, path: str) -> str:
    """Return the text of a file as HEAD has it. Raises `InputError` where it has none."""
    return _git(repository, "show", f"HEAD:./{path}")


def _git(repository: Path, *arguments: str) -> str:
    program = which("git")
    if program is None:
        raise InputError("git is not installed, and what is committed is read by it")
    command = [program, "-c", "core.hooksPath=/dev/null", *arguments]
    process = subprocess.run(command, cwd=repository, capture_output=True, text=True)  # noqa: S603 (our own words)
    if process.returncode != 0:
        reason = " ".join(process.stderr.split()) or f"status {process.returncode}"
        if "not a git repository" in reason:  # an unpacked archive, say
            raise InputError(f"{repository.absolute()} is no git repository: what is verified is a commit, in a clone")
        raise InputError(f"git {arguments[0]} in {repository.absolute()} failed ({reason})")
    return process.stdout
