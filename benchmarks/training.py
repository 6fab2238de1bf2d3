"""Training speed of the seven shipped networks: the stage, plain and packed, beside loops of others.

- plain: the stage `train` as it runs, with `train.pack` 1: Lightning, checkpoints, MLflow's live
  curves.
- packed: the same with 16 batches in a turn of Lightning's loop.
- bare: a loop of PyTorch alone, by hand, that does the same training: batches, augmentation, fused
  AdamW, clipping, schedule, validation; it keeps no checkpoint.
- loop: Lightning's loop alone: the bare loop's batches and steps in Lightning's hands, without
  logger, bar, checkpoints or any callback.
- lightning: a LightningModule as its tutorials have it, with torch's DataLoader over single examples,
  and with the bar, the logger and the checkpoints that Lightning has where nobody says anything.

All five have the same network, examples, optimiser and number of steps. Networks are those of
params/<task>.yaml; examples are drawn, with the shapes that the task has (`benchmarks.gpu`).

Each way trains in a process of its own, and one of them runs at a time, for SLICE seconds: all five
are stopped and go on in turn, until each has come to the end of its training. A machine's speed
changes within seconds, by a half where others use it too; so it changes for all five alike. A time
is the sum of a way's slices; what comes before the first step is not in it.

Prints a table and writes benchmarks/training.json. Exits with 1 where a packed training has less
than RATIO of the bare loop's speed, or where a plain one takes more than SLOWER milliseconds a step
longer than the bare loop and also more than ADDED longer than Lightning's loop alone: nothing that a
plain training has can bring it below that.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.training_ways import EPOCHS, SHIPPED_STEPS, STEPS

WAYS = ("plain", "packed", "bare", "loop", "lightning")
ROUNDS = 5  # of one training of each way, after one that warms up
SLICE = 0.25  # seconds
RATIO = 0.95  # smallest acceptable ratio of the packed training's speed to the bare loop's
SLOWER = 2.0  # milliseconds that a plain step may take longer than the bare loop's
ADDED = 0.5  # milliseconds that a plain step may take longer than one of Lightning's loop alone, if it exceeds SLOWER


class StoppedProcess:
    """A process of `benchmarks.training_ways`, which runs while it is let go on, and stops itself at marks.

    What it starts, such as the process that sends metrics to MLflow, runs and stops with it. It is at its
    first mark: where its first training begins.
    """

    def __init__(self, task: str, way: str, folder: Path) -> None:
        self.way = way
        folder.mkdir()
        self.output = folder / "output.txt"
        environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        with self.output.open("w") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.training_ways", task, way, str(folder)],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self._wait_for_stop(None)

    def run_to_mark(self) -> None:
        """Let it run until it stops itself."""
        self._go_on()
        self._wait_for_stop(None)

    def run_slice(self, seconds: float) -> tuple[float, bool]:
        """Let it run for so long, or to its next mark; return the seconds that it ran, and whether it is at a mark."""
        start = time.perf_counter()
        self._go_on()
        is_at_mark = self._wait_for_stop(start + seconds)
        if not is_at_mark:
            os.killpg(self.process.pid, signal.SIGSTOP)
            self._wait_for_stop(None)
        return time.perf_counter() - start, is_at_mark

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _go_on(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def _wait_for_stop(self, until: float | None) -> bool:
        """Wait until it has stopped, or until a time; return whether it has."""
        while True:
            pid, status = os.waitpid(self.process.pid, os.WUNTRACED | (0 if until is None else os.WNOHANG))
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                raise RuntimeError(f"{self.way} ended with {status}: {self.output.read_text()[-3000:]}")
            if until is not None and time.perf_counter() >= until:
                return False
            time.sleep(0.002)


def measure(task: str, scratch: Path) -> dict[str, Any]:
    """Return a task's median steps per second of each way, and what they say of the stage."""
    processes = []
    try:
        for way in WAYS:
            processes.append(StoppedProcess(task, way, scratch / way))
        rounds = [run_round(processes) for _ in range(ROUNDS + 1)][1:]
    finally:
        for process in processes:
            process.end()

    steps = EPOCHS.get(task, 1) * STEPS[task]
    return {"steps": steps, **summarise(rounds, steps)}


