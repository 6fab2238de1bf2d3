import os
import subprocess
import sys

import pytest

from hallmark.train import failures

pytestmark = pytest.mark.slow

# A process that waits for another, as NCCL does, which ends with the status of the first argument.
WAITING = """
import subprocess, sys, time
from hallmark.train import processes
processes._GRACE = 0
processes.observe([subprocess.Popen([sys.executable, "-c", f"raise SystemExit({sys.argv[1]})"])])
time.sleep(float(sys.argv[2]))
"""


def test_a_process_that_waits_for_a_dead_one_ends_with_a_sentence() -> None:
    done = subprocess.run([sys.executable, "-c", WAITING, "3", "60"], capture_output=True, text=True, timeout=50)
    assert done.returncode == 2
    assert done.stderr.strip() == f"train: {failures.LOST_PROCESS}"


def test_one_whose_others_have_done_their_part_goes_on() -> None:
    done = subprocess.run([sys.executable, "-c", WAITING, "0", "2"], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
def test_one_whose_starter_has_ended_before_it_could_ask_ends() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    program = "from hallmark.train import processes; processes.die_with_parent(); print('goes on')"
    statuses = {}
    for starter in (gone.pid, os.getpid()):
        environment = os.environ | {"HALLMARK_LAUNCHER": str(starter)}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        statuses[starter] = (done.returncode, done.stdout)
    assert statuses == {gone.pid: (2, ""), os.getpid(): (0, "goes on\n")}
