"""The git repository: its HEAD, what is not committed, and a clone of one commit."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from hallmark.errors import InputError


def head(repository: Path) -> str:
    """Return the full name of the commit HEAD (40 digits).

    Raises `InputError` where there is none.
    """
    return _git(repository, "rev-parse", "--verify", "HEAD^{commit}").strip()


def prefix(repository: Path) -> str:
    """Return the project's folder within its repository, ending with `/`; "" where it is the root."""
    return _git(repository, "rev-parse", "--show-prefix").removesuffix("\n")


def export(repository: Path, commit: str, folder: Path) -> None:
    """Clone the whole repository at `commit` into `folder`, which must not exist.

    So no uncommitted file and no compiled code comes along, and no hook runs. Submodules are left
    out. Where the project is a folder of the repository, it is that folder of the clone (see
    `prefix`).
    """
    root = _git(repository, "rev-parse", "--show-toplevel").removesuffix("\n")
    _git(Path(root), "clone", "--quiet", "--shared", "--no-checkout", "--template=", "--", ".", str(folder))
    _git(folder, "checkout", "--quiet", "--detach", commit)


def uncommitted(repository: Path, paths: Sequence[str]) -> list[str]:
    """Return the files below `paths` that differ from HEAD, or that git neither tracks nor ignores."""
    lines = _git(repository, "status", "--porcelain=v1", "-z", "--no-renames", "--", *paths).split("\0")
    return [line[3:] for line in lines if line]


def committed(repository: Path, path: str) -> str:
    """Return the text of a file in HEAD. Raises `InputError` where HEAD lacks it."""
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
