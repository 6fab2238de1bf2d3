"""Servers on the loopback address that tests start: a free port, and waiting until one answers."""

import socket
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

START = 300  # seconds within which a server must answer


def free_port() -> int:
    """Return a port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `url` is answered; fail with the end of `log` where the process ends or takes too long."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"nothing answers at {url}: {log.read_text()[-2000:]}")
