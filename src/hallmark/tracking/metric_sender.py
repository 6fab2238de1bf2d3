"""The process that sends a training's metrics to MLflow: `python -m hallmark.tracking.metric_sender`.

`live` starts it and talks with it in lines of JSON: an `Assignment` and, at the end of training, an
`Ending` on its standard input; an `Opening` and a `Closing` on its standard output. In between it
reads the file of metrics as that grows. It ends when its parent does, and leaves the run RUNNING
then: the next training goes on with it.
"""

import json
import logging
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO, TypedDict, cast

from hallmark.errors import InputError
from hallmark.tracking import connection, runs, system_metrics

PAUSE = 30.0  # seconds without a request after one that failed
_BATCH = 500  # metrics in a request; MLflow takes 1,000
_NICENESS = 10  # training has the processors first


class Point(TypedDict):
    """A line of the file of metrics."""

    key: str
    value: float
    step: int
    timestamp: int  # milliseconds


class Assignment(TypedDict):
    """What to send: the points in the file `path`, to the run of `key` (see `runs.open_run`)."""

    experiment: str
    key: str
    task: str
    path: str
    interval: float  # seconds between two requests


class Opening(TypedDict):
    refusal: str | None  # why the run can't be opened, in a sentence


class Ending(TypedDict):
    status: str  # FINISHED, FAILED or KILLED


class Closing(TypedDict):
    missing: int  # metrics that could not be sent
    error: str | None  # the class of the error where the run's end could not be recorded


class PointReader:
    """Reads a file of metrics as it grows, whole lines only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0  # in bytes

    def read(self) -> list[Point]:
        """Return the points that have come since the last call."""
        with self._path.open("rb") as stream:
            stream.seek(self._position)
            content = stream.read()
        whole_lines = content[: content.rfind(b"\n") + 1]
        self._position += len(whole_lines)
        return [json.loads(line) for line in whole_lines.splitlines()]


class Delivery:
    """Sends the points of a file in batches, each until `send` has taken it."""

    def __init__(self, path: Path, send: Callable[[Sequence[Point]], None]) -> None:
        self._reader = PointReader(path)
        self._send = send
        self.pending: list[Point] = []

    def deliver(self) -> bool:
        """Send what is pending.

        Return False where `send` failed: the points stay pending.
        """
        self.pending += self._reader.read()
        while self.pending:
            points = self.pending[:_BATCH]
            try:
                self._send(points)
            except Exception:  # whatever the way to the server raises: the file has the metrics, and training goes on
                logging.getLogger(__name__).debug("MLflow did not take %d metrics", len(points), exc_info=True)
                return False
            del self.pending[: len(points)]
        return True


def main() -> int:
    answers = _take_standard_output()
    for number in (signal.SIGINT, signal.SIGTERM):  # a terminal's and SLURM's go to all processes: the parent decides
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)

    first_line = sys.stdin.readline()
    if not first_line:
        return 0
    assignment = cast("Assignment", json.loads(first_line))

    try:
        run = runs.open_run(experiment=assignment["experiment"], key=assignment["key"], task=assignment["task"])
        with connection.impatience(), connection.answering():
            monitor = system_metrics.start(run)
    except InputError as error:
        _write(answers, Opening(refusal=str(error)))
        return 0
    _write(answers, Opening(refusal=None))

    with connection.impatience():
        delivery = Delivery(Path(assignment["path"]), lambda points: _log_batch(run, points))
        ending = _deliver_until_told(delivery, assignment["interval"])
        if monitor is not None:
            monitor.finish()
        if ending is None:
            return 0

        delivery.deliver()
        _write(answers, Closing(missing=len(delivery.pending), error=_end_run(run, ending["status"])))
    return 0


def _take_standard_output() -> TextIO:
    """Return what was the standard output; whatever else prints goes to standard error from now on."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _write(stream: TextIO, message: Opening | Closing) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def _deliver_until_told(delivery: Delivery, interval: float) -> Ending | None:
    """Deliver every `interval` seconds until the training ends; None where its process ends without a word."""
    parent = os.getppid()
    wait = interval
    while os.getppid() == parent:
        is_told, _, _ = select.select([sys.stdin], [], [], wait)
        if is_told:
            line = sys.stdin.readline()
            return cast("Ending", json.loads(line)) if line else None
        wait = interval if delivery.deliver() else PAUSE
    return None


def _end_run(run: runs.Run, status: str) -> str | None:
    """End the run; return the error's class where MLflow does not answer."""
    try:
        run.end(status)
    except Exception as error:  # whatever the way to the server raises: the parent tells of it
        return type(error).__name__
    return None


def _log_batch(run: runs.Run, points: Sequence[Point]) -> None:
    from mlflow.entities import Metric  # connection.connect has imported it

    run.client.log_batch(run.id, metrics=[Metric(**point) for point in points])


if __name__ == "__main__":
    sys.exit(main())
