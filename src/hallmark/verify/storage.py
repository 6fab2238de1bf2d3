"""DVC's cache and remotes: letting an export use those of the repository, and getting files from them."""

import subprocess
import sys
from pathlib import Path
from typing import Any


def share(repository: Path, folder: Path) -> None:
    """Let DVC in `folder`, an export of `repository`, use the same cache and remotes, wherever their paths lead."""
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
    return reason or "nothing came"


def _dvc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603 (our own words)
