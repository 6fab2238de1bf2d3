"""Servers on the loopback address that tests start: a free port, waiting until one answers, and a webhook."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
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


@dataclass
class Webhook:
    """Stands for a messenger's server; `messages` are the bodies that it was sent."""

    address: str
    messages: list[bytes] = field(default_factory=list)


@contextmanager
def webhook(*, status: int = 200) -> Iterator[Webhook]:
    """Serve a webhook that answers each message with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.messages.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"ok" if status == 200 else b"refused")

        def log_message(self, format: str, *arguments: Any) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    hook = Webhook(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