def run_round(processes: Sequence[StoppedProcess]) -> dict[str, float]:
    """Return the seconds of a training of each way; all are where one begins, and then where the next one does."""
    seconds = dict.fromkeys(WAYS, 0.0)
    running = [*processes]
    while running:
        for process in [*running]:
            slice_seconds, is_at_end = process.run_slice(SLICE)
            seconds[process.way] += slice_seconds
            if is_at_end:
                running.remove(process)

    for process in processes:
        process.run_to_mark()
    return seconds


def summarise(rounds: Sequence[Mapping[str, float]], steps: int) -> dict[str, Any]:
    """Return medians over the rounds of speeds and of ratios within a round, from the seconds of so many steps."""

    def median_ratio(way: str) -> float:
        return round(statistics.median(seconds["bare"] / seconds[way] for seconds in rounds), 3)

    def median_difference(way: str, other: str) -> float:
        return round(1000 * statistics.median(seconds[way] - seconds[other] for seconds in rounds) / steps, 3)

    return {
        "steps_per_second": {
            way: round(statistics.median(steps / seconds[way] for seconds in rounds), 2) for way in WAYS
        },
        "packed_to_bare": median_ratio("packed"),
        "plain_to_bare": median_ratio("plain"),
        "lightning_to_bare": median_ratio("lightning"),
        "loop_slower_ms": median_difference("loop", "bare"),
        "plain_slower_ms": median_difference("plain", "bare"),
        "plain_slower_than_loop_ms": median_difference("plain", "loop"),
        "packed_to_bare_by_round": [round(seconds["bare"] / seconds["packed"], 3) for seconds in rounds],
    }


def main(tasks: list[str] | None = None) -> int:
    """Measure the tasks, all seven where none is named, print and write the speeds."""
    measurements = {}
    for task in track(tasks or list(SHIPPED_STEPS), "training the networks", console=Console(stderr=True)):
        with tempfile.TemporaryDirectory() as scratch:
            measurements[task] = measure(task, Path(scratch))

    print(json.dumps(measurements))
    Console().print(speed_table(measurements))
    if not tasks:
        limits = {"ratio": RATIO, "slower_ms": SLOWER, "added_ms": ADDED}
        content = {"cores": os.cpu_count(), **limits, "tasks": measurements}
        Path("benchmarks/training.json").write_text(json.dumps(content, indent=2) + "\n")
    return int(not all(map(holds, measurements.values())))


def speed_table(measurements: Mapping[str, Any]) -> Table:
    title = f"steps a second, {os.cpu_count()} cores, medians of {ROUNDS} rounds; ms: a step longer than bare"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    headings = ("task", "bare", "packed", "ratio", "plain", "ms", "loop", "ms", "tutorial", " ")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("task", " ") else "right")
    for task, measurement in measurements.items():
        speeds = measurement["steps_per_second"]
        table.add_row(
            task,
            f"{speeds['bare']:.1f}",
            f"{speeds['packed']:.1f}",
            f"{measurement['packed_to_bare']:.3f}",
            f"{speeds['plain']:.1f}",
            f"{measurement['plain_slower_ms']:.2f}",
            f"{speeds['loop']:.1f}",
            f"{measurement['loop_slower_ms']:.2f}",
            f"{speeds['lightning']:.1f}",
            "✓" if holds(measurement) else "✗",
        )
    return table


def holds(measurement: Mapping[str, Any]) -> bool:
    is_plain_fast = measurement["plain_slower_ms"] <= SLOWER or measurement["plain_slower_than_loop_ms"] <= ADDED
    return bool(measurement["packed_to_bare"] >= RATIO and is_plain_fast)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
