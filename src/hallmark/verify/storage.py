"""DVC's cache and remotes: letting an export use those of the checkout, and fetching files from
them.
"""

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
# Settings of a remote whose values may stand in an error message; those of all others are masked.
_UNMASKED_SETTINGS = ("url", "region", "profile", "endpointurl", "version_aware", "verify")
_MIN_MASKED_LENGTH = 4  # characters; masking a shorter value would hit parts of other words


@contextmanager
def shared(checkout: Path, export: Path) -> Iterator[None]:
    """Let DVC in `export`, a clone of one commit of `checkout`, use the checkout's cache and
    remotes.

    While the context lasts, `export/.dvc/config.local` holds the remotes' settings, passwords
    included, readable by its owner alone: no code of the export may run within the context. The
    file is removed at the end. Raises `InputError` where the commit holds that file itself, or a
    link in its place, which would lead the passwords elsewhere.
    """
    config_file = export / ".dvc/config.local"
    for path in (config_file.parent, config_file):
        if path.is_symlink() or (path == config_file and path.exists()):
            raise InputError(f"the commit holds {path.relative_to(export)} as a link or file of its own: git rm it")

    config_file.parent.mkdir(exist_ok=True)
    os.close(os.open(config_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _write_storage_settings(checkout, export)
        yield
    finally:
        config_file.unlink(missing_ok=True)


def _write_storage_settings(checkout: Path, export: Path) -> None:
    """Write the checkout's cache folder, remotes and default remote into the export's
    `.dvc/config.local`.

    The remotes' settings are those that DVC merges from all its configuration files (system, user,
    repository, local), with the passwords in them; what a remote takes from the environment is not
    among them. Paths keep their meaning: DVC resolves a relative one on reading, and writes it
    relative to the export.

    Files come out of the cache as reflinks or copies, never as hard or symbolic links: what writes
    to a file of the export must not write into the cache.
    """
    from dvc.config import Config  # imported here, since it takes 1 s and few processes verify
    from dvc.repo import Repo

    with Repo(str(checkout)) as repo:
        config = repo.config
        cache_folder = repo.cache.local_cache_dir or repo.cache.default_local_cache_dir

    settings: dict[str, Any] = {
        "cache": {"dir": cache_folder, "type": ["reflink", "copy"]},
        "remote": config["remote"],
    }
    if "remote" in config["core"]:  # the name of the default remote
        settings["core"] = {"remote": config["core"]["remote"]}

    with Config(dvc_dir=str(export / ".dvc")).edit("local") as local_config:
        for section, values in settings.items():
            local_config[section].update(values)


def fetch(export: Path, path: str) -> str:
    """Bring `path`, relative to `export`, from the cache or else from the remote.

    Returns "" where it is there afterwards, else one sentence with DVC's reason, without passwords.
    """
    target = f"{path}.dvc" if (export / f"{path}.dvc").is_file() else path
    reason = ""
    for command in ("checkout", "pull"):  # from the cache; then from the remote
        process = _run_dvc(export, command, "--quiet", "--force", target)
        if process.returncode == 0 and (export / path).exists():
            return ""
        reason = process.stderr.strip().partition("\n")[0].removeprefix("ERROR: ")
    return _mask_secrets(reason, export) or "nothing came"


def _mask_secrets(reason: str, export: Path) -> str:
    """Return DVC's sentence with `***` for the values of the remotes' settings, and for user and
    password in addresses.

    The settings in `_UNMASKED_SETTINGS` stay readable, the address among them.
    """
    from dvc.config import Config

    for remote in Config(dvc_dir=str(export / ".dvc"))["remote"].values():
        secrets = [str(value) for name, value in remote.items() if name not in _UNMASKED_SETTINGS]
        for secret in sorted(secrets, key=len, reverse=True):  # a longer one may contain a shorter one
            if len(secret) >= _MIN_MASKED_LENGTH:
                reason = reason.replace(secret, "***")
    return _USER.sub("***@", reason)


def _run_dvc(export: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DVC in `export` without importing any module of the export.

    `-P` keeps the working folder off Python's path, and PYTHONPATH is dropped, since its relative
    entries would lead there.
    """
    command = [sys.executable, "-P", "-m", "dvc", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 (our own words)
        command, cwd=export, env=environment, capture_output=True, text=True
    )
