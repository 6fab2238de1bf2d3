"""A real `mlflow server` of this machine, which serves artifacts as by default, for the tests that attack it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from local_servers import free_port, wait_until_it_answers


@dataclass(frozen=True)
class Server:
    """`database` is its SQLite file, `artifacts` the folder from which it serves artifacts."""

    address: str
    database: Path
    artifacts: Path
    process: subprocess.Popen[bytes]

    def put(self, path: str, content: bytes) -> None:
        """Write an artifact as anybody can who reaches the server."""
        request = Request(f"{self.address}/api/2.0/mlflow-artifacts/artifacts/{path}", content, method="PUT")
        with urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        """Let it take connections and never answer again."""
        os.killpg(self.process.pid, signal.SIGSTOP)


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[Server]:
    """Start a server whose files lie in `folder`; it is killed at the end, if it still lives."""
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "server.db"
    artifacts = folder / "served"
    port = port or free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", str(artifacts)]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    quiet["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # else eight more processes import MLflow, to wait for jobs
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=kept | quiet, stdout=log, stderr=log, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}", database, artifacts, process)
    try:
        wait_until_it_answers(f"{server.address}/health", process, folder / "server.log")
        yield server
    finally:
        if process.poll() is None:
            server.kill()
