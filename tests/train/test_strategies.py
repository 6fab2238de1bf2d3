import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import shared_networks
from imports import ROOT
from processes import interruptible

pytestmark = pytest.mark.slow

# FSDP2 takes no convolutions with channels last, whose sums have another order: rounding, which 16 steps amplify.
TOLERANCE = 5e-3


def test_fsdp_trains_the_seven_networks_as_ddp_does(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, shared_networks.__file__, str(tmp_path)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=600,
        preexec_fn=interruptible,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr

    losses = json.loads((tmp_path / "losses.json").read_text())
    assert len(losses) == 7
    for task, by_option in losses.items():
        assert by_option["fsdp"] == pytest.approx(by_option["ddp"], rel=TOLERANCE), task
