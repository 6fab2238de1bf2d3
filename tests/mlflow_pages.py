"""MLflow's pages as a person sees them: a server on a free port of this machine, and a headless browser."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from local_servers import free_port, wait_until_it_answers
from mlflow import MlflowClient

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",  # milliseconds that the page believes have passed: its requests are answered by then
    "--dump-dom",
)


@contextmanager
def serving(tracking_uri: str, log: Path) -> Iterator[str]:
    """Serve the store on a free port of the loopback address and yield the address, without a slash at its end."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", tracking_uri, "--workers", "1"]
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as out:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=out,
            stderr=out,
            start_new_session=True,  # its workers are ended with it
        )
        try:
            wait_until_it_answers(f"{address}/health", server, log)
            yield address
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # it has nothing to save, and takes long over a polite request
            server.wait(20)


def dom(url: str, profile: Path, *words: str) -> str:
    """Return the page as the browser's scripts have built it; read again, at most twice, until it holds all `words`."""
    assert BROWSER is not None
    for attempt in range(3):
        command = [BROWSER, *FLAGS, f"--user-data-dir={profile / f'profile{attempt}{time.monotonic_ns()}'}", url]
        page = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
        if all(word in page for word in words):
            break
    return page


def review(tracking_uri: str, model: str, folder: Path) -> None:
    """Open what a reviewer opens of the model's challenger; assert that it shows card, figure, drift, version."""
    client = MlflowClient(tracking_uri)
    version = client.get_model_version_by_alias(model, "challenger")
    run = client.get_run(version.run_id)
    figure = next(f.path for f in client.list_artifacts(version.run_id, "evaluate/figures") if f.path.endswith(".png"))
    verdict = version.tags["hallmark.verdict"]
    with serving(tracking_uri, folder / "server.log") as address:
        of_run = f"{address}/#/experiments/{run.info.experiment_id}/runs/{version.run_id}"
        shown = f"get-artifact?path=evaluate%2Ffigures%2Fexamples%2Fexamples.png&run_uuid={version.run_id}"
        with urlopen(f"{address}/{shown}", timeout=30) as picture:
            assert picture.read(8) == b"\x89PNG\r\n\x1a\n"
        expected = {
            of_run: (
                "What decided",
                "10. Does a human need to review the output?",
                verdict,
                shown.replace("&", "&amp;"),
            ),
            f"{of_run}/artifacts/{figure}": (f'<img alt="{figure}" src="blob:',),
            f"{of_run}/artifacts/drift/drift.html": ('<iframe src="blob:', "mlflow-html-iframe"),
            f"{address}/#/models/{model}/versions/{version.version}": (
                f"Version {version.version}",
                "challenger",
                verdict,
            ),
        }
        for url, words in expected.items():
            page = dom(url, folder, *words)
            missing = [word for word in words if word not in page]
            assert not missing, f"{url} does not show {missing}"
