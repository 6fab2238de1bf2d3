"""`mlflow models serve` of a registered version, as a person types it, and one request to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from local_servers import free_port, wait_until_it_answers


@contextmanager
def serving(model: str, *, tracking_uri: str, log: Path) -> Iterator[str]:
    """Serve `model`, such as models:/fraud@champion, and yield the address; it is killed at the end."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    own = {"MLFLOW_TRACKING_URI": tracking_uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            cwd=log.parent,  # where nothing of this project can be imported
            env=kept | own,
            stdout=out,
            stderr=out,
            start_new_session=True,  # its workers are ended with it
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(f"{address}/ping", process, log)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def ask(address: str, inputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Send one request with arrays (n, …) by name, and return the n answers."""
    body = json.dumps({"inputs": {name: array.tolist() for name, array in inputs.items()}})
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{address}/invocations", body.encode(), headers), timeout=60) as answer:
        predictions: list[dict[str, Any]] = json.loads(answer.read())["predictions"]
    return predictions
