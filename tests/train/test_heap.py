import os
import subprocess
import sys

import pytest

FEW = 20  # page faults; 96 MiB are 48 pages at least, of 2 MiB where the system has huge ones

SCRIPT = """
import resource, sys
import numpy as np
from hallmark.train import heap

if sys.argv[1] == "kept":
    heap.keep_freed_memory()
faults = []
for _ in range(6):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.ones(2**21, np.float64) for _ in range(6)]  # 16 MiB each
    del blocks
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(*faults[2:])
"""


def count_page_faults(way: str, **settings: str) -> list[int]:
    """Return the page faults of four rounds that take and free 96 MiB."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, way], capture_output=True, text=True, check=True, env=os.environ | settings
    )
    return [int(word) for word in done.stdout.split()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_freed_memory_is_mapped_once() -> None:
    assert min(count_page_faults("given back")) > FEW
    assert max(count_page_faults("kept")) < FEW


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_a_persons_own_setting_stays() -> None:
    assert min(count_page_faults("kept", MALLOC_TRIM_THRESHOLD_="131072")) > FEW
