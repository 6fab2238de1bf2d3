"""Live curves: training's metrics go to a file at once, and to MLflow when it answers.

So training outlives an outage of the server.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

from rich.console import Console

from hallmark.tracking import connection, runs, system_metrics

Sink = Callable[[int, Mapping[str, float]], None]
_BATCH = 500  # metrics in a request; MLflow takes 1,000


class Point(TypedDict):
    key: str
    value: float
    step: int
    timestamp: int  # milliseconds


class MetricLog:
    """Appends metrics to a file at once, and sends them from a thread of its own, every `interval`
    seconds.

    Points that an earlier process wrote to the file are sent again with their time, which MLflow
    takes for the same points. A metric of a step that the file already has is ignored. After `send`
    has failed, it is not called for `pause` seconds.
    """

    def __init__(
        self, path: Path, send: Callable[[Sequence[Point]], None], *, interval: float = 5.0, pause: float = 30.0
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._pending = _read(path)
        self._logged = {(point["key"], point["step"]) for point in self._pending}
        self._file = path.open("a")

        self._send = send
        self._interval = interval  # seconds between two requests
        self._pause = pause  # seconds after one that failed

        self._closing = threading.Event()
        self._lock = threading.Lock()  # of the pending points
        self._thread = threading.Thread(target=self._work, daemon=True, name="metrics")
        self._thread.start()

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        now = int(time.time() * 1000)
        new_points = [
            Point(key=name, value=value, step=step, timestamp=now)
            for name, value in metrics.items()
            if (name, step) not in self._logged
        ]
        self._logged |= {(point["key"], step) for point in new_points}

        self._file.writelines(json.dumps(point) + "\n" for point in new_points)
        self._file.flush()
        with self._lock:
            self._pending += new_points

    def close(self) -> int:
        """Send what is left, and return how many metrics could not be sent."""
        self._closing.set()
        self._thread.join()
        self._deliver()
        self._file.close()
        return len(self._pending)

    def _work(self) -> None:
        wait = self._interval
        while not self._closing.wait(wait):
            wait = self._interval if self._deliver() else self._pause

    def _deliver(self) -> bool:
        """Send the pending points in batches.

        Return False where `send` failed: they stay pending.
        """
        while self._pending:
            with self._lock:
                points = self._pending[:_BATCH]
            try:
                self._send(points)
            except Exception:  # whatever the way to the server raises: the file has the metrics, and training goes on
                logging.getLogger(__name__).debug("MLflow did not take %d metrics", len(points), exc_info=True)
                return False
            with self._lock:
                del self._pending[: len(points)]
        return True


@contextmanager
def live(*, experiment: str, key: str, task: str, path: Path, silent: bool = False) -> Iterator[Sink]:
    """Open the run of `key`, and yield the function that takes its metrics: `sink(step, metrics)`.

    The machine's own load is logged as well, where a person asks for it (see `system_metrics`). With
    `silent`, which is for all but the first process of a training, nothing is logged. Raises
    `InputError` where MLflow does not answer at the start; later outages only delay the metrics.
    """
    if silent:
        yield lambda *_: None
        return
    run = runs.open_run(experiment=experiment, key=key, task=task)
    with connection.impatience():
        with connection.answering():
            monitor = system_metrics.start(run)
        log = MetricLog(path, lambda points: _send(run, points))
        status = "FAILED"
        try:
            yield log
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        finally:
            _close(run, log, monitor, status)


def _close(run: runs.Run, log: MetricLog, monitor: Any, status: str) -> None:
    """Send the last points and end the run; print a warning where MLflow no longer answers."""
    if monitor is not None:
        monitor.finish()
    missing = log.close()
    try:
        run.end(status)
    except Exception as error:  # as above: the way to the server
        reason = type(error).__name__
        sentence = f"MLflow stopped answering ({reason}): {missing} points of the live curves are missing there"
        Console(stderr=True, soft_wrap=True, highlight=False).print(sentence, style="yellow", markup=False)


def _send(run: runs.Run, points: Sequence[Point]) -> None:
    from mlflow.entities import Metric  # connection.connect has imported it

    run.client.log_batch(run.id, metrics=[Metric(**point) for point in points])


def _read(path: Path) -> list[Point]:
    """Read the points of an earlier process, and cut off the half line that a killed one may have
    left.
    """
    if not path.exists():
        return []
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]  # a killed process may leave half a line
    path.write_text(whole)
    return [json.loads(line) for line in whole.splitlines()]
