"""`make ui`: the MLflow UI over the store here, on this machine alone."""

import os
import subprocess
import sys

from hallmark.tracking.connection import LOCAL

PORT = "5000"


def main() -> int:
    """Serve until Ctrl-C, or say where the UI is when the store is a server's."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    if uri.startswith("http"):
        sys.stderr.write("MLFLOW_TRACKING_URI names a server: its own address shows the UI\n")
        return 0
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--host", "127.0.0.1", "--port", PORT]
    sys.stderr.write(f"http://127.0.0.1:{PORT} shows runs, reports and versions; Ctrl-C ends it\n")
    try:
        return subprocess.run(command, env=environment).returncode  # noqa: S603 (our own words and the store's address)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
