"""Live curves: training's metrics go to a file at once, and to MLflow when it answers.

A process of its own sends them (`metric_sender`): neither MLflow's work nor an outage of the server
slows the training or ends it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import cast

from rich.console import Console

from hallmark.errors import InputError
from hallmark.tracking import connection
from hallmark.tracking.metric_sender import Assignment, Closing, Ending, Opening, Point, PointReader

Sink = Callable[[int, Mapping[str, float]], None]
INTERVAL = 5.0  # seconds between two requests to MLflow


class MetricFile:
    """Appends metrics to a file of JSON lines, each metric of a step once.

    Lines of an earlier process stay; the half line that a killed one may have left is cut off.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._logged = {(point["key"], point["step"]) for point in _read(path)}
        self._stream = path.open("a")

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        now = int(time.time() * 1000)
        new_points = [
            Point(key=name, value=value, step=step, timestamp=now)
            for name, value in metrics.items()
            if (name, step) not in self._logged
        ]
        self._logged |= {(point["key"], step) for point in new_points}
        self._stream.write("".join(json.dumps(point) + "\n" for point in new_points))
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()


@contextmanager
def live(*, experiment: str, key: str, task: str, path: Path, silent: bool = False) -> Iterator[Sink]:
    """Open the run of `key`, and yield the function that takes its metrics: `sink(step, metrics)`.

    The machine's own load is logged as well, where a person asks for it (see `system_metrics`). With
    `silent`, which is for all but the first process of a training, nothing is logged. Raises
    `InputError` where MLflow does not answer at the start; later outages only delay the metrics.
    """
    connection.silence()  # a person's own logger may import MLflow
    if silent:
        yield lambda *_: None
        return

    with closing(MetricFile(path)) as metric_file:
        sender = _Sender(Assignment(experiment=experiment, key=key, task=task, path=str(path), interval=INTERVAL))
        status = "FAILED"
        try:
            with connection.impatience():
                yield metric_file
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        finally:
            _report(sender.finish(status))


class _Sender:
    """The process of `metric_sender`, which has opened the run.

    Raises `InputError` where MLflow does not answer.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hallmark.tracking.metric_sender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        opening = cast("Opening | None", self._ask(assignment))
        if opening is None:
            raise RuntimeError(f"the process that sends metrics to MLflow ended with {self._end()}")
        if opening["refusal"] is not None:
            self._end()
            raise InputError(opening["refusal"])

    def finish(self, status: str) -> Closing | None:
        """Let it send the last points and end the run; return None where it has ended before."""
        answer = self._ask(Ending(status=status))
        self._end()
        return cast("Closing | None", answer)

    def _end(self) -> int:
        """Close its streams, wait for its end and return its status."""
        with suppress(BrokenPipeError), self._process:
            pass
        return self._process.wait()

    def _ask(self, message: Assignment | Ending) -> object:
        """Return its answer; None where it has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        answer = self._process.stdout.readline()
        return json.loads(answer) if answer else None


def _report(answer: Closing | None) -> None:
    """Print a warning where MLflow lacks points, or the run's end."""
    if answer is None:
        sentence = "the process that sends metrics to MLflow has ended early: MLflow lacks points of the live curves"
    else:
        lacking = [f"{answer['missing']} points of the live curves"] if answer["missing"] else []
        if answer["error"] is not None:
            lacking.append("the run's end")
        if not lacking:
            return
        sentence = f"MLflow lacks {' and '.join(lacking)}: {answer['error'] or 'it refused them'}"
    Console(stderr=True, soft_wrap=True, highlight=False).print(sentence, style="yellow", markup=False)


def _read(path: Path) -> list[Point]:
    """Return the points of an earlier process, and cut off the half line that a killed one may have left."""
    if not path.exists():
        return []
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"\n") + 1])
    return PointReader(path).read()
