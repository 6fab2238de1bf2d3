"""DVC's cache and remotes: letting an export use those of the repository, and getting files from them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hallmark.errors import InputError

_USER = re.compile(r"(?<=://)[^/@\s]+@")  # user name and password in an address
_SHOWN = ("url", "region", "profile", "endpointurl", "version_aware", "verify")  # what a remote's error may name


@contextmanager
def shared(repository: Path, folder: Path) -> Iterator[None]:
    """Let DVC in `folder`, an export of `repository`, use the same cache and remotes, wherever their paths lead.

    The remotes' passwords lie in `folder` only as long as the context lasts, in a file that its owner alone can read:
    no code of the export may run within it. Raises `InputError` where the commit would lead that file elsewhere.
    """
    local = folder / ".dvc/config.local"
    for path in (local.parent, local):
        if path.is_symlink() or (path == local and path.exists()):
            raise InputError(f"the commit holds {path.relative_to(folder)} as a link or file of its own: git rm it")
    local.parent.mkdir(exist_ok=True)
    os.close(os.open(local, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _share(repository, folder)
        yield
    finally:
        local.unlink(missing_ok=True)


def _share(repository: Path, folder: Path) -> None:
    from dvc.config import Config  # 1 s of every process that doesn't verify
    from dvc.repo import Repo

    with Repo(str(repository)) as repo:
        config = repo.config
        cache = repo.cache.local_cache_dir or repo.cache.default_local_cache_dir
    shared: dict[str, Any] = {"cache": {"dir": cache, "type": ["reflink", "copy"]}, "remote": config["remote"]}
    if "remote" in config["core"]:
        shared["core"] = {"remote": config["core"]["remote"]}
    with Config(dvc_dir=str(folder / ".dvc")).edit("local") as local:
        for section, values in shared.items():
            local[section].update(values)


def get(folder: Path, path: str) -> str:
    """Bring a path below `folder` from the cache, else from the remote; return "" or the reason why it can't be."""
    target = f"{path}.dvc" if (folder / f"{path}.dvc").is_file() else path
    reason = ""
    for command in ("checkout", "pull"):
        done = _dvc(folder, command, "--quiet", "--force", target)
        if done.returncode == 0 and (folder / path).exists():
            return ""
        reason = done.stderr.strip().partition("\n")[0].removeprefix("ERROR: ")
    return _without_secrets(reason, folder) or "nothing came"


def _without_secrets(reason: str, folder: Path) -> str:
    """Return DVC's sentence without any setting of a remote but its address, and that without user and password."""
    from dvc.config import Config

    for remote in Config(dvc_dir=str(folder / ".dvc"))["remote"].values():
        secrets = [str(value) for name, value in remote.items() if name not in _SHOWN and len(str(value)) > 3]
        for secret in sorted(secrets, key=len, reverse=True):
            reason = reason.replace(secret, "***")
    return _USER.sub("***@", reason)


def _dvc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DVC in `folder`, and no module that lies there: `-P`, and no relative entry of PYTHONPATH, leads to it."""
    command = [sys.executable, "-P", "-m", "dvc", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 (our own words)
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
