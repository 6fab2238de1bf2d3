"""A door before an MLflow server: it asks for a name and a password, or a token, and can break at any request."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

USER, PASSWORD = "anna", "geheim-7!"
ENCODED = "geheim-7%21"  # as it stands in an address
TOKEN = "token-of-anna-7"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, ENCODED, BASIC, TOKEN)


@dataclass
class Door:
    """`breaks` says of a request's method and path whether the server is gone from then on, and `how` in which way.

    `refuses` says whether this request alone is failed so, while others are still answered.
    """

    port: int = 0
    how: str = ""  # "drop", "hang", "busy" (503, come back in an hour) or "moved" (an error that names the address)
    breaks: Callable[[str, str], bool] = lambda method, path: False
    refuses: Callable[[str, str], bool] = lambda method, path: False
    broken: bool = False
    broken_at: float | None = None  # when the first request was failed, by time.monotonic

    @property
    def address(self) -> str:
        """The address with name and password, as a person writes it into MLFLOW_TRACKING_URI."""
        return f"http://{USER}:{ENCODED}@127.0.0.1:{self.port}"


@contextmanager
def door(target: str | None) -> Iterator[Door]:
    """Open a door before the server at the address `target`; without one, every request gets an empty answer."""
    state = Door()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            state.broken = state.broken or state.breaks(self.command, self.path)
            if state.broken or state.refuses(self.command, self.path):
                self.fail()
            elif self.headers.get("Authorization") not in (f"Basic {BASIC}", f"Bearer {TOKEN}"):
                self.reply(401, b"who are you?")
            elif target is None:
                self.reply(200, b"{}")
            else:
                self.forward(target, body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 (the library's names)

        def fail(self) -> None:
            state.broken_at = state.broken_at or time.monotonic()
            if state.how == "hang":
                time.sleep(300)
            elif state.how == "busy":
                self.reply(503, b"busy", {"Retry-After": "3600"})
            elif state.how == "moved":
                self.reply(500, f"proxy error for {state.address}{self.path}".encode())
            self.close_connection = True
            self.connection.close()

        def forward(self, target: str, body: bytes) -> None:
            kept = {name: value for name, value in self.headers.items() if name.lower() in ("content-type", "accept")}
            with closing(HTTPConnection(urlsplit(target).netloc, timeout=120)) as connection:
                connection.request(self.command, self.path, body, kept)
                answer = connection.getresponse()
                content = answer.read()
            self.reply(answer.status, content, {"Content-Type": answer.headers.get("Content-Type", "text/plain")})

        def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...

    server = Quiet(("127.0.0.1", 0), Handler)
    server.block_on_close = False  # a request that hangs would be waited for
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
