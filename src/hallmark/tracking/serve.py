"""`make ui`: the MLflow UI over the store here, on this machine alone."""

import os
import subprocess
import sys

from hallmark.tracking.connection import LOCAL

PORT = "5000"


def server(uri: str) -> tuple[list[str], dict[str, str]]:
    """Return the server's command and its environment.

    The store's address stands in the latter: it may hold a password, and every user of the machine sees a command.
    """
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", PORT]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    return command, os.environ | quiet | {"MLFLOW_BACKEND_STORE_URI": uri}


def main() -> int:
    """Serve until Ctrl-C, or say where the UI is when the store is a server's."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    if uri.startswith("http"):
        sys.stderr.write("MLFLOW_TRACKING_URI names a server: its own address shows the UI\n")
        return 0
    command, environment = server(uri)
    sys.stderr.write(f"http://127.0.0.1:{PORT} shows runs, reports and versions; Ctrl-C ends it\n")
    try:
        return subprocess.run(command, env=environment).returncode  # noqa: S603 (our own words)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
