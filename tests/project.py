"""A copy of this project in a folder of its own, run by the commands that a person types."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark.contracts import findings
from hallmark.contracts.findings import Finding

ROOT = Path(__file__).parents[1]
Add = Callable[..., Path]  # a task of docs/examples and its system → the folder for its files
# Every Python process of the copy imports this: it notes and refuses each attempt to leave this machine.
WATCH = """
import os, socket
_connect, _lookup = socket.socket.connect, socket.getaddrinfo
def _near(host):
    return host in (None, "", "localhost", "::1") or str(host).startswith("127.")
def _refuse(host):
    with open(os.environ["HALLMARK_NETWORK_LOG"], "a") as log:
        log.write(f"{host}\\n")
    raise OSError(f"the network is forbidden here: {host}")
def connect(self, address, *rest):
    if isinstance(address, tuple) and not _near(address[0]):
        _refuse(address[0])
    return _connect(self, address, *rest)
def lookup(host, *rest, **more):
    if not _near(host if not isinstance(host, bytes) else host.decode()):
        _refuse(host)
    return _lookup(host, *rest, **more)
socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = connect, connect, lookup
"""


@dataclass(frozen=True)
class Project:
    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> "Project":
        """Copy what git tracks or would track, as one commit, without anything that a run has made."""
        listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file() and not name.startswith(("reports/", ".ledger/", "dvc.lock")):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / "watch").mkdir()
        (folder / "watch/sitecustomize.py").write_text(WATCH, encoding="utf-8")
        project = cls(folder)
        project.git("init", "--quiet")
        project.commit()
        return project

    def environment(self, **more: str) -> dict[str, str]:
        dropped = ("MLFLOW_", "DVC_NO_ANALYTICS", "PYTEST")  # the project's own files must keep DVC quiet
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        paths = {
            "PYTHONPATH": os.pathsep.join([str(self.folder / "watch"), str(self.folder / "src")]),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HALLMARK_NETWORK_LOG": str(self.folder / "network.log"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "160",
        }
        return {**kept, **paths, **more}

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=1500,
        )

    def repro(self, *targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("dvc", "repro", *targets, **environment)

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all", ":!network.log")
        self.git("commit", "--quiet", "--message", "state", "--allow-empty")

    def edit(self, path: str, **changes: Any) -> None:
        """Set dotted keys of a YAML file."""
        file = self.folder / path
        header = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("# @package")]
        values = OmegaConf.load(file)
        for key, value in changes.items():
            OmegaConf.update(values, key.replace("__", "."), value, merge=False, force_add=True)
        file.write_text("\n".join([*header, OmegaConf.to_yaml(values)]), encoding="utf-8")

    def ease_gate(self, task: str) -> None:
        """Ask next to nothing of a classifier, so that its verdict is eligible: valid data, and an accuracy of 0.1."""
        fields = {"check": "evaluate.metric", "metric": "accuracy", "against": None, "at_least": 0.1, "at_most": None}
        parameters = OmegaConf.load(self.folder / f"params/{task}.yaml")
        for name in set(parameters.gate.requirements) - {"data"}:
            self.edit(f"conf/task/{task}.yaml", **{f"gate.requirements.{name}": fields})

    def json(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def findings(self, task: str, stage: str) -> list[Finding]:
        return findings.read(self.folder / f"reports/{task}/{stage}/findings.json")

    def network(self) -> list[str]:
        """The addresses outside this machine that any process tried to reach."""
        log = self.folder / "network.log"
        return log.read_text().split() if log.exists() else []
