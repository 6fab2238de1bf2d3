"""DVC's side: whether files are what dvc.lock says, how large they are, and getting them from the cache or a remote."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hallmark.command import require
from hallmark.errors import InputError

GONE = "deleted"  # DVC's word for what is not there
STAGES = ("raw", "configure", "prepare", "validate", "train", "evaluate", "bias", "drift", "gate")


def lock_entries(text: str, task: str) -> dict[str, Any]:
    """Return the entries of the task's stages in the text of dvc.lock. Raises `InputError` where it is no lock."""
    try:
        stages = (yaml.safe_load(text) or {})["stages"]
        return {name: entry for name, entry in stages.items() if name.endswith(f"@{task}")}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError("dvc.lock is no lock that DVC wrote: `dvc repro` writes one") from error


def size_of(folder: Path, path: str, task: str) -> int | None:
    """Return the bytes of an output as dvc.lock below `folder`, or its .dvc file, tells them; None where none does."""
    entries = list(lock_entries((folder / "dvc.lock").read_text(encoding="utf-8"), task).values())
    own = folder / f"{path}.dvc"
    if own.is_file():
        written = yaml.safe_load(own.read_text(encoding="utf-8"))
        entries.append({"outs": [{**out, "path": f"{Path(path).parent}/{out['path']}"} for out in written["outs"]]})
    sizes = [out.get("size") for entry in entries for out in entry.get("outs", []) if out["path"] == path]
    return next((int(size) for size in sizes if size is not None), None)


def share_storage(repository: Path, folder: Path) -> None:
    """Let DVC in `folder`, an export of `repository`, use the same cache and remotes, wherever their paths lead."""
    from dvc.config import Config  # 1 s of every process that doesn't verify
    from dvc.repo import Repo

    with Repo(str(repository)) as repo:
        config, cache = repo.config, repo.cache.local_cache_dir or repo.cache.default_local_cache_dir
    shared: dict[str, Any] = {"cache": {"dir": cache, "type": ["reflink", "copy"]}, "remote": config["remote"]}
    if "remote" in config["core"]:
        shared["core"] = {"remote": config["core"]["remote"]}
    with Config(dvc_dir=str(folder / ".dvc")).edit("local") as local:
        for section, values in shared.items():
            local[section].update(values)


def get(folder: Path, path: str) -> str:
    """Bring an output below `folder` from the cache, else from the remote; return "" or the reason why it can't be."""
    target = f"{path}.dvc" if (folder / f"{path}.dvc").is_file() else path
    if _dvc(folder, "checkout", "--force", target).returncode == 0 and (folder / path).exists():
        return ""
    done = _dvc(folder, "pull", "--force", target)
    if done.returncode == 0 and (folder / path).exists():
        return ""
    return " ".join(done.stderr.split()) or "nothing came"


def differences(folder: Path, task: str, stages: Sequence[str] = STAGES) -> list[tuple[str, str]]:
    """Return what is other than dvc.lock says, as (path, how), among what `stages` of the task depend on and write.

    Of a stage that dvc.yaml lacks, such as `raw` of a person's own data, its .dvc file is looked at.
    """
    known = yaml.safe_load(require(folder / "dvc.lock", "the pipeline's lock").read_text(encoding="utf-8"))["stages"]
    targets = [f"{stage}@{task}" for stage in stages if f"{stage}@{task}" in known]
    own = f"data/raw/{task}.dvc"
    targets += [own] if (folder / own).is_file() else []
    missing = [(f"{stage}@{task}", "not in dvc.lock") for stage in stages[1:] if f"{stage}@{task}" not in known]
    done = _dvc(folder, "status", "--json", *targets)
    if done.returncode != 0:
        raise InputError(f"dvc status failed ({' '.join(done.stderr.split())})")
    return [*missing, *_flattened(json.loads(done.stdout))]


def _flattened(status: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for stage, changes in status.items():
        for change in changes:
            if isinstance(change, str):  # "changed command"
                found[stage] = change
                continue
            for paths in change.values():
                for path, how in paths.items():
                    found[path] = how if isinstance(how, str) else f"changed keys: {', '.join(_keys(how))}"
    return list(found.items())


def _keys(how: Mapping[str, Any]) -> list[str]:
    return [str(key) for key in how]


def _dvc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603 (our own words)
