"""`make ui`: the MLflow UI over the store here, on this machine alone."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Any

import psutil

from hallmark.errors import InputError
from hallmark.tracking.connection import follow_folder
from hallmark.tracking.redaction import store_address

HOST, PORT = "127.0.0.1", 5000
_MISTAKE = 2  # exit status
_ENDED = 1


def server(uri: str, port: int) -> tuple[list[str], dict[str, str]]:
    """Return the server's command and its environment.

    The store's address stands in the latter: it may hold a password, and every user of the machine sees a command.
    """
    command = [sys.executable, "-m", "mlflow", "ui", "--host", HOST, "--port", str(port), "--workers", "1"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    quiet["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # eight processes, for what no page here asks of it
    return command, os.environ | quiet | {"MLFLOW_BACKEND_STORE_URI": uri}


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C, or say where the UI is when the store is a server's. The one argument is a port."""
    uri = store_address()
    if uri.startswith("http"):
        sys.stderr.write("MLFLOW_TRACKING_URI names a server: its own address shows the UI\n")
        return 0
    try:
        port = read_port(arguments, default=PORT)
        require_free(port)
        follow_folder(uri)
    except InputError as error:
        sys.stderr.write(f"ui: {error}\n")
        return _MISTAKE

    command, environment = server(uri, port)
    sys.stderr.write(
        f"http://{HOST}:{port} shows runs, reports and versions, once its switch at the top left stands on "
        "“Model training”; Ctrl-C ends it\n"
    )
    return serve_until_told(command, environment)


def serve_until_told(command: list[str], environment: dict[str, str]) -> int:
    """Run a server until Ctrl-C or SIGTERM, and return the exit status.

    What ends by itself has failed, whatever it says.
    """
    signal.signal(signal.SIGTERM, _end)
    try:
        status = subprocess.run(command, env=environment).returncode  # noqa: S603 (our own words)
    except KeyboardInterrupt:
        return 0
    return status or _ENDED


def require_free(port: int, *, target: str = "ui") -> None:
    """Raise `InputError` where another program listens at the port: its pages would be taken for this project's.

    `target` is the one of the Makefile that serves there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection may linger
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InputError(
                f"port {port} of {HOST} is taken or not allowed ({error.strerror}): another program may answer there; "
                f"`make {target} PORT={port + 1}` serves elsewhere"
            ) from error


def read_port(arguments: list[str], *, default: int) -> int:
    """Return the port that is the one argument, or the default. Raises `InputError` where it is none."""
    given = arguments[0] if arguments else str(default)
    if len(arguments) > 1 or not given.isdecimal() or not 0 < int(given) < 65536:
        raise InputError(f"PORT is {' '.join(arguments)!r}: it must be one number from 1 to 65535")
    return int(given)


def _end(number: int, _: Any) -> None:
    """End the server and its workers, which would keep the port, and then this process."""
    servers = psutil.Process().children(recursive=True)  # before the first of them is gone, and the rest orphans
    for process in servers:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(servers, timeout=5)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
