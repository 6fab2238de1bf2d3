"""Threads that wait for each other sleep soon, so that training ends in good time on a machine that is busy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
ENTRIES = ("prepare", "train", "evaluate", "bias", "drift")


def policy_seen_by_openmp(entry: str, **variables: str) -> str:
    """Return what OpenMP's libraries read when an entry loads the first of them."""
    code = (
        "import os, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'sklearn'):\n"
        "            print(os.environ.get('OMP_WAIT_POLICY'), os.environ.get('GOMP_SPINCOUNT'))\n"
        "            os._exit(0)\n"
        "sys.meta_path.insert(0, Finder())\n"
        f"import pipelines.{entry}\n"
        "import torch\n"
    )
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=inherited | paths | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES)
def test_threads_sleep_after_a_moment(entry: str) -> None:
    assert policy_seen_by_openmp(entry).splitlines()[0] == "PASSIVE 2000"


def test_a_setting_of_a_person_stays() -> None:
    assert policy_seen_by_openmp("train", OMP_WAIT_POLICY="ACTIVE") == "ACTIVE None"
    assert policy_seen_by_openmp("train", OMP_WAIT_POLICY="PASSIVE") == "PASSIVE None"
    assert policy_seen_by_openmp("train", GOMP_SPINCOUNT="7") == "PASSIVE 7"
