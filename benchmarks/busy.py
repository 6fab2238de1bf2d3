"""A training beside a busy process: how much longer it takes than on an idle machine, on two cores.

The network of the task image is trained, plain, by `train_network` with two threads, in a process of its own that
may use two cores. The busy process is a loop on the same two cores. A fair share of them is three quarters, so 4/3 of
the idle time is the least that can be expected; where threads spin while they wait for each other (OMP_WAIT_POLICY
ACTIVE, OpenMP's own default), the one that has to share its core keeps the other one waiting at every layer. As
shipped, they spin 2,000 times and then sleep.

Prints a table and writes benchmarks/busy.json; exits with 1 where the shipped setting takes more than LIMIT times its
idle time, or is slower than spinning on the idle machine by more than IDLE_LOSS.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROUNDS = 3
STEPS = 400
CORES = 2
LIMIT = 4.0  # times the idle time
IDLE_LOSS = 0.1  # fraction of the idle time of spinning
PATIENCE = 200  # seconds, after which a training is ended
OUTPUT = Path("benchmarks/busy.json")

SHIPPED = "as shipped"
SPINNING = "spinning"
SETTINGS: Mapping[str, Mapping[str, str]] = {
    SHIPPED: {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000", "OMP_NUM_THREADS": "2"},
    "sleeping": {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "2"},
    SPINNING: {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "2"},
    "one thread": {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"},
}


def train() -> float:
    """Return the seconds of a training of the task image."""
    from benchmarks import gpu  # it imports torch, which reads the settings
    from hallmark import config

    trial = gpu.make_trial("image", config.read(Path("params/image.yaml")), STEPS)
    with tempfile.TemporaryDirectory() as folder:
        trained = gpu.run_training(trial, Path(folder), lambda *_: None, "cpu")
    return float(trained.cost["seconds"])


def measure(settings: Mapping[str, str], cores: set[int], *, is_busy: bool) -> float:
    """Return the seconds of a training in a process of its own, beside a busy process or alone."""

    def share_cores() -> None:
        os.sched_setaffinity(0, cores)

    loop = None
    if is_busy:
        loop = subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=share_cores)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.busy", "train"],
            env=os.environ | settings,
            preexec_fn=share_cores,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return float(done.stdout.split()[-1])
    except subprocess.TimeoutExpired:
        return float(PATIENCE)
    finally:
        if loop is not None:
            loop.kill()
            loop.wait()


def summarise(seconds: Mapping[str, Mapping[str, list[float]]]) -> dict[str, Any]:
    """Return the medians over the rounds of each setting, and the ratio of busy to idle."""
    summary = {}
    for name, times in seconds.items():
        idle = statistics.median(times["idle"])
        busy = statistics.median(times["busy"])
        summary[name] = {"idle": round(idle, 2), "busy": round(busy, 2), "ratio": round(busy / idle, 2)}
    return summary


def holds(summary: Mapping[str, Any]) -> bool:
    shipped, spinning = summary[SHIPPED], summary[SPINNING]
    return bool(shipped["ratio"] <= LIMIT and shipped["idle"] <= spinning["idle"] * (1 + IDLE_LOSS))


def main(arguments: list[str]) -> int:
    if arguments == ["train"]:
        print(train())
        return 0
    cores = set(sorted(os.sched_getaffinity(0))[:CORES])
    if len(cores) < CORES:
        print(f"This benchmark needs {CORES} cores, and here is {len(cores)}.", file=sys.stderr)
        return 1

    load = os.getloadavg()[0]
    start = time.perf_counter()
    seconds: dict[str, dict[str, list[float]]] = {name: {"idle": [], "busy": []} for name in SETTINGS}
    for _ in range(ROUNDS):
        for name, settings in SETTINGS.items():
            for state in ("idle", "busy"):
                seconds[name][state].append(measure(settings, cores, is_busy=state == "busy"))

    summary = summarise(seconds)
    table = Table(title=f"seconds of {STEPS} steps of image on {CORES} cores, medians of {ROUNDS} rounds")
    for heading in ("threads that wait", "idle", "beside a busy process", "ratio"):
        table.add_column(heading, justify="left" if heading == "threads that wait" else "right")
    for name, row in summary.items():
        table.add_row(name, *(f"{row[column]:.2f}" for column in ("idle", "busy", "ratio")))
    console = Console()
    console.print(table)
    console.print(f"load before: {load:.1f}, {time.perf_counter() - start:.0f} s in all")

    content = {"cores": CORES, "steps": STEPS, "rounds": ROUNDS, "limit": LIMIT, "load_before": round(load, 2)}
    OUTPUT.write_text(json.dumps(content | {"seconds": summary}, indent=2) + "\n")
    return int(not holds(summary))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
